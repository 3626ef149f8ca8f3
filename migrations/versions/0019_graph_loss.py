"""What the graph had lost and is written again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("graph_updates", sa.Column("rewriting_to", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("graph_updates", "rewriting_to")
