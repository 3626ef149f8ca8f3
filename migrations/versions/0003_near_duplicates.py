"""What knowledge says, its wording set aside: a key and its index."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_WHERE = sa.text("near IS NOT NULL AND digest IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("knowledge_exchange", schema=None) as batch_op:
        batch_op.add_column(sa.Column("near", sa.String(length=40), nullable=True))
        batch_op.create_index(
            "ix_knowledge_exchange_near", ["near"], unique=False, sqlite_where=_WHERE, postgresql_where=_WHERE
        )


def downgrade() -> None:
    with op.batch_alter_table("knowledge_exchange", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_exchange_near")
        batch_op.drop_column("near")
