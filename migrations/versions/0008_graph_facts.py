"""Facts and texts that were imported into the graph."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "graph_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=True),
        sa.Column("predicate", sa.String(length=400), nullable=True),
        sa.Column("object", sa.String(length=400), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("valid_at", UTCDateTime(), nullable=False),
        sa.Column("invalid_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_graph_fact_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_graph_fact")),
        sa.UniqueConstraint("digest", name=op.f("uq_graph_fact_digest")),
    )
    op.create_index(op.f("ix_graph_fact_created_at"), "graph_fact", ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("graph_fact")
