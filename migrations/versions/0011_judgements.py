"""What was judged of an issue at its place, and for which issues a pattern holds."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("found_severity", sa.String(length=10), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("priority", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("judgement", PortableJSON(), nullable=True))
        batch_op.add_column(sa.Column("to_judge", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE issue SET found_severity = severity")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.alter_column("found_severity", existing_type=sa.String(length=10), server_default=None)
        batch_op.alter_column("to_judge", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("learned_pattern", schema=None) as batch_op:
        batch_op.add_column(sa.Column("applicability", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("learned_pattern", schema=None) as batch_op:
        batch_op.drop_column("applicability")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_column("to_judge")
        batch_op.drop_column("judgement")
        batch_op.drop_column("priority")
        batch_op.drop_column("found_severity")
