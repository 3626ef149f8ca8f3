"""What model calls cost, how long they take and how often they succeed, by any dimension (?by=Model&days=7 days)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

import streamlit as st

from sigma_core.console import actions, session, widgets
from sigma_core.console.charts import Chart
from sigma_core.console.components.blocks import card, card_title
from sigma_core.console.cost import budgets, forms, period
from sigma_core.console.table import filters
from sigma_core.console.usage import daily, figures, usage_table
from sigma_core.llm.ledger import Dimension, spread, total_of, totals
from sigma_core.proposals.costs import Fixes

system = session.system()
today = session.now().date()


def chosen() -> tuple[date, date, Dimension]:
    with st.container(horizontal=True, vertical_alignment="center"):
        first, last = period.chosen(today)
        by = filters.pills("By", list(figures.BY), "Template", "by")
    return first, last, cast("Dimension", figures.BY[by])


def charts(course: Sequence[daily.Day], amounts: Chart) -> None:
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch"):
        widgets.draw(card_title(amounts.title))
        draw(amounts)
        if until == today and (month := system.llm.usage.forecast(today, project_id)):
            widgets.note(figures.ahead(month, limit, total.unpriced))
    with right, st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            widgets.draw(card_title("Latency"))
            is_spread = filters.pills("Latency", ["By day", "Spread"], "By day", "latency") == "Spread"
        draw(daily.spread(total, spread(rollups)) if is_spread else daily.latencies(course))


def draw(chart: Chart) -> None:
    widgets.chart(chart, 260, chart.title)
    widgets.note(chart.finding)


heading = st.container()
since, until, by = chosen()
days = (until - since).days + 1
project_id = session.project_id()
rollups = system.llm.usage.merged(since, until, project_id)
before = system.llm.usage.merged(since - timedelta(days=days), since - timedelta(days=1), project_id)
total, statuses, list_model = total_of(rollups), system.llm.budgets.statuses(), system.llm.prices.list_model
rows = totals(rollups, (by,))
with heading:
    widgets.head(
        figures.head(
            total,
            statuses,
            days,
            figures.against(rollups, before, days),
        ),
        lambda: st.download_button(
            "Export CSV",
            figures.as_csv(rows),
            file_name=f"usage-by-{by}.csv",
            mime="text/csv",
            key="export",
            disabled=not rows,
        ),
    )
if total.calls:
    by_day = totals(rollups, ("day",))
    course = list(daily.each_day(by_day, since, until))
    # Fixes are counted up to now: of a time that is over one cannot say what each cost
    fixes = system.proposals.fixes_since(since, project_id) if until == today else Fixes(0, 0)
    widgets.draw(figures.tiles(total, by_day, fixes))
    limit = budgets.of_a_day(statuses) if project_id is None else None
    if by == "day":
        charts(course, daily.amounts(course))
    else:
        each = [since + timedelta(days=number) for number in range(days)]
        charts(course, daily.divided(rollups, by, each, limit))
    usage_table.draw(rows, by, f"days in UTC, list price of {list_model}")
else:
    actions.nothing_yet(
        "No model calls yet",
        "Workers ask a model while they work; without a model server the offline rules answer and are counted too",
    )
widgets.draw(card("Budgets", budgets.budgets(statuses), aside="of all projects"))
forms.buttons(statuses)
