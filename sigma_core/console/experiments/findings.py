"""What a strategy found, as people read it: a course, tables of what it names, its metrics. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sigma_core.console import charts, words
from sigma_core.console.charts import Chart
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.experiments.tables import StrategyRun

MOST_ROWS = 25
MOST_NAMES = 6
MOST_COLUMNS = 5
SHORT = 24
_HIDDEN = {"uuid", "group", "valid_at", "invalid_at"}


def course(result: Mapping[str, Any]) -> Chart | None:
    """The series, and the line that fits it, where there is one."""
    series = result.get("series")
    if not isinstance(series, list) or len(series) < 2:
        return None
    hourly = result.get("step") == "hour"
    names = [_moment(at, hourly=hourly) for at, _ in series]
    values = [float(value) for _, value in series]
    counted = str(result.get("counted", "facts"))
    figure = charts.bars(names, values, unit=counted)
    slope = (result.get("trend") or {}).get("slope")
    if isinstance(slope, int | float):
        middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
        fitted = [round(mean + slope * (place - middle), 4) for place in range(len(values))]
        charts.add_line(figure, fitted)
    return Chart(words.headed(counted), figure, f"{words.headed(counted)}, from {values[0]:g} to {values[-1]:g}")


def tables(result: Mapping[str, Any]) -> Iterator[tuple[str, Html, int]]:
    """Every list of things in the result: its name, a table of the first ones, how many there are."""
    for name, found in result.items():
        rows = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
        if rows:
            yield words.headed(name.replace("_", " ")), _table(rows[:MOST_ROWS]), len(rows)


def text(result: Mapping[str, Any]) -> str | None:
    """What is told in sentences."""
    said = result.get("explanation")
    return said if isinstance(said, str) and said else None


def metrics(run: StrategyRun, meanings: Mapping[str, Mapping[str, str]]) -> Html:
    """Each metric with n; what is not available says why."""
    names = ("Metric", "Value", "n", "Better", "What it is")
    head = element("tr", *(element("th", name, cls="sg-right" if 0 < at < 3 else "") for at, name in enumerate(names)))
    rows = (_metric(name, found, meanings.get(name, {})) for name, found in run.metrics.items())
    return element("table", head, *rows, cls="sg-table")


def figure(value: object) -> str:
    """A metric's value."""
    return "n/a" if not isinstance(value, int | float) else f"{value:.3g}".replace("-", words.MINUS)


def _metric(name: str, found: Mapping[str, Any], about: Mapping[str, str]) -> Html:
    missing = found.get("value") is None
    note = found.get("note")
    meaning = about.get("meaning", "")
    unit = f" ({about['unit']})" if about.get("unit") else ""
    said = join(
        span(f"{words.headed(meaning)}{unit}" if meaning else "", cls="sg-muted"),
        div(f"Not available: {note}" if missing else note, cls="sg-small sg-text-warn" if missing else "sg-small")
        if note
        else None,
    )
    return element(
        "tr",
        element("td", words.headed(name.replace("_", " ")), cls="sg-strong sg-fit"),
        element("td", figure(found.get("value")), cls="sg-right sg-fit"),
        element("td", words.count(found.get("n", 0)), cls="sg-right sg-fit"),
        element("td", found.get("better", ""), cls="sg-fit"),
        element("td", said),
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Html:
    columns = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _HIDDEN]
    # What is longest to read stands last
    columns.sort(key=lambda name: any(isinstance(row.get(name), list | Mapping) for row in rows))
    columns = columns[:MOST_COLUMNS]
    style = {name: _style([row.get(name) for row in rows]) for name in columns}
    head = element("tr", *(element("th", words.headed(name.replace("_", " ")), cls=style[name]) for name in columns))
    body = (element("tr", *(element("td", cell(row.get(name)), cls=style[name]) for name in columns)) for row in rows)
    return element("table", head, *body, cls="sg-table")


def cell(value: object) -> str:
    """Anything as a few words: an entity by its name, a fact by its sentence, a list by its first ones."""
    if isinstance(value, Mapping):
        known = next((value[name] for name in ("sentence", "name", "said", "domain") if value.get(name)), None)
        return str(known) if known else ", ".join(f"{name} {cell(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        more = f" and {len(value) - MOST_NAMES} more" if len(value) > MOST_NAMES else ""
        return ", ".join(cell(each) for each in value[:MOST_NAMES]) + more
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _style(values: Sequence[object]) -> str:
    """Numbers to the right; what is short is not broken."""
    if all(isinstance(value, int | float) for value in values):
        return "sg-right sg-fit"
    return "sg-fit" if all(len(cell(value)) <= SHORT for value in values) else ""


def _moment(at: str, *, hourly: bool) -> str:
    moment = datetime.fromisoformat(at)
    return f"{moment:%H:%M}" if hourly else f"{moment.day} {moment:%b}"
