"""What became of changes, for those who learn from it or show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from sigma_core.database import Database
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.tables import FollowedChange, Outcome, Proposal


@dataclass(frozen=True)
class EndedChange:
    """A change of which it is known whether the maintainers took it and kept it."""

    line_id: int
    proposal_id: int
    project_id: int
    rule: str | None
    fixer: str
    change_type: str
    prompt_version: str | None
    is_taken: bool
    events: Mapping[str, datetime]
    """When each happened, by kind (see `OutcomeKind`)."""

    @property
    def ended_at(self) -> datetime:
        """When the last of what it rests on happened."""
        return max(self.events.values())


@dataclass(frozen=True)
class ListedOutcome:
    """One event with the change that it happened to."""

    outcome: Outcome
    title: str
    rule: str | None
    fixer: str
    is_taken: bool | None


class OutcomeLedger:
    """Reads what was found out about changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ended(self, project_id: int | None = None, *, session: Session | None = None) -> Sequence[EndedChange]:
        """Changes taken and kept, or not, the one that ended first before the others."""
        query = (
            select(FollowedChange, Proposal)
            .join(Proposal, col(Proposal.id) == FollowedChange.proposal_id)
            .where(col(FollowedChange.is_taken).is_not(None))
        )
        told = select(Outcome)
        if project_id is not None:
            query, told = (
                query.where(FollowedChange.project_id == project_id),
                told.where(Outcome.project_id == project_id),
            )
        with self._database.reading(session) as own:
            rows = own.exec(query).all()
            events: dict[int, dict[str, datetime]] = {}
            for each in own.exec(told):
                events.setdefault(each.line_id, {})[each.kind] = each.at
        found = [_ended(followed, proposal, events[followed.line_id]) for followed, proposal in rows]
        return sorted(found, key=lambda each: (each.ended_at, each.line_id))

    def list(
        self,
        project_id: int | None = None,
        *,
        kinds: Sequence[OutcomeKind] = (),
        rule: str | None = None,
        taken: bool | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[ListedOutcome]:
        """Events, the newest first. `taken`: of changes that ended so."""
        query = (
            select(Outcome, Proposal, FollowedChange.is_taken)
            .join(Proposal, col(Proposal.id) == Outcome.proposal_id)
            .outerjoin(FollowedChange, col(FollowedChange.line_id) == Outcome.line_id)
            .order_by(col(Outcome.at).desc(), col(Outcome.id).desc())
        )
        if project_id is not None:
            query = query.where(Outcome.project_id == project_id)
        if kinds:
            query = query.where(col(Outcome.kind).in_(kinds))
        if rule is not None:
            query = query.where(Proposal.rule == rule)
        if taken is not None:
            query = query.where(FollowedChange.is_taken == taken)
        with self._database.reading() as session:
            rows = session.exec(query.limit(limit).offset(offset)).all()
        return [
            ListedOutcome(outcome, proposal.title, proposal.rule, proposal.fixer, is_taken)
            for outcome, proposal, is_taken in rows
        ]


def _ended(followed: FollowedChange, proposal: Proposal, events: Mapping[str, datetime]) -> EndedChange:
    return EndedChange(
        line_id=followed.line_id,
        proposal_id=followed.proposal_id,
        project_id=followed.project_id,
        rule=proposal.rule,
        fixer=proposal.fixer,
        change_type=proposal.change_type,
        prompt_version=proposal.prompt_version,
        is_taken=bool(followed.is_taken),
        events=events,
    )
