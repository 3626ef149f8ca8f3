"""What one project asks of evidence, other than all."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("project", sa.Column("noticed_share", sa.Float(), nullable=True))
    op.add_column("project", sa.Column("no_difference_suffices", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("project", "no_difference_suffices")
    op.drop_column("project", "noticed_share")
