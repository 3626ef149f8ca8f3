"""What the calls of one prompt cost, how long they took and how often they succeeded, version beside version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.markup import Html, div
from sigma_core.console.usage import daily, figures, usage_table
from sigma_core.llm.ledger import Rollup, UsageTotal, total_of, totals
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.playground import APART
from sigma_core.prompts.tables import BUILT_IN, PromptTemplate

FROM_FILE = 0
"""The template of calls that were answered with the file that ships, while the store was away."""


def draw(prompt: Whole) -> None:
    """The tab."""
    period = st.pills(
        "Period",
        list(figures.PERIODS),
        default="30 days",
        required=True,
        key="prompt-days",
        label_visibility="collapsed",
    )
    system, today = session.system(), session.now().date()
    since = today - timedelta(days=figures.PERIODS[period or "30 days"] - 1)
    rollups = of(prompt.template, system.llm.usage.merged(since, today, session.project_id(), prompt.template.slot))
    if not rollups:
        _teach(prompt, period or "30 days")
        return
    by_day, versions = totals(rollups, ("day",)), totals(rollups, ("version",))
    widgets.draw(figures.tiles(total_of(rollups), by_day))
    course = list(daily.each_day(by_day, since, today))
    left, right = st.columns(2, gap="small")
    for place, chart in (
        (left, daily.amounts(course)),
        (right, daily.latencies(course)),
    ):
        with place, st.container(border=True):
            widgets.draw(card_title(chart.title))
            widgets.chart(chart, 200, f"prompt-{chart.title}")
    names = _names(prompt)
    named = [replace(each, key={"version": _called(each.key["version"], names)}) for each in versions]
    usage_table.draw(named, "version", f"{period or '30 days'}", _advice(named))


def of(template: PromptTemplate, rollups: Sequence[Rollup]) -> list[Rollup]:
    """The rollups of a template among those of its slot, without those of tests and of the playground.

    To the one that ships belong those of its file, which stands in for it.
    """
    ids = {template.id, FROM_FILE} if template.name == BUILT_IN else {template.id}
    return [each for each in rollups if each.template_id in ids and each.label not in APART]


def _names(prompt: Whole) -> dict[str, str]:
    """What people call a version, by the name that usage has for it."""
    labels = {number: f" · {name}" for name, number in reversed(prompt.labels.items())}
    numbers = [each.number for each in prompt.versions]
    return {prompt.template.version_name(number): f"v{number}{labels.get(number, '')}" for number in numbers}


def _called(version: str, names: Mapping[str, str]) -> str:
    name = version.rpartition("@")[2]
    return names.get(name, f"{name}, from its file")


def _advice(versions: Sequence[UsageTotal]) -> Html | None:
    if len(versions) < 2:
        return None
    said = "Where the intervals of two versions overlap, the difference may be chance; a canary decides such a case."
    return div(said, cls="sg-quiet")


def _teach(prompt: Whole, period: str) -> None:
    widgets.empty_state(
        f"No calls in {period}",
        f"{words.headed(prompt.template.worker)} asks this prompt while it works. Its next cycle makes the first "
        "calls, answered by a model server or, without one, by the offline rules.",
        f"sigma run --worker {prompt.template.worker}",
    )
