"""What usage is added up in, prices, budgets, and how model servers do. Calls recorded so far are added up."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime
from sigma_core.llm import histogram

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("nano_usd_per_day", sa.BigInteger(), nullable=False),
        sa.Column("on_reach", sa.String(length=10), nullable=False),
        sa.Column("degrade_to", sa.String(length=120), nullable=True),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
        sa.UniqueConstraint("scope", name=op.f("uq_budget_scope")),
    )
    op.create_table(
        "model_health",
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", UTCDateTime(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model_health")),
    )
    op.create_table(
        "model_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("input_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("output_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("cached_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_price")),
        sa.UniqueConstraint("model", "valid_from", name=op.f("uq_model_price_model_valid_from")),
    )
    op.create_table(
        "prompt_analytics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("prompt", sa.String(length=120), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("unpriced", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("list_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("latency_ms", sa.BigInteger(), nullable=False),
        sa.Column("latencies", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_analytics")),
        sa.UniqueConstraint(
            "day", "prompt", "template_id", "version", "label", "model", "worker", name="uq_prompt_analytics_key"
        ),
    )
    op.create_table(
        "budget_day",
        sa.Column("budget_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("spent_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("reserved_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.Column("degraded", sa.Integer(), nullable=False),
        sa.Column("reached_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_day_budget_id_budget"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "day", name=op.f("pk_budget_day")),
    )
    op.create_table(
        "budget_reservation",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("budget_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_reservation_budget_id_budget"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "budget_id", name=op.f("pk_budget_reservation")),
    )
    with op.batch_alter_table("budget_reservation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_budget_reservation_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("prompt_usage", schema=None) as batch_op:
        batch_op.add_column(sa.Column("template_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("version_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("label", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("list_nano_usd", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("error_kind", sa.String(length=40), nullable=True))
        batch_op.alter_column(
            "cost_nano_usd", existing_type=sa.INTEGER(), type_=sa.BigInteger(), existing_nullable=True
        )
        batch_op.drop_index(batch_op.f("ix_prompt_usage_day"))
        batch_op.drop_index(batch_op.f("ix_prompt_usage_worker"))
    _add_up(op.get_bind())


def _add_up(connection: sa.Connection) -> None:
    tables = sa.MetaData()
    usage = sa.Table("prompt_usage", tables, autoload_with=connection)
    analytics = sa.Table("prompt_analytics", tables, autoload_with=connection)
    sums: dict[Sequence[Any], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in connection.execute(sa.select(usage).execution_options(yield_per=5000)):
        group = sums[row.day, row.prompt, row.version, row.model, row.worker]
        group["calls"] += 1
        group["failures"] += not row.success
        group["unpriced"] += row.cost_nano_usd is None
        for name in ("input_tokens", "output_tokens", "cached_tokens", "cost_nano_usd", "latency_ms"):
            group[name] += getattr(row, name) or 0
        group["latencies"] += histogram.one(row.latency_ms)
    names = ("day", "prompt", "version", "model", "worker")
    for key, group in sums.items():
        packed = histogram.pack(group.pop("latencies"))
        values = dict(zip(names, key, strict=True)) | {"template_id": 0, "label": "", "list_nano_usd": 0}
        connection.execute(analytics.insert().values(**values, **group, latencies=packed))


def downgrade() -> None:
    with op.batch_alter_table("prompt_usage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompt_usage_worker"), ["worker"], unique=False)
        batch_op.create_index(batch_op.f("ix_prompt_usage_day"), ["day"], unique=False)
        batch_op.alter_column(
            "cost_nano_usd", existing_type=sa.BigInteger(), type_=sa.INTEGER(), existing_nullable=True
        )
        batch_op.drop_column("error_kind")
        batch_op.drop_column("list_nano_usd")
        batch_op.drop_column("label")
        batch_op.drop_column("version_number")
        batch_op.drop_column("template_id")

    with op.batch_alter_table("budget_reservation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_budget_reservation_expires_at"))

    op.drop_table("budget_reservation")
    op.drop_table("budget_day")
    op.drop_table("prompt_analytics")
    op.drop_table("model_price")
    op.drop_table("model_health")
    op.drop_table("budget")
