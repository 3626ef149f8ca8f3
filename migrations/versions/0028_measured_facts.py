"""Since when the code has an issue, and which test executes which function."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "issue_life",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("since_commit", sa.String(length=64), nullable=False),
        sa.Column("since_at", UTCDateTime(), nullable=False),
        sa.Column("is_since_known", sa.Boolean(), nullable=False),
        sa.Column("until_commit", sa.String(length=64), nullable=True),
        sa.Column("until_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_life_issue_id_issue")),
        sa.ForeignKeyConstraint(["entity_id"], ["code_entity.id"], name=op.f("fk_issue_life_entity_id_code_entity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_life")),
    )
    op.create_index("ix_issue_life_issue_id", "issue_life", ["issue_id"])
    op.create_table(
        "code_measurement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("commit", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_measurement_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_measurement")),
        sa.UniqueConstraint(
            "project_id", "commit", "digest", name=op.f("uq_code_measurement_project_id_commit_digest")
        ),
    )
    op.create_table(
        "code_coverage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("function_id", sa.Integer(), nullable=False),
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("since_id", sa.Integer(), nullable=False),
        sa.Column("until_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_coverage_project_id_project")),
        sa.ForeignKeyConstraint(
            ["function_id"], ["code_entity.id"], name=op.f("fk_code_coverage_function_id_code_entity")
        ),
        sa.ForeignKeyConstraint(["test_id"], ["code_entity.id"], name=op.f("fk_code_coverage_test_id_code_entity")),
        sa.ForeignKeyConstraint(
            ["since_id"], ["code_measurement.id"], name=op.f("fk_code_coverage_since_id_code_measurement")
        ),
        sa.ForeignKeyConstraint(
            ["until_id"], ["code_measurement.id"], name=op.f("fk_code_coverage_until_id_code_measurement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_coverage")),
    )
    op.create_index("ix_code_coverage_project_id_until_id", "code_coverage", ["project_id", "until_id"])
    op.create_index("ix_code_coverage_since_id", "code_coverage", ["since_id"])
    op.create_index("ix_code_coverage_test_id", "code_coverage", ["test_id"])


def downgrade() -> None:
    for name in ("code_coverage", "code_measurement", "issue_life"):
        op.drop_table(name)
