"""How many items of knowledge there are, by source, type and project."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "knowledge_size",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_size")),
    )
    op.execute(
        "INSERT INTO knowledge_size (source, type, project_id, amount)"
        " SELECT source, type, project_id, count(*) FROM knowledge_exchange GROUP BY 1, 2, 3"
    )
    op.drop_index("ix_knowledge_exchange_source", "knowledge_exchange")


def downgrade() -> None:
    op.create_index("ix_knowledge_exchange_source", "knowledge_exchange", ["source"])
    op.drop_table("knowledge_size")
