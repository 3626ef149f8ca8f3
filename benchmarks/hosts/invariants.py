"""What must hold of the rows, whoever was killed and whatever was away."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, func, select

from sigma_core.database import Database
from sigma_core.exchange.tables import Delivery, KnowledgeOrigin
from sigma_core.issues.tables import Issue
from sigma_core.projects.tables import CodeSnapshot
from sigma_core.proposals.review import OVER
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal, Verification
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState
from sigma_core.workers.tables import CycleReport

ONCE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("a commit was recorded twice", (CodeSnapshot.project_id, CodeSnapshot.commit)),
    ("an issue exists twice", (Issue.project_id, Issue.fingerprint)),
    ("a proposal exists twice", (Proposal.project_id, Proposal.base_commit, Proposal.diff_sha256)),
    ("a verification was decided twice", (Decision.verification_id,)),
    ("a message was stored twice", (KnowledgeOrigin.origin,)),
    ("a message was delivered twice", (Delivery.knowledge_id, Delivery.recipient)),
    ("a cycle was reported twice", (CycleReport.run_id,)),
)


def broken_rows(database: Database) -> list[str]:
    """What is doubled or lost, in words, with how often; none where all is well."""
    with database.reading() as session:
        return [*_twice(session), *_broken(session)]


def failures(database: Database) -> Counter[str]:
    """Cycles that ended in an error, by worker and reason: a later one makes good what they left."""
    with database.reading() as session:
        failed = session.exec(select(Run.worker, Run.error).where(Run.state == RunState.ERROR)).all()
    return Counter(f"{worker}: {str(error).strip().splitlines()[-1][:120]}" for worker, error in failed)


def _twice(session: Session) -> Iterator[str]:
    for said, columns in ONCE:
        several = select(*columns).where(columns[0].is_not(None)).group_by(*columns).having(func.count() > 1)
        if found := len(session.exec(several).all()):
            yield f"{said} ({found} times)"


def _broken(session: Session) -> Iterator[str]:
    # What was withdrawn while it was verified keeps its evidence, which decides nothing
    undecided = select(func.count(col(Verification.id))).where(
        col(Verification.proposal_id).in_(select(Proposal.id).where(col(Proposal.state).not_in(OVER))),
        col(Verification.id).not_in(select(Decision.verification_id).where(col(Decision.verification_id).is_not(None))),
    )
    if found := session.exec(undecided).one():
        yield f"a verification without a decision ({found} times)"
    votes = select(func.count(col(CommitteeScore.id))).group_by(col(CommitteeScore.verification_id))
    if len(set(session.exec(votes).all())) > 1:
        yield "a verification lacks votes"
    if dead := session.exec(select(func.count(Delivery.id)).where(Delivery.state == "dead")).one():
        yield f"a message was given up ({dead} times)"
