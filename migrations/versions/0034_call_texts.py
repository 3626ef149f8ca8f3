"""What was asked and answered in calls of models, for a time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PackedJSON, UTCDateTime

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MADE = ("proposal", "verification", "knowledge_exchange")
"""What a run made is found by the run."""


def upgrade() -> None:
    op.create_table(
        "model_call_text",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("messages", PackedJSON(), nullable=False),
        sa.Column("variables", PackedJSON(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_model_call_text")),
    )
    op.create_index("ix_model_call_text_created_at", "model_call_text", ["created_at"])
    for table in MADE:
        op.create_index(f"ix_{table}_run_id", table, ["run_id"])


def downgrade() -> None:
    for table in MADE:
        op.drop_index(f"ix_{table}_run_id", table_name=table)
    op.drop_table("model_call_text")
