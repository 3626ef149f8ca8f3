"""What people ruled stays so on later commits, on both databases.

No project code runs here (`sandbox="none"`): the committee leaves everything to people, so that each test takes a
moment. Where its evidence changes, the real sandbox makes it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.small_repository import QUICK
from pydantic import SecretStr
from sqlmodel import select

from sigma_core.errors import Conflict, Forbidden
from sigma_core.issues.tables import IssueState
from sigma_core.jobs import WORKERS
from sigma_core.learning.tables import TrackRecord
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Decision, Proposal, ProposalState
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

CODE = '''"""A shop."""


def first(value):
    return value == None


def second(value):
    if value == True:
        return 1
    return 2
'''
LATER = CODE.replace('"""A shop."""', '"""A shop.\n\nWith more to say.\n"""')


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, home: Path) -> Iterator[System]:
    url = None if request.param == "sqlite" else SecretStr(request.getfixturevalue("postgresql_home_url"))
    built = build(Settings(home=home, database_url=url, sandbox="none"))
    yield built
    built.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"shop/calc.py": CODE})


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    return system.projects.service.add(checkout.path, python=sys.executable, actor="ada")


def cycle(system: System, project: Project, *workers: str) -> None:
    with system.cycles() as run:
        done = [run(name, project, "ada", lambda _: None) for name in workers or WORKERS]
    assert [each.error for each in done] == [None] * len(done)


def rename(checkout: Checkout) -> None:
    """The package gets another name, and its module a new beginning."""
    checkout.git("mv", "shop", "store")
    checkout.commit({"store/calc.py": LATER}, "rename")


def proposed(system: System, rule: str) -> list[Proposal]:
    """For the rule, the oldest first."""
    return [each for each in reversed(system.proposals.service.list()) if each.rule == rule]


def decisions(system: System, proposal: Proposal) -> list[Decision]:
    with system.database.reading() as session:
        query = select(Decision).where(Decision.proposal_id == proposal.id).order_by(Decision.id)  # type: ignore[arg-type]
        return [*session.exec(query)]


def test_an_ignored_issue_stays_ignored_when_its_file_is_renamed(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project, "analysis")
    (issue,) = [each for each in system.issues.service.list() if each.rule == "E711"]
    system.issues.service.ignore(issue.id or 0, "as it should be", "ada")
    known = len(system.issues.service.list())
    rename(checkout)
    cycle(system, project, "analysis")
    (still,) = [each for each in system.issues.service.list() if each.rule == "E711"]
    assert (still.id, still.state, still.file) == (issue.id, IssueState.IGNORED, "store/calc.py")
    assert len(system.issues.service.list()) == known


def test_a_rejected_fix_is_not_proposed_again_on_later_commits_under_another_name_neither(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project)
    (fix,) = proposed(system, "E711")
    system.proposals.service.reject(fix.id or 0, reason="None is overloaded here", actor="ada")
    rename(checkout)
    for _ in range(2):
        cycle(system, project)
        assert [(each.id, each.state) for each in proposed(system, "E711")] == [(fix.id, ProposalState.REJECTED)]
    other = proposed(system, "E712")
    assert [each.state for each in other] == [ProposalState.STALE, ProposalState.NEEDS_HUMAN]
    assert [each.predecessor_id for each in other] == [None, other[0].id]


def test_what_a_person_approved_is_approved_on_the_next_commit_too(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project)
    (fix,) = proposed(system, "E711")
    base = fix.base_commit
    system.proposals.service.approve(fix.id or 0, reason="I have looked", actor="ada")
    rename(checkout)
    cycle(system, project)
    old, new = proposed(system, "E711")
    assert (old.id, old.state, new.state, new.predecessor_id) == (
        fix.id,
        ProposalState.STALE,
        ProposalState.APPROVED,
        fix.id,
    )
    assert system.runtime.status.case(old.id or 0).successor_id == new.id
    with pytest.raises(Conflict, match=f"out of date .* carried to a later commit as proposal {new.id}"):
        system.proposals.service.approve(old.id or 0, reason="once more", actor="ada")
    assert new.files == ["store/calc.py"]
    assert new.base_commit == system.projects.service.get(project.id or 0).head
    committee, person = decisions(system, new)
    assert (committee.decided_by, committee.verdict) == ("committee", "needs_human")
    assert (person.decided_by, person.actor, person.verdict) == ("person", "ada", "approved")
    assert person.reasons == ["I have looked", f"Decided on {base[:8]}, and kept with renewed evidence."]
    assert person.verification_id == committee.verification_id
    checkout.commit({"other.py": "x = 1\n"})
    cycle(system, project)
    third = proposed(system, "E711")[-1]
    assert (third.state, third.predecessor_id, third.lineage_id) == (ProposalState.APPROVED, new.id, fix.id)
    assert decisions(system, third)[-1].reasons == person.reasons
    with system.database.reading() as session:
        (pattern,) = session.exec(select(TrackRecord).where(TrackRecord.rule == "E711"))
    assert (pattern.successes, pattern.failures) == (1, 0)
    with pytest.raises(Forbidden, match=f"carried to a later commit as proposal {third.id}"):
        system.proposals.applying.apply(new.id or 0, actor="ada")
    outcome = system.proposals.applying.apply(third.id or 0, actor="ada")
    assert "value is None" in checkout.git("show", f"{outcome.branch}:store/calc.py")


def test_what_was_asked_to_be_applied_is_applied_on_the_commit_that_came_between(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project)
    (fix,) = proposed(system, "E711")
    system.proposals.service.approve(fix.id or 0, reason="I have looked", actor="ada")
    system.proposals.applying.request(fix.id or 0, actor="ada")
    checkout.commit({"shop/calc.py": LATER})
    cycle(system, project)
    assert [each.state for each in proposed(system, "E711")] == [ProposalState.STALE, ProposalState.APPLIED]


def test_an_approval_of_what_is_mended_by_now_is_out_of_date(
    system: System, project: Project, checkout: Checkout
) -> None:
    cycle(system, project)
    (fix,) = proposed(system, "E711")
    system.proposals.service.approve(fix.id or 0, reason=None, actor="ada")
    checkout.commit({"shop/calc.py": CODE.replace("value == None", "value is None")})
    cycle(system, project)
    assert [each.state for each in proposed(system, "E711")] == [ProposalState.STALE]


def test_a_change_handed_in_and_rejected_is_rejected_when_it_is_handed_in_on_a_later_commit(
    system: System, project: Project, checkout: Checkout
) -> None:
    longer = CODE.replace("return 1", "return 10")
    first = system.proposals.service.propose(project, checkout.diff("shop/calc.py", longer), title="Ten", actor="eve")
    system.verify(first.id or 0, actor="eve", progress=lambda _: None)
    system.proposals.service.reject(first.id or 0, reason="one is right", actor="ada")
    rename(checkout)
    again = system.proposals.service.propose(
        project, checkout.diff("store/calc.py", LATER.replace("return 1", "return 10")), title="Ten", actor="eve"
    )
    assert again.predecessor_id == first.id
    judged = system.verify(again.id or 0, actor="eve", progress=lambda _: None)
    assert (judged.decision.verdict, judged.decision.actor) == ("rejected", "ada")
    assert judged.decision.reasons[0] == "one is right"
    other = system.proposals.service.propose(
        project, checkout.diff("store/calc.py", LATER.replace("return 1", "return 11")), title="Eleven", actor="eve"
    )
    assert other.predecessor_id is None


def test_verifying_again_does_not_overrule_a_person(system: System, project: Project) -> None:
    cycle(system, project)
    (fix,) = proposed(system, "E711")
    system.proposals.service.reject(fix.id or 0, reason="None is overloaded here", actor="ada")
    judged = system.verify(fix.id or 0, actor="eve", progress=lambda _: None)
    assert (judged.decision.verdict, judged.decision.actor) == ("rejected", "ada")
    assert system.proposals.service.get(fix.id or 0).state == ProposalState.REJECTED
    system.proposals.service.approve(fix.id or 0, reason="on second thoughts", actor="ada")
    assert system.verify(fix.id or 0, actor="eve", progress=lambda _: None).decision.verdict == "approved"


NEVER = """class Never:
    def __eq__(self, other):
        return other is None

    def __hash__(self):
        return 0
"""


@pytest.mark.sandbox
def test_an_approval_whose_renewed_evidence_no_longer_suffices_goes_to_a_person_and_says_so(
    home: Path, tmp_path: Path
) -> None:
    passing = "def test_nothing():\n    assert True\n"
    checkout = Checkout(tmp_path / "proved", {"calc.py": CODE, "test_calc.py": passing})
    system = build(Settings(home=home))
    project = system.projects.service.add(checkout.path, python=sys.executable, test_command=QUICK, actor="ada")
    cycle(system, project)
    (fix,) = proposed(system, "E711")
    assert fix.state == ProposalState.NEEDS_HUMAN
    system.proposals.service.approve(fix.id or 0, reason="I have looked", actor="ada")
    system.proposals.applying.request(fix.id or 0, actor="ada")
    relied = f"from calc import first\n\n\n{NEVER}\n\ndef test_never():\n    assert first(Never())\n"
    checkout.commit({"test_calc.py": relied})
    cycle(system, project)
    new = proposed(system, "E711")[-1]
    assert (new.state, new.predecessor_id) == (ProposalState.NEEDS_HUMAN, fix.id)
    assert new.apply_requested_by is None
    (decision,) = decisions(system, new)
    assert decision.reasons[0] == (
        f"ada approved it on {fix.base_commit[:8]}; the renewed evidence no longer suffices for that."
    )
    assert "test_never" in decision.reasons[1]
    checkout.commit({"other.py": "x = 1\n"})
    cycle(system, project)
    assert proposed(system, "E711")[-1].state != ProposalState.APPROVED
    system.close()


GROUP = (
    CODE
    + """

def third(value):
    return value == None
"""
)
MORE = (
    GROUP
    + """

def fourth(value):
    return value == None
"""
)


def test_a_ruling_on_several_fixes_goes_with_each_of_them(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "group", {"shop/calc.py": GROUP})
    project = system.projects.service.add(checkout.path, python=sys.executable, actor="ada")
    cycle(system, project)
    (together,) = proposed(system, "E711")
    assert len(together.issue_ids) == len(together.parts) == 2
    system.proposals.service.reject(together.id, reason="we mean it", actor="ada")

    checkout.commit({"shop/calc.py": MORE})
    cycle(system, project)
    *_, newest = proposed(system, "E711")
    assert newest.id != together.id
    assert newest.diff.count("+    return value is None") == 1
    assert not {*newest.issue_ids} & {*together.issue_ids}


def test_several_fixes_that_a_person_approved_are_carried_together(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "group", {"shop/calc.py": GROUP})
    project = system.projects.service.add(checkout.path, python=sys.executable, actor="ada")
    cycle(system, project)
    (together,) = proposed(system, "E711")
    system.proposals.service.approve(together.id, reason="read it", actor="ada")

    checkout.commit({"shop/calc.py": GROUP.replace('"""A shop."""', '"""A shop.\n\nWith more to say.\n"""')})
    cycle(system, project)
    *_, carried = proposed(system, "E711")
    assert carried.predecessor_id == together.id
    assert carried.issue_ids == together.issue_ids
    assert carried.parts == together.parts
    assert system.proposals.service.get(together.id).state == ProposalState.STALE
    assert carried.state == ProposalState.APPROVED
