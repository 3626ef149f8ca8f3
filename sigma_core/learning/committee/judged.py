"""What the committee said of each change whose outcome is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from sigma_core.proposals.lineage import line
from sigma_core.proposals.outcomes.ledger import EndedChange
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal


@dataclass(frozen=True)
class SaidOpinion:
    """What a model said in a member's place."""

    model: str
    score: float
    confidence: float


@dataclass(frozen=True)
class JudgedChange:
    """A change that was taken and kept, or not, with the votes it was decided by: scores by member."""

    line: int
    project_id: int
    rule: str
    fixer: str
    family: str
    at: datetime
    happened: bool
    scores: Mapping[str, float]
    by_rule: Mapping[str, float]
    opinions: Mapping[str, SaidOpinion]


def judged_changes(session: Session, ended: Sequence[EndedChange]) -> list[JudgedChange]:
    """Of ended changes those that the committee had voted on before; the one that ended first before the others."""
    decisions = _decisions(session, [each.line_id for each in ended])
    before = {each.line_id: _last_before(decisions.get(each.line_id, ()), each.ended_at) for each in ended}
    votes = _votes(session, [decision.verification_id for decision in before.values() if decision is not None])
    return [
        _judged(each, cast)
        for each in ended
        if (decision := before[each.line_id]) is not None and (cast := votes.get(decision.verification_id or 0))
    ]


def _decisions(session: Session, lines: Sequence[int]) -> Mapping[int, Sequence[Decision]]:
    """The committee's, by the change they are on; the oldest first."""
    query = (
        select(line(), Decision)
        .join(Proposal, col(Proposal.id) == Decision.proposal_id)
        .where(line().in_(lines), Decision.decided_by == "committee", col(Decision.verification_id).is_not(None))
        .order_by(col(Decision.id))
    )
    found: dict[int, list[Decision]] = {}
    for of, decision in session.exec(query):
        found.setdefault(of, []).append(decision)
    return found


def _last_before(decisions: Sequence[Decision], moment: datetime) -> Decision | None:
    """What was said while the outcome could not be known; of a change taken before, what was said first."""
    earlier = [each for each in decisions if each.created_at <= moment]
    return earlier[-1] if earlier else next(iter(decisions), None)


def _votes(session: Session, verifications: Iterable[int | None]) -> Mapping[int, Sequence[CommitteeScore]]:
    query = select(CommitteeScore).where(col(CommitteeScore.verification_id).in_({*verifications} - {None}))
    found: dict[int, list[CommitteeScore]] = {}
    for row in session.exec(query.order_by(col(CommitteeScore.id))):
        found.setdefault(row.verification_id, []).append(row)
    return found


def _judged(ended: EndedChange, cast: Sequence[CommitteeScore]) -> JudgedChange:
    return JudgedChange(
        line=ended.line_id,
        project_id=ended.project_id,
        rule=ended.rule or "outside",
        fixer=ended.fixer,
        family=ended.change_type,
        at=ended.ended_at,
        happened=ended.is_taken,
        scores={row.member: row.score for row in cast if row.score is not None},
        by_rule={row.member: row.by_rule for row in cast if row.by_rule is not None},
        opinions={row.member: said for row in cast if (said := _opinion(row)) is not None},
    )


def _opinion(row: CommitteeScore) -> SaidOpinion | None:
    said = (row.opinion or {}).get("said")
    if row.opinion is None or said is None or "model" not in row.opinion:
        return None
    return SaidOpinion(row.opinion["model"], float(said["score"]), float(said["confidence"]))
