"""What people decide: on what they saw, with a reason, and taken back a moment later."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.seed import seed
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.errors import Conflict, Forbidden, Invalid
from sigma_core.learning.tables import LearnedDecision
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.snapshot import ProposalSnapshot
from sigma_core.proposals.tables import Proposal, ProposalState
from sigma_core.runtime.build import build
from sigma_core.runtime.status import Status
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

DOUBTED, REFUSED, UNPROVED = 214, 190, 216


class Moment:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at: datetime = utc_now()

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Moment:
    return Moment()


@pytest.fixture
def system(home: Path, clock: Moment) -> Iterator[System]:
    opened = build(load_settings(home), clock=clock)
    seed(opened.database)
    yield opened
    opened.close()


@pytest.fixture
def proposals(system: System) -> Proposals:
    return system.proposals.service


def seen(status: Status, number: int) -> ProposalSnapshot:
    case = status.case(number)
    return ProposalSnapshot.of(case.proposal, case.decision)


def test_a_rejection_needs_a_reason_whatever_the_state(proposals: Proposals) -> None:
    for number in (DOUBTED, UNPROVED):
        for empty in (None, "", "  "):
            with pytest.raises(Invalid, match="tell why"):
                proposals.reject(number, reason=empty, actor="ada")
    assert proposals.get(DOUBTED).state == ProposalState.NEEDS_HUMAN


def test_an_approval_keeps_the_reason_it_may_have(proposals: Proposals) -> None:
    assert proposals.approve(DOUBTED, reason=" read it ", actor="ada").reasons == ["read it"]
    assert proposals.approve(DOUBTED, reason=None, actor="ada").reasons == []


def test_a_decision_keeps_what_its_person_saw(system: System, proposals: Proposals) -> None:
    before = seen(system.runtime.status, DOUBTED)
    assert proposals.reject(DOUBTED, reason="no", actor="ada", seen=before).seen == before.stored()
    assert before.state == "needs_human"


def test_the_second_of_two_people_is_told_what_the_first_decided(system: System, proposals: Proposals) -> None:
    both = seen(system.runtime.status, DOUBTED)
    proposals.reject(DOUBTED, reason="callers rely on it", actor="ada", seen=both)
    with pytest.raises(Conflict, match=r"was needs human and has been rejected by ada \(callers rely on it\)"):
        proposals.approve(DOUBTED, reason="fine", actor="bob", seen=both)
    assert proposals.get(DOUBTED).state == ProposalState.REJECTED
    again = seen(system.runtime.status, DOUBTED)
    assert proposals.approve(DOUBTED, reason="fine", actor="bob", seen=again).actor == "bob"


def test_a_new_base_or_state_is_a_change_too(system: System, proposals: Proposals) -> None:
    looked = seen(system.runtime.status, DOUBTED)
    with system.database.transaction() as session:
        stored = session.get(Proposal, DOUBTED)
        assert stored is not None
        stored.base_commit, stored.state = "f" * 40, ProposalState.WAITING
    with pytest.raises(Conflict, match="has been moved to ffffffff, waiting"):
        proposals.reject(DOUBTED, reason="no", actor="ada", seen=looked)


def test_applying_is_asked_for_on_what_was_seen(system: System, proposals: Proposals) -> None:
    proposals.approve(DOUBTED, reason=None, actor="ada")
    approved = seen(system.runtime.status, DOUBTED)
    proposals.reject(DOUBTED, reason="no", actor="bob")
    proposals.approve(DOUBTED, reason="yes", actor="carl")
    with pytest.raises(Conflict, match="approved by carl"):
        system.proposals.applying.request(DOUBTED, actor="ada", seen=approved)
    assert proposals.get(DOUBTED).apply_requested_by is None


def test_a_rejection_calls_off_what_was_asked_to_be_applied(system: System, proposals: Proposals) -> None:
    proposals.approve(DOUBTED, reason=None, actor="ada")
    system.proposals.applying.request(DOUBTED, actor="ada")
    proposals.reject(DOUBTED, reason="no", actor="bob")
    proposals.approve(DOUBTED, reason="yes", actor="bob")
    assert proposals.get(DOUBTED).apply_requested_by is None


@pytest.mark.parametrize(("number", "state"), [(DOUBTED, "needs_human"), (UNPROVED, "waiting")])
def test_a_decision_taken_back_leaves_the_proposal_as_it_was(
    system: System, proposals: Proposals, clock: Moment, number: int, state: str
) -> None:
    before = system.runtime.status.case(number)
    proposals.reject(number, reason="slipped", actor="ada")
    clock.at += timedelta(seconds=9)
    assert proposals.take_back(number, actor="ada").state == state
    after = system.runtime.status.case(number)
    assert (after.proposal.state, [each.id for each in after.decisions]) == (
        state,
        [each.id for each in before.decisions],
    )
    with system.database.reading() as session:
        told = session.exec(select(AuditEntry.action, AuditEntry.reason).order_by(AuditEntry.id)).all()
    assert told[-2:] == [("rejected", "slipped"), ("take back", "rejected: slipped")]


def test_what_was_asked_to_be_applied_is_called_off_with_the_approval(system: System, proposals: Proposals) -> None:
    proposals.approve(DOUBTED, reason=None, actor="ada")
    system.proposals.applying.request(DOUBTED, actor="ada")
    assert proposals.take_back(DOUBTED, actor="ada").apply_requested_by is None


def test_nobody_takes_back_what_is_old_or_not_theirs(system: System, proposals: Proposals, clock: Moment) -> None:
    with pytest.raises(Conflict, match="nothing to take back"):
        proposals.take_back(REFUSED, actor="ada")
    proposals.reject(DOUBTED, reason="no", actor="ada")
    with pytest.raises(Forbidden, match="by ada"):
        proposals.take_back(DOUBTED, actor="bob")
    clock.at += timedelta(seconds=10.1)
    with pytest.raises(Conflict, match="for 10 seconds"):
        proposals.take_back(DOUBTED, actor="ada")
    assert proposals.get(DOUBTED).state == ProposalState.REJECTED


def test_what_has_been_learned_from_is_not_taken_back(system: System, proposals: Proposals, clock: Moment) -> None:
    decision = proposals.reject(DOUBTED, reason="no", actor="ada")
    with system.database.transaction() as session:
        session.add(LearnedDecision(decision_id=decision.id or 0, counted_at=clock.at))
    with pytest.raises(Conflict, match="counted already"):
        proposals.take_back(DOUBTED, actor="ada")
    assert proposals.latest_decision(proposals.get(DOUBTED)).id == decision.id
