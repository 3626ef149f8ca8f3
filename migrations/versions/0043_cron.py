"""When a job runs may be told by a cron expression instead of an interval."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("job", sa.Column("cron", sa.String(120), nullable=True))


def downgrade() -> None:
    op.drop_column("job", "cron")
