"""Which knowledge a worker used for which proposal, how fresh it was, and what it was judged by afterwards."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "knowledge_use",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("worker", sa.String(40), nullable=False),
        sa.Column("proposal_id", sa.Integer(), sa.ForeignKey("proposal.id"), nullable=False, index=True),
        sa.Column("knowledge_id", sa.Integer(), sa.ForeignKey("knowledge_exchange.id"), nullable=False, index=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("freshness", sa.Float(), nullable=False),
        sa.Column("forecast", sa.Float(), nullable=True),
        sa.Column("decision_id", sa.Integer(), sa.ForeignKey("decision.id"), nullable=True),
        sa.Column("used_at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("worker", "proposal_id", "knowledge_id"),
    )


def downgrade() -> None:
    op.drop_table("knowledge_use")
