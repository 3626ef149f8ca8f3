"""Leases of strategy runs in place, and what retention has witnessed of time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("strategy_run", sa.Column("lease_until", UTCDateTime(), nullable=True))
    # What runs in place now knows of no lease: it is over where its process is
    op.execute("UPDATE strategy_run SET lease_until = started_at WHERE status = 'running' AND run_id IS NULL")
    op.create_table(
        "retention_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("doubted_s", sa.Float(), nullable=False),
        sa.Column("doubted_since", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_clock")),
    )


def downgrade() -> None:
    op.drop_table("retention_clock")
    with op.batch_alter_table("strategy_run") as batch:
        batch.drop_column("lease_until")
