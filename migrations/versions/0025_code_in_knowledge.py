"""Where in the code an issue stands, and files found by their paths."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("issue") as batch_op:
        batch_op.add_column(sa.Column("symbol", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("issue") as batch_op:
        batch_op.alter_column("symbol", existing_type=sa.Text(), server_default=None)
    op.create_index(
        "ix_code_fact_path", "code_fact", ["project_id", "path"], sqlite_where=_NAMED, postgresql_where=_NAMED
    )


def downgrade() -> None:
    op.drop_index("ix_code_fact_path", "code_fact")
    with op.batch_alter_table("issue") as batch_op:
        batch_op.drop_column("symbol")


_NAMED = sa.text("path <> ''")
