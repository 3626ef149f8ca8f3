"""Texts that wait for a model, and the facts that it found in them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "graph_extraction",
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=True),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["text_id"], ["graph_fact.id"], name=op.f("fk_graph_extraction_text_id_graph_fact")),
        sa.PrimaryKeyConstraint("text_id", name=op.f("pk_graph_extraction")),
    )
    op.create_index(
        "ix_graph_extraction_due", "graph_extraction", ["due_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    with op.batch_alter_table("graph_fact") as fact:
        fact.add_column(sa.Column("text_id", sa.Integer(), nullable=True))
        fact.create_foreign_key(op.f("fk_graph_fact_text_id_graph_fact"), "graph_fact", ["text_id"], ["id"])
        fact.create_index(op.f("ix_graph_fact_text_id"), ["text_id"])
    op.execute(
        sa.text(
            "INSERT INTO graph_extraction (text_id, state, attempts, due_at)"
            " SELECT id, 'waiting', 0, created_at FROM graph_fact WHERE subject IS NULL"
        )
    )


def downgrade() -> None:
    op.drop_table("graph_extraction")
    with op.batch_alter_table("graph_fact") as fact:
        fact.drop_index(op.f("ix_graph_fact_text_id"))
        fact.drop_constraint(op.f("fk_graph_fact_text_id_graph_fact"), type_="foreignkey")
        fact.drop_column("text_id")
