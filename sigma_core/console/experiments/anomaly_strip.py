"""How far each anomaly is from the others: a strip of dots by their scores; a click leads to the entity."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from sigma_core.console import charts, widgets, words
from sigma_core.console.charts import Chart, Dot
from sigma_core.console.components.blocks import card_title
from sigma_core.console.experiments import findings

FEWEST = 2
_WANTED = "anomaly-strip.wanted"


def draw(result: Mapping[str, Any], key: str) -> None:
    """The card; nothing of fewer than two."""
    found: Sequence[Mapping[str, Any]] = result.get("found") or []
    if len(found) < FEWEST:
        return
    drawn = strip(result, found)

    def want(place: int) -> None:
        st.session_state[_WANTED] = found[place]["uuid"]

    with st.container(border=True, gap="small"):
        widgets.draw(card_title(drawn.title))
        widgets.chart(drawn, 260, key, want)
        widgets.note(f"{drawn.finding} A click on a dot goes to it in the graph.")
    if (entity := st.session_state.pop(_WANTED, None)) is not None:
        widgets.open_page("graph", entity=entity)


def strip(result: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> Chart:
    """Two anomalies or more, the oddest first. Runs of earlier releases have neither a threshold nor others."""
    others: Sequence[float] = result.get("others") or []
    dots = [Dot(each["name"], each["score"], _said(each)) for each in found]
    figure = charts.strip(dots, others, scale="score: more is odder")
    threshold = result.get("threshold")
    if threshold is not None:
        name = f"odd from {_score(threshold)}"
        charts.add_threshold(figure, threshold, name, before=len(others) > len(dots))
    return Chart("How odd each one is", figure, _finding(result, dots, len(others)))


def _said(anomaly: Mapping[str, Any]) -> Sequence[str]:
    kind = anomaly.get("anomaly")
    head = f"{anomaly['name']}: {kind}" if kind else anomaly["name"]
    return (head, f"score {_score(anomaly['score'])}", *anomaly.get("because", ()))


def _score(value: float) -> str:
    return words.count(round(value)) if value >= 100 else findings.figure(value)


def _finding(result: Mapping[str, Any], dots: Sequence[Dot], others: int) -> str:
    first, second = dots[:2]
    ahead = "as odd as" if first.value == second.value else "odder than"
    said = (
        f"“{first.name}” scores {_score(first.value)} and is {ahead} the next one, “{second.name}”, "
        f"with {_score(second.value)}."
    )
    unseen = result["anomalies"] - len(dots)
    cut = f" The {words.count(len(dots))} oddest of {words.count(result['anomalies'])} are drawn." if unseen > 0 else ""
    usual = result["entities"] - result["anomalies"]
    part = f"{words.count(others)} of the {words.count(usual)}" if usual > others else f"the {words.count(others)}"
    return f"{said}{cut} Grey: {part} that do not stand out." if others else f"{said}{cut}"
