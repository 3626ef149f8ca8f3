"""A project may be a folder of a repository."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("project", sa.Column("folder", sa.String(4096), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("project", "folder")
