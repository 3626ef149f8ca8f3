"""One change over the commits it was carried to: the proposals that it was, and the decision that holds for it."""

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from sigma_core.proposals.tables import Decision, Proposal


def line_of(proposal: Proposal) -> int:
    """What all proposals of the same change have in common: the id of the first of them."""
    return proposal.lineage_id or proposal.id or 0


def line() -> ColumnElement[int]:
    """The same as a column."""
    return func.coalesce(col(Proposal.lineage_id), col(Proposal.id))


def latest_decisions() -> SelectOfScalar[int | None]:
    """Ids of the latest decision on each change."""
    return select(func.max(Decision.id)).join(Proposal, col(Proposal.id) == Decision.proposal_id).group_by(line())
