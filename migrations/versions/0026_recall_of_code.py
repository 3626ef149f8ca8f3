"""What code says of itself, and the index of recall with stems for words: it is made anew by itself."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _forget_words()
    op.create_table(
        "code_description",
        sa.Column("entity_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("described_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["code_entity.id"], name=op.f("fk_code_description_entity_id_code_entity")
        ),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_code_description")),
    )
    op.create_index(op.f("ix_code_description_described_at"), "code_description", ["described_at"], unique=False)


def downgrade() -> None:
    _forget_words()
    op.drop_index(op.f("ix_code_description_described_at"), table_name="code_description")
    op.drop_table("code_description")


def _forget_words() -> None:
    for table in ("recall_mention", "recall_word", "recall_document"):
        op.execute(sa.delete(sa.table(table)))
