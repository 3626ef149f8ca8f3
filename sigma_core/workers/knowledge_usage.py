"""Knowledge that was used for a proposal, and what it turned out to be worth."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from sigma_core.exchange.service import Exchange
from sigma_core.exchange.validation_ledger import Usefulness
from sigma_core.proposals.tables import Decision, Proposal, Verdict
from sigma_core.workers.tables import KnowledgeUse

COIN = 0.75
"""Score of a forecast by a coin: 1 − (½)². Only what does better was useful."""
CONTRADICTED_AT, FEWEST = 0.25, 3
"""From so many decisions on, an item that scores so low is contradicted."""
DECIDED = (Verdict.APPROVED, Verdict.REJECTED)


@dataclass(frozen=True)
class UsedKnowledge:
    """An item used for a proposal: as what, how fresh it was, and the acceptance (0–1) it let expect, if any."""

    knowledge_id: int
    role: str
    freshness: float
    forecast: float | None = None


def note(session: Session, worker: str, proposal_id: int, used: Iterable[UsedKnowledge], now: datetime) -> None:
    """Write down what was used, with the proposal or its decision; what is noted already stays."""
    query = select(KnowledgeUse.knowledge_id).where(
        KnowledgeUse.worker == worker, KnowledgeUse.proposal_id == proposal_id
    )
    known = set(session.exec(query))
    for item in {each.knowledge_id: each for each in used if each.knowledge_id not in known}.values():
        session.add(
            KnowledgeUse(
                worker=worker,
                proposal_id=proposal_id,
                knowledge_id=item.knowledge_id,
                role=item.role,
                freshness=item.freshness,
                forecast=item.forecast,
                used_at=now,
            )
        )


def pass_on(session: Session, parted: Proposal, pieces: Sequence[Proposal]) -> None:
    """What was used for a proposal was used for each of those it was parted into."""
    uses = session.exec(select(KnowledgeUse).where(KnowledgeUse.proposal_id == parted.id)).all()
    for piece in pieces:
        for use in uses:
            used = UsedKnowledge(use.knowledge_id, use.role, use.freshness, use.forecast)
            note(session, use.worker, piece.id or 0, [used], use.used_at)


def settle(session: Session, exchange: Exchange, worker: str) -> int:
    """Judge what `worker` used for proposals decided since it last looked; how many items got a verdict."""
    fresh = _newly_decided(session, worker)
    for use, decision_id in fresh:
        use.decision_id = decision_id
    session.flush()
    outcomes = _outcomes(session, worker, {use.knowledge_id for use, _ in fresh})
    for knowledge_id, known in outcomes.items():
        score, verdict = worth(known)
        feedback = f"{sum(accepted for _, accepted in known)} of {len(known)} proposals it was used for were accepted"
        exchange.judge(worker, knowledge_id, verdict, score=score, feedback=feedback, session=session)
    return len(outcomes)


def worth(outcomes: Sequence[tuple[float | None, bool]]) -> tuple[float, Usefulness]:
    """Score (0–1) and verdict of an item from (forecast, accepted) of all decided proposals it was used for.

    With forecasts: 1 − the Brier score, useful where it beats a coin. Without (context): the mean of the Beta
    posterior over acceptance, useful above ½.
    """
    errors = [(forecast - accepted) ** 2 for forecast, accepted in outcomes if forecast is not None]
    if errors:
        score, useful_above = 1 - sum(errors) / len(errors), COIN
    else:
        score, useful_above = (sum(accepted for _, accepted in outcomes) + 1) / (len(outcomes) + 2), 0.5
    if score > useful_above:
        return score, Usefulness.USEFUL
    contradicted = score <= CONTRADICTED_AT and len(outcomes) >= FEWEST
    return score, Usefulness.CONTRADICTED if contradicted else Usefulness.NOT_USEFUL


def _newly_decided(session: Session, worker: str) -> list[tuple[KnowledgeUse, int]]:
    of_worker = select(KnowledgeUse.proposal_id).where(KnowledgeUse.worker == worker)
    latest = (
        select(func.max(Decision.id))
        .where(col(Decision.proposal_id).in_(of_worker))
        .group_by(col(Decision.proposal_id))
    )
    query = (
        select(KnowledgeUse, Decision.id)
        .join(Decision, col(Decision.proposal_id) == KnowledgeUse.proposal_id)
        .where(
            KnowledgeUse.worker == worker,
            col(Decision.id).in_(latest),
            col(Decision.verdict).in_(DECIDED),
            Decision.id != func.coalesce(KnowledgeUse.decision_id, 0),
        )
        .order_by(col(KnowledgeUse.id))
    )
    return [(use, decision_id or 0) for use, decision_id in session.exec(query)]


def _outcomes(session: Session, worker: str, ids: set[int]) -> dict[int, list[tuple[float | None, bool]]]:
    query = (
        select(KnowledgeUse.knowledge_id, KnowledgeUse.forecast, Decision.verdict)
        .join(Decision, col(Decision.id) == KnowledgeUse.decision_id)
        .where(KnowledgeUse.worker == worker, col(KnowledgeUse.knowledge_id).in_(ids))
        .order_by(col(KnowledgeUse.id))
    )
    found: dict[int, list[tuple[float | None, bool]]] = defaultdict(list)
    for knowledge_id, forecast, verdict in session.exec(query) if ids else ():
        found[knowledge_id].append((forecast, verdict == Verdict.APPROVED))
    return dict(found)
