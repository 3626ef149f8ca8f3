"""Prompts: templates, versions, labels and their moves, tests and results, canaries; a counter of changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "change_counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "prompt_label_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("from_template", sa.Integer(), nullable=True),
        sa.Column("from_number", sa.Integer(), nullable=True),
        sa.Column("to_template", sa.Integer(), nullable=True),
        sa.Column("to_number", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("overridden", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_label_moves")),
    )
    with op.batch_alter_table("prompt_label_moves", schema=None) as batch_op:
        batch_op.create_index("ix_prompt_label_moves_slot", ["worker", "type", "label"], unique=False)

    op.create_table(
        "prompt_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=True),
        sa.Column("archived_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_templates")),
        sa.UniqueConstraint("worker", "type", "name", name=op.f("uq_prompt_templates_worker_type_name")),
    )
    op.create_table(
        "prompt_canaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("baseline_template", sa.Integer(), nullable=False),
        sa.Column("baseline_number", sa.Integer(), nullable=False),
        sa.Column("candidate_template", sa.Integer(), nullable=False),
        sa.Column("candidate_number", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("most_share", sa.Float(), nullable=False),
        sa.Column("calls_then", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("most_calls", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("verdict", sa.String(length=2000), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["baseline_template"],
            ["prompt_templates.id"],
            name=op.f("fk_prompt_canaries_baseline_template_prompt_templates"),
        ),
        sa.ForeignKeyConstraint(
            ["candidate_template"],
            ["prompt_templates.id"],
            name=op.f("fk_prompt_canaries_candidate_template_prompt_templates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_canaries")),
    )
    with op.batch_alter_table("prompt_canaries", schema=None) as batch_op:
        batch_op.create_index(
            "uq_prompt_canaries_running",
            ["worker", "type"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "prompt_tests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("view", sa.String(length=40), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("assertions", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["prompt_templates.id"],
            name=op.f("fk_prompt_tests_template_id_prompt_templates"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_tests")),
        sa.UniqueConstraint("template_id", "name", name=op.f("uq_prompt_tests_template_id_name")),
    )
    op.create_table(
        "prompt_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("included", sa.JSON(), nullable=False),
        sa.Column("included_from", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["prompt_templates.id"], name=op.f("fk_prompt_versions_template_id_prompt_templates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_versions")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_prompt_versions_template_id_number")),
    )
    op.create_table(
        "prompt_labels",
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("moved_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id", "number"],
            ["prompt_versions.template_id", "prompt_versions.number"],
            name=op.f("fk_prompt_labels_template_id_number_prompt_versions"),
        ),
        sa.PrimaryKeyConstraint("worker", "type", "label", name=op.f("pk_prompt_labels")),
    )
    with op.batch_alter_table("prompt_labels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompt_labels_template_id"), ["template_id"], unique=False)

    op.create_table(
        "prompt_validations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("test_digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.String(length=500), nullable=True),
        sa.Column("failures", sa.JSON(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["prompt_templates.id"],
            name=op.f("fk_prompt_validations_template_id_prompt_templates"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["prompt_tests.id"],
            name=op.f("fk_prompt_validations_test_id_prompt_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_validations")),
    )
    with op.batch_alter_table("prompt_validations", schema=None) as batch_op:
        batch_op.create_index("ix_prompt_validations_of", ["template_id", "number", "model"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("prompt_validations", schema=None) as batch_op:
        batch_op.drop_index("ix_prompt_validations_of")

    op.drop_table("prompt_validations")
    with op.batch_alter_table("prompt_labels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_prompt_labels_template_id"))

    op.drop_table("prompt_labels")
    op.drop_table("prompt_versions")
    op.drop_table("prompt_tests")
    with op.batch_alter_table("prompt_canaries", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_prompt_canaries_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.drop_table("prompt_canaries")
    op.drop_table("prompt_templates")
    with op.batch_alter_table("prompt_label_moves", schema=None) as batch_op:
        batch_op.drop_index("ix_prompt_label_moves_slot")

    op.drop_table("prompt_label_moves")
    op.drop_table("change_counter")
