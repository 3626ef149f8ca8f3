"""What people do with a proposal while it is being verified stands, on both databases.

No project code runs here (`sandbox="none"`), so that the committee leaves everything to people.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from pydantic import SecretStr
from sqlalchemy import Connection, event, text
from sqlmodel import select

from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.projects.tables import Project
from sigma_core.proposals.review import Occasion
from sigma_core.proposals.tables import Proposal, ProposalState, Verification
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

CODE = "def first(value):\n    return value == None\n"
FIXED = CODE.replace("== None", "is None")
PATIENCE_S = 120


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, home: Path) -> Iterator[System]:
    url = None if request.param == "sqlite" else SecretStr(request.getfixturevalue("postgresql_home_url"))
    built = build(Settings(home=home, database_url=url, sandbox="none"))
    yield built
    built.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"calc.py": CODE})


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    return system.projects.service.add(checkout.path, python=sys.executable, actor="ada")


@pytest.fixture
def proposal(system: System, project: Project, checkout: Checkout) -> Proposal:
    """Verified once, and left to a person."""
    handed_in = system.proposals.service.propose(project, checkout.diff("calc.py", FIXED), title=None, actor="ada")
    system.verify(handed_in.id or 0, actor="ada", progress=lambda _: None)
    return system.proposals.service.get(handed_in.id or 0)


def verify(system: System, proposal: Proposal, meanwhile: Callable[[], object]) -> None:
    """Verify it once more, and do something else just before it is decided."""

    def progress(said: str) -> None:
        if said.startswith("deciding"):
            meanwhile()

    system.verify(proposal.id or 0, actor="eve", progress=progress)


def verifications(database: Database, proposal: Proposal) -> int:
    with database.reading() as session:
        return len(session.exec(select(Verification).where(Verification.proposal_id == proposal.id)).all())


def test_what_a_person_decided_meanwhile_stands_on_the_new_evidence(system: System, proposal: Proposal) -> None:
    key = proposal.id or 0
    for act, state in (
        (system.proposals.service.approve, ProposalState.APPROVED),
        (system.proposals.service.reject, ProposalState.REJECTED),
    ):
        before = verifications(system.database, proposal)
        verify(system, proposal, lambda act=act: act(key, reason="I have looked", actor="ada"))  # type: ignore[misc]
        case = system.runtime.status.case(key)
        assert case.proposal.state == state
        assert case.decision is not None
        assert (case.decision.decided_by, case.decision.actor, case.decision.verdict) == ("person", "ada", state)
        assert verifications(system.database, proposal) == before + 1


def test_a_change_that_was_applied_meanwhile_stays_applied(system: System, proposal: Proposal) -> None:
    key = proposal.id or 0

    def apply() -> None:
        system.proposals.service.approve(key, reason="I have looked", actor="ada")
        system.proposals.applying.apply(key, actor="ada")

    before = verifications(system.database, proposal)
    with pytest.raises(Conflict, match="applied"):
        verify(system, proposal, apply)
    now = system.proposals.service.get(key)
    assert now.state == ProposalState.APPLIED
    assert system.proposals.service.latest_decision(now).actor == "ada"
    assert verifications(system.database, proposal) == before + 1


def test_evidence_of_another_commit_decides_nothing(
    system: System, project: Project, proposal: Proposal, checkout: Checkout
) -> None:
    def move() -> None:
        checkout.commit({"other.py": "x = 1\n"})
        system.proposals.rebasing.onto_head(system.projects.service.refresh(project), proposal)

    with pytest.raises(Conflict, match="moved"):
        verify(system, proposal, move)
    now = system.proposals.service.get(proposal.id or 0)
    assert (now.state, now.base_commit) == (ProposalState.WAITING, system.projects.service.get(project.id or 0).head)


def test_an_applied_change_is_not_carried_to_another_commit(
    system: System, project: Project, proposal: Proposal, checkout: Checkout
) -> None:
    system.proposals.service.approve(proposal.id or 0, reason="I have looked", actor="ada")
    system.proposals.applying.apply(proposal.id or 0, actor="ada")
    checkout.commit({"other.py": "x = 1\n"})
    with pytest.raises(Conflict, match="applied already"):
        system.proposals.rebasing.onto_head(system.projects.service.refresh(project), proposal)
    assert system.proposals.service.get(proposal.id or 0).state == ProposalState.APPLIED


@pytest.mark.parametrize("system", ["postgresql"], indirect=True)
def test_a_decision_being_stored_is_waited_for(system: System, project: Project, proposal: Proposal) -> None:
    """A SQLite file has one writer at a time anyway."""
    storing, go = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        if threading.current_thread() is person:
            storing.set()
            assert go.wait(PATIENCE_S)

    event.listen(system.database.engine, "commit", hold)
    person = threading.Thread(
        target=lambda: system.proposals.service.reject(proposal.id or 0, reason="No", actor="ada"), daemon=True
    )
    think = threading.Thread(
        target=lambda: system.proposals.review.review(project, [proposal], Occasion("think")), daemon=True
    )
    person.start()
    assert storing.wait(PATIENCE_S)
    think.start()
    while think.is_alive() and not _waits_for_a_lock(system.database):
        think.join(0.05)
    go.set()
    for each in (person, think):
        each.join(PATIENCE_S)
    now = system.proposals.service.get(proposal.id or 0)
    assert (now.state, system.proposals.service.latest_decision(now).actor) == (ProposalState.REJECTED, "ada")


def _waits_for_a_lock(database: Database) -> bool:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with database.reading() as session:
        return bool(session.execute(waiting).scalar_one())
