"""What a decision rests on, as digests: what is taken away or altered later is noticed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("decision", sa.Column("seal", kind, nullable=True))


def downgrade() -> None:
    op.drop_column("decision", "seal")
