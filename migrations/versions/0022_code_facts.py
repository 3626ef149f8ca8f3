"""Facts about the code under care, over its history."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "code_commit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("commit", sa.String(length=64), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_commit_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_commit")),
        sa.UniqueConstraint("project_id", "commit", name=op.f("uq_code_commit_project_id_commit")),
    )
    op.create_table(
        "code_entity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_entity_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_entity")),
        sa.UniqueConstraint("project_id", "digest", name=op.f("uq_code_entity_project_id_digest")),
    )
    op.create_table(
        "code_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("predicate", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Float(), nullable=False),
        sa.Column("since_id", sa.Integer(), nullable=False),
        sa.Column("is_older", sa.Boolean(), nullable=False),
        sa.Column("until_id", sa.Integer(), nullable=True),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_fact_project_id_project")),
        sa.ForeignKeyConstraint(["subject_id"], ["code_entity.id"], name=op.f("fk_code_fact_subject_id_code_entity")),
        sa.ForeignKeyConstraint(["object_id"], ["code_entity.id"], name=op.f("fk_code_fact_object_id_code_entity")),
        sa.ForeignKeyConstraint(["since_id"], ["code_commit.id"], name=op.f("fk_code_fact_since_id_code_commit")),
        sa.ForeignKeyConstraint(["until_id"], ["code_commit.id"], name=op.f("fk_code_fact_until_id_code_commit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_fact")),
    )
    op.create_index("ix_code_fact_object_id", "code_fact", ["object_id"])
    op.create_index("ix_code_fact_project_id_until_id", "code_fact", ["project_id", "until_id"])
    op.create_index("ix_code_fact_since_id", "code_fact", ["since_id"])
    op.create_table(
        "code_reading",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("newest_id", sa.Integer(), nullable=False),
        sa.Column("oldest_id", sa.Integer(), nullable=False),
        sa.Column("commits", sa.Integer(), nullable=False),
        sa.Column("of_commits", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_reading_project_id_project")),
        sa.ForeignKeyConstraint(["newest_id"], ["code_commit.id"], name=op.f("fk_code_reading_newest_id_code_commit")),
        sa.ForeignKeyConstraint(["oldest_id"], ["code_commit.id"], name=op.f("fk_code_reading_oldest_id_code_commit")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_code_reading")),
    )


def downgrade() -> None:
    for table in ("code_reading", "code_fact", "code_entity", "code_commit"):
        op.drop_table(table)
