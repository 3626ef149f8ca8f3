"""What model calls cost, how long they take and how often they succeed, by any dimension (?by=Model&days=7 days)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.components.blocks import card
from sigma_core.console.cost import budgets, daily, figures, forms, usage_table
from sigma_core.console.markup import span
from sigma_core.llm.ledger import Dimension, total_of, totals

system = session.system()
today = session.now().date()


def chosen() -> tuple[int, Dimension]:
    with st.container(horizontal=True, vertical_alignment="center"):
        period = st.pills(
            "Period",
            list(figures.PERIODS),
            default="30 days",
            required=True,
            key="days",
            label_visibility="collapsed",
            bind="query-params",
        )
        by = st.pills(
            "By",
            list(figures.BY),
            default="Template",
            required=True,
            key="by",
            label_visibility="collapsed",
            bind="query-params",
        )
    return figures.PERIODS[period or "30 days"], cast("Dimension", figures.BY[by or "Template"])


def charts(course: Sequence[daily.Day]) -> None:
    left, right = st.columns(2, gap="small")
    amounts, latencies = (draw(course) for draw in (daily.amounts, daily.latencies))
    for place, chart in ((left, amounts), (right, latencies)):
        with place, st.container(border=True):
            widgets.draw(span(chart.title, cls="sg-card-title"))
            widgets.chart(chart, 240, chart.title)


heading = st.container()
days, by = chosen()
since = today - timedelta(days=days - 1)
project_id = session.project_id()
rollups = system.llm.usage.rollups(since, today, project_id)
total, statuses, list_model = total_of(rollups), system.llm.budgets.statuses(), system.llm.prices.list_model
rows = totals(rollups, (by,))
with heading:
    widgets.head(
        figures.head(total, statuses, days, list_model, system.proposals.fixes_since(since, project_id)),
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
    course = list(daily.each_day(by_day, since, today))
    widgets.draw(figures.tiles(total, by_day, list_model))
    charts(course)
    usage_table.draw(rows, by, "days in UTC")
else:
    widgets.empty_state(
        "No model calls yet",
        "Workers ask a model while they work; without a model server the offline rules answer and are counted too. "
        "The first cycle makes the first calls.",
        "sigma run",
    )
widgets.draw(card("Budgets", budgets.budgets(statuses), aside="of all projects"))
forms.buttons(statuses)
