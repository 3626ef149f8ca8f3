"""What is leased or put off is held batch by batch; indexes for what waits, none that grow with what is done."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON, UTCDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_IN_HAND = "UPDATE knowledge_delivery SET state = 'ready', receipt = NULL WHERE state IN ('leased', 'waiting')"


def upgrade() -> None:
    op.create_table(
        "knowledge_hold",
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("deliveries", PortableJSON(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_knowledge_hold")),
    )
    op.create_index("ix_knowledge_hold_recipient_due_at", "knowledge_hold", ["recipient", "due_at"], unique=False)
    # Who has them in hand does not know of holds: they are delivered once more
    op.execute(_IN_HAND)
    op.drop_index("ix_knowledge_delivery_inbox", table_name="knowledge_delivery")
    op.drop_index("ix_knowledge_delivery_due", table_name="knowledge_delivery")
    op.drop_column("knowledge_delivery", "due_at")
    _index("knowledge_delivery", "ix_knowledge_delivery_ready", ["recipient", "rank", "id"], "state = 'ready'")
    _index("knowledge_delivery", "ix_knowledge_delivery_dead", ["recipient", "done_at"], "state = 'dead'")
    _index("knowledge_exchange", "ix_knowledge_exchange_unprocessed", ["id"], "processed_at IS NULL")


def downgrade() -> None:
    op.drop_index("ix_knowledge_exchange_unprocessed", table_name="knowledge_exchange")
    op.drop_index("ix_knowledge_delivery_dead", table_name="knowledge_delivery")
    op.drop_index("ix_knowledge_delivery_ready", table_name="knowledge_delivery")
    op.execute(_IN_HAND)
    op.add_column("knowledge_delivery", sa.Column("due_at", UTCDateTime(), nullable=True))
    op.create_index("ix_knowledge_delivery_inbox", "knowledge_delivery", ["recipient", "state", "rank", "id"])
    _index("knowledge_delivery", "ix_knowledge_delivery_due", ["recipient", "due_at"], "due_at IS NOT NULL")
    op.drop_table("knowledge_hold")


def _index(table: str, name: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
