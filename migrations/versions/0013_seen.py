"""What a person saw when deciding a proposal."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("decision", sa.Column("seen", PortableJSON(), nullable=True))


def downgrade() -> None:
    # Not as a batch: that would make the table anew, and learned decisions point to its rows
    op.drop_column("decision", "seen")
