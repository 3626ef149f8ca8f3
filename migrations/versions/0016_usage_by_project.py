"""Usage is added up by project too."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from sigma_core.llm import histogram

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNIQUE = "uq_prompt_analytics_key"
KEY = ("day", "prompt", "template_id", "version", "label", "model", "worker")
ABSENT = {"template_id": 0, "label": "", "project_id": 0}
SUMS = ("input_tokens", "output_tokens", "cached_tokens", "cost_nano_usd", "list_nano_usd", "latency_ms")


def upgrade() -> None:
    with op.batch_alter_table("prompt_analytics") as analytics:
        analytics.add_column(sa.Column("project_id", sa.Integer(), nullable=False, server_default="0"))
        analytics.drop_constraint(UNIQUE, type_="unique")
        analytics.create_unique_constraint(UNIQUE, [*KEY, "project_id"])
    with op.batch_alter_table("prompt_analytics") as analytics:
        analytics.alter_column("project_id", existing_type=sa.Integer(), server_default=None)
    _add_up(op.get_bind(), (*KEY, "project_id"))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM prompt_analytics"))
    with op.batch_alter_table("prompt_analytics") as analytics:
        analytics.drop_constraint(UNIQUE, type_="unique")
        analytics.create_unique_constraint(UNIQUE, list(KEY))
        analytics.drop_column("project_id")
    _add_up(op.get_bind(), KEY)


def _add_up(connection: sa.Connection, names: Sequence[str]) -> None:
    """Make the sums from the recorded calls, which are all there."""
    tables = sa.MetaData()
    usage = sa.Table("prompt_usage", tables, autoload_with=connection)
    analytics = sa.Table("prompt_analytics", tables, autoload_with=connection)
    connection.execute(analytics.delete())
    groups: dict[Sequence[Any], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in connection.execute(sa.select(usage).execution_options(yield_per=5000)).mappings():
        group = groups[tuple(ABSENT[name] if row[name] is None else row[name] for name in names)]
        group["calls"] += 1
        group["failures"] += not row["success"]
        group["unpriced"] += row["cost_nano_usd"] is None
        for name in SUMS:
            group[name] += row[name] or 0
        group["latencies"] += histogram.one(row["latency_ms"])
    for key, group in groups.items():
        packed = histogram.pack(group.pop("latencies"))
        connection.execute(analytics.insert().values(**dict(zip(names, key, strict=True)), **group, latencies=packed))
