"""For how many commits of the main line what was seen of a pattern has stood; learning's next cycle looks that up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Until then all counts as it did
    with op.batch_alter_table("pattern_sighting") as sightings:
        sightings.add_column(sa.Column("stood", sa.Integer(), nullable=False, server_default="100"))
    with op.batch_alter_table("pattern_sighting") as sightings:
        sightings.alter_column("stood", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    op.drop_column("pattern_sighting", "stood")
