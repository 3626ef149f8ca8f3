"""The loop of the workers on a real repository, in the real sandbox; what is written at once, on both databases."""

import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.small_repository import QUICK
from pydantic import SecretStr
from sqlmodel import select

from sigma_core.exchange.tables import Knowledge
from sigma_core.issues.tables import IssueState
from sigma_core.jobs import WORKERS
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Decision, Proposal, ProposalState
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings
from sigma_core.workers.analysis import AnalysisWorker

pytestmark = pytest.mark.sandbox

CODE = '''"""Greetings."""


def greet(name):
    if name == None:
        return "Hello, stranger"
    return "Hello, " + name


def farewell(name):
    if name == None:
        return "Bye"
    return "Bye, " + name


class Never:
    """Equal to nothing but what asks."""

    def __eq__(self, other):
        return other is None

    def __hash__(self):
        return 0


def is_nobody(value):
    return value == None
'''
TESTS = """from hello import Never, greet, is_nobody


def test_greets():
    assert greet("Ada") == "Hello, Ada"
    assert greet(None) == "Hello, stranger"


def test_a_never_is_nobody():
    assert is_nobody(Never())
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "hello", {"hello.py": CODE, "test_hello.py": TESTS, ".gitignore": "__pycache__\n"})


@pytest.fixture
def system(request: pytest.FixtureRequest, home: Path) -> Iterator[System]:
    on = getattr(request, "param", "sqlite")
    url = None if on == "sqlite" else SecretStr(request.getfixturevalue("postgresql_home_url"))
    system = build(Settings(home=home, database_url=url))
    yield system
    system.database.dispose()


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    return system.projects.service.add(checkout.path, python=sys.executable, test_command=QUICK, actor="ada")


def cycle(system: System, project: Project, *workers: str) -> list[Run]:
    with system.cycles() as run:
        done = [run(name, project, "ada", lambda _: None) for name in workers or WORKERS]
    assert [each.error for each in done] == [None] * len(done)
    return done


def verdicts(system: System) -> dict[str, str]:
    with system.database.reading() as session:
        rows = session.exec(
            select(Proposal, Decision).where(Proposal.id == Decision.proposal_id, Proposal.state != ProposalState.STALE)
        ).all()
    return {proposal.title.rsplit("`", 2)[1]: decision.verdict for proposal, decision in rows}


@pytest.mark.parametrize("system", ["sqlite", "postgresql"], indirect=True)
def test_a_cycle_approves_what_is_proved_rejects_what_breaks_and_asks_about_the_rest(
    system: System, project: Project, checkout: Checkout
) -> None:
    # No diff can name such a file: it keeps nothing else from being proved
    checkout.commit({"odd\nname\x07.py": "def odd(value):\n    return value == None\n"})
    before = checkout.fingerprint()
    cycle(system, project)
    assert verdicts(system) == {"greet": "approved", "farewell": "needs_human", "is_nobody": "rejected"}
    assert checkout.fingerprint() == before
    (broken,) = system.proposals.service.list(state=ProposalState.REJECTED)
    assert "test_hello.py::test_a_never_is_nobody" in system.proposals.service.latest_decision(broken).reasons[0]
    (untested,) = system.proposals.service.list(state=ProposalState.NEEDS_HUMAN)
    assert "Insufficient evidence" in system.proposals.service.latest_decision(untested).reasons[0]
    assert {
        pattern.rule: (pattern.successes, pattern.failures)
        for pattern in system.learning.service.track_records(project.id)
    } == {"E711": (1, 1)}


def test_a_second_cycle_on_the_same_commit_changes_nothing(system: System, project: Project) -> None:
    cycle(system, project)

    def everything() -> tuple[int, int, int, int]:
        with system.database.reading() as session:
            counted = [len(session.exec(select(table.id)).all()) for table in (Proposal, Decision)]
            told = len(session.exec(select(Knowledge.id)).all())
        return (*counted, told, len(system.issues.service.list()))  # type: ignore[return-value]

    first = everything()
    cycle(system, project)
    assert everything() == first


def test_what_workers_tell_each_other_arrives_and_is_integrated_once(system: System, project: Project) -> None:
    cycle(system, project)
    again = cycle(system, project)
    assert sum(run.received for run in again) > 0
    assert sum(run.received for run in cycle(system, project)) == 0
    assert {dead.delivery_id for dead in system.exchange.service.dead()} == set()


def test_a_new_commit_closes_issues_retires_old_proposals_and_does_not_repeat_a_refused_fix(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project)
    checkout.commit(
        {
            "hello.py": "# a line more\n"
            + CODE.replace('if name == None:\n        return "Hello', 'if name is None:\n        return "Hello')
        }
    )
    cycle(system, project)
    by_title: dict[str, list[str]] = {}
    for proposal in system.proposals.service.list():
        if len(proposal.parts) == 1:
            by_title.setdefault(proposal.title.rsplit("`", 2)[1], []).append(proposal.state)
    assert by_title["greet"] == [ProposalState.STALE]
    assert sorted(by_title["farewell"]) == [ProposalState.NEEDS_HUMAN, ProposalState.STALE]
    assert by_title["is_nobody"] == [ProposalState.REJECTED]
    assert len(system.issues.service.list(state=IssueState.FIXED)) == 1


def test_where_the_operator_allows_it_approved_fixes_are_committed_to_branches(
    system: System, project: Project, checkout: Checkout
) -> None:
    system.projects.service.permit(project.id, actor="ada", autonomy="commit")
    before = checkout.fingerprint()
    cycle(system, project)
    branches = checkout.git("branch", "--list", "sigma/*").split()
    assert len(branches) == 1
    assert "if name is None" in checkout.git("show", f"{branches[0]}:hello.py")
    assert checkout.fingerprint() == before


def test_a_proposal_from_outside_moves_with_its_lines_when_the_base_moves(
    system: System, project: Project, checkout: Checkout
) -> None:
    diff = checkout.diff("hello.py", CODE.replace('"Hello, " + name', 'f"Hello, {name}"'))
    proposal = system.proposals.service.propose(project, diff, title="Use an f-string", actor="ada")
    moved = checkout.commit({"hello.py": CODE.replace('"""Greetings."""', '"""Greetings.\n\nAnd more.\n"""')})
    judged = system.verify(proposal.id, actor="ada", progress=lambda _: None)
    assert judged.decision.verdict == "approved", judged.decision.reasons
    assert judged.proposal.base_commit == moved
    outcome = system.proposals.applying.apply(proposal.id, actor="ada")
    assert 'f"Hello, {name}"' in checkout.git("show", f"{outcome.branch}:hello.py")
    assert "And more." in checkout.git("show", f"{outcome.branch}:hello.py")


def test_a_requested_apply_is_done_by_the_next_think_cycle(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project)
    (approved,) = system.proposals.service.list(state=ProposalState.APPROVED)
    system.proposals.applying.request(approved.id, actor="ada")
    cycle(system, project, "think")
    assert system.proposals.service.get(approved.id).state == ProposalState.APPLIED
    assert checkout.git("branch", "--list", "sigma/*")


def test_a_requested_apply_that_is_refused_says_why(system: System, project: Project, checkout: Checkout) -> None:
    cycle(system, project)
    (approved,) = system.proposals.service.list(state=ProposalState.APPROVED)
    system.proposals.applying.request(approved.id, actor="ada")
    checkout.commit({"hello.py": CODE + "\n# moved on\n"})
    cycle(system, project, "think")
    left = system.proposals.service.get(approved.id)
    assert left.apply_requested_by is None
    assert "moved" in (left.apply_error or "")


@dataclass
class AtWork:
    """The run of one worker; `meanwhile` is done whenever it says what it does."""

    meanwhile: Callable[[], object]
    run_id: int = 1

    def progress(self, _text: str) -> None:
        self.meanwhile()

    def cancelled(self) -> bool:
        return False


def tell_nobody(*_payload: object, **_options: object) -> None:
    """For a worker whose publications are not asked about."""


def test_what_a_person_forbids_while_analysis_looks_stays_forbidden(system: System, project: Project) -> None:
    allowed = system.projects.service.permit(project.id, actor="ada", model_allowed=True)
    worker = AnalysisWorker(
        system.database,
        system.clock,
        system.projects.service,
        system.issues.service,
        lambda _: {},
        lambda *_: {},
        lambda *_: 0,
    )
    forbid = partial(system.projects.service.permit, project.id, actor="ada", model_allowed=False)
    assert worker.work(allowed, AtWork(forbid), tell_nobody).produced > 0
    assert system.projects.service.get(project.id).model_allowed is False


def test_what_could_not_be_proved_waits_to_be_proved_once_its_tests_can_run(system: System, tmp_path: Path) -> None:
    other = "def is_nothing(value):\n    return value == None\n"
    files = {"src/hello.py": CODE, "src/other.py": other, "test_hello.py": TESTS}
    path = Checkout(tmp_path / "laid out", files).path
    project = system.projects.service.add(path, python=sys.executable, test_command=QUICK, actor="ada")
    cycle(system, project)
    assert "not importable: hello" in system.projects.service.get(project.id).unready
    assert {each.state for each in system.proposals.service.list()} == {ProposalState.NEEDS_HUMAN}
    (doubted,) = (each for each in system.proposals.service.list() if each.files == ["src/other.py"])
    system.proposals.service.reject(doubted.id, reason="not this one", actor="ada")

    system.projects.service.add(path, test_command=f"PYTHONPATH=src {QUICK}", actor="ada")
    cycle(system, project)
    assert system.projects.service.get(project.id).unready is None
    states = {
        each.title.rsplit("`", 2)[1]: each.state
        for each in system.proposals.service.list()
        if each.id != doubted.id and each.state != ProposalState.STALE
    }
    assert states == {"greet": "approved", "farewell": "needs_human", "is_nobody": "rejected"}
    assert system.proposals.service.get(doubted.id).state == ProposalState.REJECTED


def test_a_known_commit_is_not_looked_at_again_because_its_tests_cannot_run(
    system: System, project: Project, checkout: Checkout
) -> None:
    checkout.commit({"conftest.py": "import nowhere_to_be_found\n"})
    cycle(system, project, "analysis")
    assert "nowhere_to_be_found" in system.projects.service.get(project.id).unready
    (again,) = cycle(system, project, "analysis")
    assert again.figures["unchanged"]
    assert "nowhere_to_be_found" in again.figures["problem"]


def test_what_could_not_be_proved_is_proved_again_in_another_environment(system: System, tmp_path: Path) -> None:
    """Its interpreter gains a package that the tests need; nothing of the code has changed."""
    venv.create(tmp_path / "venv", symlinks=True)
    site = next((tmp_path / "venv").glob("lib/*/site-packages"))
    (site / "shared.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    tests = "import pytest\n\npytest.importorskip('pluggy').helper = __import__('helper_of_tests')\n" + TESTS
    path = Checkout(tmp_path / "bare", {"hello.py": CODE, "test_hello.py": tests}).path
    python = str(tmp_path / "venv/bin/python")
    project = system.projects.service.add(path, python=python, test_command=QUICK, actor="ada")
    cycle(system, project)
    assert {each.state for each in system.proposals.service.list()} == {ProposalState.NEEDS_HUMAN}
    before = {issue for each in system.proposals.service.list() for issue in each.issue_ids}
    (site / "helper_of_tests.py").write_text("")
    (site / "helper_of_tests-1.0.dist-info").mkdir()
    cycle(system, project)
    assert ProposalState.APPROVED in {each.state for each in system.proposals.service.list()}
    assert {issue for each in system.proposals.service.list() for issue in each.issue_ids} == before


CROWDED = """from typing import List


def pick(rows, wanted):
    if rows == None or not wanted in rows:
        return []
    found = [row for row in rows if row != None]
    return list([row for row in found if row == wanted])


def first(rows):
    return [row for row in rows if not row in (0,)][0]


def add(rows: List[int]):
    return sum(rows)
"""
CROWDED_TESTS = """from hello import add, first, pick


def test_pick():
    assert pick(None, 1) == pick([2], 1) == []
    assert pick([1, None, 1], 1) == [1, 1]


def test_first():
    assert first([0, 5, 6]) == 5


def test_add():
    assert add([1, 2]) == 3
"""


SHARED = """import typing


def total(rows: typing.List[int]):
    return sum(rows)


def cry(word: typing.Text):
    return word + "!"
"""
SHARED_TESTS = """from shared import cry, total


def test_both():
    assert total([1, 2]) == 3
    assert cry("a") == "a!"
"""


def test_all_that_is_approved_can_be_merged_and_what_waits_its_turn_comes_later(system: System, tmp_path: Path) -> None:
    files = {"hello.py": CROWDED, "test_hello.py": CROWDED_TESTS, "shared.py": SHARED, "test_shared.py": SHARED_TESTS}
    checkout = Checkout(tmp_path / "crowded", files)
    project = system.projects.service.add(checkout.path, python=sys.executable, test_command=QUICK, actor="ada")
    for rule in ("UP006", "UP019"):
        system.issues.rule_preferences.set(rule, offered=True, reason="new code", actor="ada", project_id=None)
    _, dream, *_ = cycle(system, project)
    assert dream.figures["deferred"] > 0
    approved = system.proposals.service.list(state=ProposalState.APPROVED)
    assert len(approved) > 1
    assert any(len(each.parts) > 1 for each in approved)
    branches = [system.proposals.applying.apply(proposal.id, actor="ada").branch for proposal in approved]
    for branch in branches:
        checkout.git("-c", "user.name=ada", "-c", "user.email=a@b", "merge", "-q", "--no-edit", branch)
    # The import goes with the fix that made it unused
    assert "List" not in (checkout.path / "hello.py").read_text()
    # Two fixes that together would leave an import unused are not both proposed at once: the later takes it along
    assert (checkout.path / "shared.py").read_text().count("typing") == 2
    cycle(system, project)
    (later,) = (
        each for each in system.proposals.service.list(state=ProposalState.APPROVED) if each.files == ["shared.py"]
    )
    assert "-import typing" in later.diff
    rules = {
        each.rule
        for each in system.proposals.service.list()
        if each.base_commit == system.projects.service.get(project.id).head
    }
    assert rules - {each.rule for each in approved}
