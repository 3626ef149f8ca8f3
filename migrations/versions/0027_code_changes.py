"""Who changed what over the history of the code under care, and what follows from it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("code_commit", sa.Column("is_read", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("code_commit") as batch:
        batch.alter_column("is_read", server_default=None)
    op.create_table(
        "code_change",
        sa.Column("commit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_fix", sa.Boolean(), nullable=False),
        sa.Column("reverts", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=True),
        sa.Column("undoes", sa.String(length=32), nullable=True),
        sa.Column("parts_read", sa.Boolean(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["commit_id"], ["code_commit.id"], name=op.f("fk_code_change_commit_id_code_commit")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_change_project_id_project")),
        sa.ForeignKeyConstraint(["author_id"], ["code_entity.id"], name=op.f("fk_code_change_author_id_code_entity")),
        sa.PrimaryKeyConstraint("commit_id", name=op.f("pk_code_change")),
    )
    op.create_index("ix_code_change_project_id_digest", "code_change", ["project_id", "digest"])
    op.create_index("ix_code_change_project_id_undoes", "code_change", ["project_id", "undoes"])
    op.create_table(
        "code_touch",
        sa.Column("commit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entity_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["commit_id"], ["code_commit.id"], name=op.f("fk_code_touch_commit_id_code_commit")),
        sa.ForeignKeyConstraint(["entity_id"], ["code_entity.id"], name=op.f("fk_code_touch_entity_id_code_entity")),
        sa.PrimaryKeyConstraint("commit_id", "entity_id", name=op.f("pk_code_touch")),
    )
    op.create_index("ix_code_touch_entity_id", "code_touch", ["entity_id"])
    op.create_table(
        "code_file",
        sa.Column("entity_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("newest_path", sa.Text(), nullable=True),
        sa.Column("oldest_path", sa.Text(), nullable=True),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["code_entity.id"], name=op.f("fk_code_file_entity_id_code_entity")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_file_project_id_project")),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_code_file")),
    )
    op.create_index("ix_code_file_project_id", "code_file", ["project_id"])
    op.create_table(
        "code_association",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("predicate", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("support", sa.Integer(), nullable=False),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.Column("since_at", UTCDateTime(), nullable=False),
        sa.Column("until_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_association_project_id_project")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["code_entity.id"], name=op.f("fk_code_association_subject_id_code_entity")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"], ["code_entity.id"], name=op.f("fk_code_association_object_id_code_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_association")),
        sa.UniqueConstraint(
            "subject_id", "predicate", "object_id", name=op.f("uq_code_association_subject_id_predicate_object_id")
        ),
    )
    op.create_index("ix_code_association_object_id", "code_association", ["object_id"])
    op.create_table(
        "code_change_reading",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest_id", sa.Integer(), nullable=False),
        sa.Column("oldest_id", sa.Integer(), nullable=False),
        sa.Column("commits", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mailmap", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_change_reading_project_id_project")),
        sa.ForeignKeyConstraint(
            ["newest_id"], ["code_commit.id"], name=op.f("fk_code_change_reading_newest_id_code_commit")
        ),
        sa.ForeignKeyConstraint(
            ["oldest_id"], ["code_commit.id"], name=op.f("fk_code_change_reading_oldest_id_code_commit")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_code_change_reading")),
    )


def downgrade() -> None:
    for table in ("code_change_reading", "code_association", "code_file", "code_touch", "code_change"):
        op.drop_table(table)
    op.drop_column("code_commit", "is_read")
