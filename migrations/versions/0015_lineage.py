"""A change is one over the commits it is carried to, and counts once for what is learned."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTED = """
    SELECT proposal.project_id, proposal.rule, proposal.fixer, proposal.id AS proposal_id, decision.verdict
    FROM decision
    JOIN proposal ON proposal.id = decision.proposal_id
    JOIN learned_decision ON learned_decision.decision_id = decision.id
    WHERE proposal.rule IS NOT NULL ORDER BY decision.id
"""
PATTERN = sa.table("learned_pattern", *map(sa.column, ("project_id", "rule", "fixer", "successes", "failures")))
COLUMNS = {"approved": "successes", "rejected": "failures"}


def upgrade() -> None:
    # Not as a batch: that would make the table anew, and others point to its rows
    op.add_column("proposal", sa.Column("predecessor_id", sa.Integer(), nullable=True))
    op.add_column("proposal", sa.Column("lineage_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_proposal_lineage_id"), "proposal", ["lineage_id"])
    _count_once()


def _count_once() -> None:
    """Take back what was counted of a proposal beside its latest verdict: applying one had it decided twice."""
    latest: dict[int, tuple[tuple[int, str, str], str]] = {}
    over: dict[tuple[tuple[int, str, str], str], int] = {}
    connection = op.get_bind()
    for project_id, rule, fixer, proposal_id, verdict in connection.execute(sa.text(COUNTED)):
        pattern = (project_id, rule, fixer)
        if (before := latest.get(proposal_id)) is not None and before[1] in COLUMNS:
            over[before] = over.get(before, 0) + 1
        latest[proposal_id] = (pattern, verdict)
    for ((project_id, rule, fixer), verdict), count in over.items():
        counter = PATTERN.c[COLUMNS[verdict]]
        mine = sa.and_(PATTERN.c.project_id == project_id, PATTERN.c.rule == rule, PATTERN.c.fixer == fixer)
        fewer = sa.case((counter > count, counter - count), else_=0)
        connection.execute(sa.update(PATTERN).where(mine).values({counter: fewer}))


def downgrade() -> None:
    op.drop_index(op.f("ix_proposal_lineage_id"), "proposal")
    op.drop_column("proposal", "lineage_id")
    op.drop_column("proposal", "predecessor_id")
