"""Two runs side by side: metrics, what was asked otherwise, what only one of them found."""

from collections.abc import Iterable, Sequence

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.signs import Tone, chip
from sigma_core.console.experiments import findings
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.experiments.run_comparison import Comparison, MetricChange

_VERDICTS: dict[str, Tone] = {"better": "ok", "worse": "warn", "same": "off", "not comparable": "wait"}


def draw(first: int, second: int) -> None:
    """The card. Raises `NotFound`, and `Conflict` where one of them found nothing."""
    found = session.system().experiments.strategy_runs.record.compare(first, second)
    body = join(_metrics(found), _parameters(found), _only(found))
    widgets.draw(card(f"Run {second} beside run {first}", body, aside=found.second.strategy.replace("_", " ")))


def _metrics(found: Comparison) -> Html:
    names = ("Metric", f"Run {found.first.id}", f"Run {found.second.id}", "Difference", f"Run {found.second.id} is")
    head = element("tr", *(element("th", name, cls="sg-right" if 0 < at < 4 else "") for at, name in enumerate(names)))
    return element("table", head, *map(_metric, found.metrics), cls="sg-table")


def _metric(each: MetricChange) -> Html:
    change = "n/a" if each.difference is None else words.signed(each.difference, "{:.3f}")
    cells = (findings.figure(each.first), findings.figure(each.second), change)
    return element(
        "tr",
        element("td", words.headed(each.name.replace("_", " ")), cls="sg-strong sg-fit"),
        *(element("td", cell, cls="sg-right") for cell in cells),
        element("td", chip(each.verdict, _VERDICTS.get(each.verdict, "wait"))),
    )


def _parameters(found: Comparison) -> Html:
    if not found.parameters:
        return div("Both were asked the same.", cls="sg-quiet")
    said = (
        f"{name.replace('_', ' ')} {findings.cell(one)} → {findings.cell(other)}"
        for name, (one, other) in found.parameters.items()
    )
    return div("Asked otherwise: ", ", ".join(said), cls="sg-quiet")


def _only(found: Comparison) -> Html:
    sides = ((found.only_first, found.first.id), (found.only_second, found.second.id))
    return div(*(_names(names, number) for names, number in sides if names))


def _names(names: Sequence[str], number: int | None) -> Html:
    return div(span(f"Only in run {number}: ", cls="sg-muted"), _listed(names))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
