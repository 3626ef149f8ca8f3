"""Patterns of code: what is put in the place of what, where it was seen, and where it applies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sigma_core.database import UTCDateTime

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "code_pattern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=True),
        sa.Column("globs", json, nullable=False),
        sa.Column("imports", json, nullable=False),
        sa.Column("python", sa.Integer(), nullable=True),
        sa.Column("configuration", json, nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("prior_successes", sa.Float(), nullable=False),
        sa.Column("prior_failures", sa.Float(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=True),
        sa.Column("imported_at", UTCDateTime(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_pattern_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_pattern")),
        sa.UniqueConstraint("project_id", "digest", name=op.f("uq_code_pattern_project_id_digest")),
    )
    op.create_table(
        "pattern_sighting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pattern_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pattern_id"],
            ["code_pattern.id"],
            name=op.f("fk_pattern_sighting_pattern_id_code_pattern"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pattern_sighting")),
        sa.UniqueConstraint(
            "pattern_id",
            "kind",
            "ref",
            "path",
            "line",
            name=op.f("uq_pattern_sighting_pattern_id_kind_ref_path_line"),
        ),
    )
    op.create_index("ix_pattern_sighting_kind_ref", "pattern_sighting", ["kind", "ref"])
    op.create_table(
        "pattern_reading",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_pattern_reading_project_id_project")),
        sa.PrimaryKeyConstraint("project_id", "kind", "ref", name=op.f("pk_pattern_reading")),
    )


def downgrade() -> None:
    for name in ("pattern_reading", "pattern_sighting", "code_pattern"):
        op.drop_table(name)
