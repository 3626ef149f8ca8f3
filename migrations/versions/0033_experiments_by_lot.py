"""Experiments by lot: arms, shares, units that drew one, and what tunables are set to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON, UTCDateTime

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EMPTY = (("terms", "{}"), ("arms", "[]"), ("shares", "[]"), ("spent", "{}"))
OPTIONAL = ("tunable", "promoted_arm", "watched_from", "started_at", "ended_at")


def upgrade() -> None:
    for name, empty in EMPTY:
        op.add_column("experiment", sa.Column(name, PortableJSON(), nullable=False, server_default=empty))
    op.add_column("experiment", sa.Column("allocating", sa.Boolean(), nullable=False, server_default=sa.false()))
    kinds = (sa.String(80), sa.Integer(), sa.Integer(), UTCDateTime(), UTCDateTime())
    for name, kind in zip(OPTIONAL, kinds, strict=True):
        op.add_column("experiment", sa.Column(name, kind, nullable=True))
    op.create_index("ix_experiment_tunable", "experiment", ["tunable"])
    op.create_index("ix_experiment_allocating", "experiment", ["allocating"])
    op.create_table(
        "experiment_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("arm", sa.Integer(), nullable=False),
        sa.Column("shares", PortableJSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.Float(), nullable=True),
        sa.Column("assigned_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiment.id"], name=op.f("fk_experiment_unit_experiment_id_experiment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment_unit")),
        sa.UniqueConstraint("experiment_id", "unit", name=op.f("uq_experiment_unit_experiment_id_unit")),
    )
    op.create_index("ix_experiment_unit_experiment_id_state", "experiment_unit", ["experiment_id", "state"])
    op.create_table(
        "tunable_value",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("setting", PortableJSON(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiment.id"], name=op.f("fk_tunable_value_experiment_id_experiment")
        ),
        sa.PrimaryKeyConstraint("name", "scope", name=op.f("pk_tunable_value")),
    )


def downgrade() -> None:
    op.drop_table("tunable_value")
    op.drop_table("experiment_unit")
    op.drop_index("ix_experiment_allocating", "experiment")
    op.drop_index("ix_experiment_tunable", "experiment")
    with op.batch_alter_table("experiment") as experiment:
        for name in ("allocating", *OPTIONAL, *(name for name, _ in EMPTY)):
            experiment.drop_column(name)
