"""Lines of a log: time, level, who, what."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sigma_core.console.components.blocks import scrolled
from sigma_core.console.markup import Html, div, element, span
from sigma_core.log_lines import LogLine


def log_lines(lines: Sequence[LogLine], zone: tzinfo) -> Html:
    """The lines, oldest first."""
    return div(*(_line(line, zone) for line in lines), cls="sg-log", role="log")


def _line(line: LogLine, zone: tzinfo) -> Html:
    facts = " ".join(f"{name}={value}" for name, value in line.facts.items())
    return div(
        element("time", _clock(line.at, zone), title=line.at, cls="sg-faint"),
        span(line.level, cls=f"sg-log-level sg-log-{line.level}"),
        span(line.worker or line.process, cls="sg-muted"),
        div(
            span(line.text),
            span(f" {facts}", cls="sg-muted") if facts else None,
            scrolled("Traceback", line.traceback) if line.traceback else None,
            cls="sg-log-text",
        ),
        cls="sg-log-line",
    )


def _clock(at: str, zone: tzinfo) -> str:
    try:
        return f"{datetime.fromisoformat(at).astimezone(zone):%d %b %H:%M:%S}"
    except ValueError:
        return at
