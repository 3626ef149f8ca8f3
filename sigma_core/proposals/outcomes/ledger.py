"""What became of changes, for those who learn from it or show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlmodel import Session, col, func, select

from sigma_core.database import Database
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.tables import FollowedChange, Outcome, Proposal


@dataclass(frozen=True)
class EndedChange:
    """A change of which it is known whether the maintainers took it and kept it."""

    line_id: int
    project_id: int
    rule: str | None
    fixer: str
    change_type: str
    is_taken: bool
    ended_at: datetime
    """When the last of what it rests on happened."""


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

    def ended(
        self,
        project_id: int | None = None,
        *,
        newest: int,
        of_each: int | None = None,
        session: Session | None = None,
    ) -> Sequence[EndedChange]:
        """Changes taken and kept, or not: those that ended last, the one that ended first before the others.

        `of_each`: as many of each project at most, so that those of busy projects do not leave out the others'.
        """
        last = func.max(Outcome.at).label("ended_at")
        # Columns, not rows: a proposal holds its whole diff
        of_change = tuple(col(getattr(FollowedChange, name)) for name in ("line_id", "project_id", "is_taken"))
        of_proposal = tuple(col(getattr(Proposal, name)) for name in ("rule", "fixer", "change_type"))
        query = (
            sqlalchemy.select(*of_change, *of_proposal, last)
            .join(Proposal, col(Proposal.id) == FollowedChange.proposal_id)
            .join(Outcome, col(Outcome.line_id) == FollowedChange.line_id)
            .where(col(FollowedChange.is_taken).is_not(None))
            .group_by(*of_change, *of_proposal)
            .order_by(last.desc(), col(FollowedChange.line_id).desc())
            .limit(newest if of_each is None else None)
        )
        if project_id is not None:
            query = query.where(col(FollowedChange.project_id) == project_id)
        if of_each is not None:
            query = _newest_of_each(query, of_each).limit(newest)
        with self._database.reading(session) as own:
            return [EndedChange(**row) for row in own.execute(query).mappings()][::-1]

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


def _newest_of_each(query: sqlalchemy.Select[Any], of_each: int) -> sqlalchemy.Select[Any]:
    """The same rows in the same order, of each project no more than so many."""
    of = query.order_by(None).subquery()
    newest = (of.c.ended_at.desc(), of.c.line_id.desc())
    place = func.row_number().over(partition_by=of.c.project_id, order_by=newest).label("place")
    ranked = sqlalchemy.select(*of.c, place).subquery()
    columns = [each for each in ranked.c if each.name != "place"]
    kept = sqlalchemy.select(*columns).where(ranked.c.place <= of_each)
    return kept.order_by(ranked.c.ended_at.desc(), ranked.c.line_id.desc())
