"""How people look at the console's lists, and the indexes by which long lists are read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sigma_core.database import UTCDateTime

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    "ix_prompt_usage_project_id": ("prompt_usage", ["project_id"]),
    "ix_prompt_usage_prompt": ("prompt_usage", ["prompt"]),
    "ix_audit_log_action": ("audit_log", ["action"]),
    "ix_proposal_changed_at": ("proposal", ["changed_at"]),
    "ix_issue_changed_at": ("issue", ["changed_at"]),
    "ix_issue_project_id_file": ("issue", ["project_id", "file"]),
}


def upgrade() -> None:
    op.create_table(
        "console_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("list", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shown", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_view")),
        sa.UniqueConstraint("actor", "list", "name", name=op.f("uq_console_view_actor_list_name")),
    )
    op.add_column("issue", sa.Column("wanted_by", sa.String(length=200), nullable=True))
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
    op.drop_column("issue", "wanted_by")
    op.drop_table("console_view")
