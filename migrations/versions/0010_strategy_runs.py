"""Experiments and the runs of strategies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PackedJSON, PortableJSON, UTCDateTime

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "experiment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("hypothesis", sa.String(length=2000), nullable=False),
        sa.Column("approach", sa.String(length=2000), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("risk", sa.String(length=20), nullable=False),
        sa.Column("rollback_plan", sa.String(length=2000), nullable=False),
        sa.Column("baseline", PortableJSON(), nullable=False),
        sa.Column("result", PortableJSON(), nullable=False),
        sa.Column("improvement", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("standing", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_experiment_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("scope", "name", name=op.f("uq_experiment_scope_name")),
    )
    op.create_index(op.f("ix_experiment_worker"), "experiment", ["worker"], unique=False)

    op.create_table(
        "strategy_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(length=80), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("experiment_id", sa.Integer(), nullable=True),
        sa.Column("rerun_of", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("parameters", PortableJSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.String(length=300), nullable=True),
        sa.Column("graph_version", sa.String(length=80), nullable=True),
        sa.Column("metrics", PortableJSON(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("result", PackedJSON(), nullable=True),
        sa.Column("entities", PackedJSON(), nullable=False),
        sa.Column("cut", sa.String(length=500), nullable=True),
        sa.Column("error", sa.String(length=8000), nullable=True),
        sa.Column("saved", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=True),
        sa.Column("useful", sa.Boolean(), nullable=True),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("queued_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiment.id"], name=op.f("fk_strategy_run_experiment_id_experiment")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_strategy_run_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_run")),
    )
    op.create_index("ix_strategy_run_digest_id", "strategy_run", ["digest", "id"], unique=False)
    op.create_index(op.f("ix_strategy_run_experiment_id"), "strategy_run", ["experiment_id"], unique=False)
    op.create_index("ix_strategy_run_project_id_id", "strategy_run", ["project_id", "id"], unique=False)
    op.create_index("ix_strategy_run_status_id", "strategy_run", ["status", "id"], unique=False)
    op.create_index("ix_strategy_run_strategy_id", "strategy_run", ["strategy", "id"], unique=False)
    op.create_index("ix_strategy_run_worker_strategy_id", "strategy_run", ["worker", "strategy", "id"], unique=False)
    op.create_index(
        "uq_strategy_run_queued",
        "strategy_run",
        ["digest"],
        unique=True,
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    )


def downgrade() -> None:
    op.drop_table("strategy_run")
    op.drop_table("experiment")
