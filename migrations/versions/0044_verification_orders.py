"""What one process asks another to verify."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON, UTCDateTime

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "verification_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("proposals", PortableJSON(), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("job", sa.Integer(), nullable=True),
        sa.Column("host", sa.String(length=200), nullable=True),
        sa.Column("progress", sa.String(length=300), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("evidence", PortableJSON(), nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_verification_order_project_id_project"),
        sa.PrimaryKeyConstraint("id", name="pk_verification_order"),
        sa.UniqueConstraint("digest", name="uq_verification_order_digest"),
    )
    op.create_index("ix_verification_order_asked_at", "verification_order", ["asked_at"])


def downgrade() -> None:
    op.drop_index("ix_verification_order_asked_at", "verification_order")
    op.drop_table("verification_order")
