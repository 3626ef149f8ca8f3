"""What the project's configuration says of an issue's rule, and what an operator says of rules."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EVERYWHERE = sa.text("project_id IS NULL")


def upgrade() -> None:
    op.add_column("issue", sa.Column("choice", sa.String(length=12), nullable=True))
    op.create_table(
        "rule_preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_rule_preference_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_preference")),
    )
    op.create_index(
        "uq_rule_preference_everywhere",
        "rule_preference",
        ["rule"],
        unique=True,
        sqlite_where=EVERYWHERE,
        postgresql_where=EVERYWHERE,
    )
    op.create_index("uq_rule_preference_project_id_rule", "rule_preference", ["project_id", "rule"], unique=True)


def downgrade() -> None:
    op.drop_table("rule_preference")
    op.drop_column("issue", "choice")
