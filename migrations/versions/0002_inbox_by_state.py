"""An index for what is ready and one for what is dead, so that neither grows with what is done."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("knowledge_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_delivery_inbox")
        for name, columns, where in (
            ("ix_knowledge_delivery_ready", ["recipient", "rank", "id"], "state = 'ready'"),
            ("ix_knowledge_delivery_dead", ["recipient", "done_at"], "state = 'dead'"),
        ):
            batch_op.create_index(
                name, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
            )


def downgrade() -> None:
    with op.batch_alter_table("knowledge_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_delivery_dead")
        batch_op.drop_index("ix_knowledge_delivery_ready")
        batch_op.create_index("ix_knowledge_delivery_inbox", ["recipient", "state", "rank", "id"], unique=False)
