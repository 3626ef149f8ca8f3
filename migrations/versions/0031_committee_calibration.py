"""What the committee votes by as outcomes come in, each change of it, and drifts that were noticed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sigma_core.database import UTCDateTime

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("committee_score", sa.Column("by_rule", sa.Float(), nullable=True))
    op.create_table(
        "committee_calibration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("why", sa.String(2000), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("configured", json, nullable=False),
        sa.Column("weights", json, nullable=False),
        sa.Column("weights_before", json, nullable=False),
        sa.Column("shares", json, nullable=False),
        sa.Column("recalibration", json, nullable=False),
        sa.Column("scores", json, nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_committee_calibration"),
    )
    op.create_index("ix_committee_calibration_created_at", "committee_calibration", ["created_at"])
    op.create_table(
        "drift_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("before", sa.Float(), nullable=False),
        sa.Column("before_n", sa.Integer(), nullable=False),
        sa.Column("after", sa.Float(), nullable=False),
        sa.Column("after_n", sa.Integer(), nullable=False),
        sa.Column("forgets_before", UTCDateTime(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drift_event"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_drift_event_project_id_project"),
    )
    op.create_index("ix_drift_event_created_at", "drift_event", ["created_at"])


def downgrade() -> None:
    op.drop_table("drift_event")
    op.drop_table("committee_calibration")
    op.drop_column("committee_score", "by_rule")
