"""Curves as an SVG: two lines a panel, with the spread over seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, TOP = 300, 220, 46, 40
LEARNING, FROZEN = "#2563eb", "#9a6b1f"
TEXT = "#6b7280"


@dataclass(frozen=True)
class Panel:
    """A figure by week: of the copy that learns and of the frozen one, each as (lowest, mean, highest) over seeds."""

    title: str
    learning: Sequence[tuple[float, float, float]]
    frozen: Sequence[tuple[float, float, float]]
    marks: Sequence[tuple[float, str]] = ()
    """Weeks at which something happens, and what."""


def picture(panels: Sequence[Panel], caption: str) -> str:
    """Beside each other, readable on light and dark ground."""
    drawn = "".join(
        f'<g transform="translate({number * WIDTH},24)">{"".join(_panel(each))}</g>'
        for number, each in enumerate(panels)
    )
    legend = (
        f'<text x="{LEFT}" y="16" fill="{LEARNING}">— learns</text>'
        f'<text x="{LEFT + 90}" y="16" fill="{FROZEN}">- - stops learning</text>'
        f'<text x="{LEFT + 240}" y="16" fill="{TEXT}">{escape(caption)}</text>'
    )
    size = f"{len(panels) * WIDTH} {HEIGHT + 60}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif" font-size="12" '
        f'role="img" aria-label="{escape(caption)}">{legend}{drawn}</svg>\n'
    )


def _panel(panel: Panel) -> Iterator[str]:
    every = [value for triple in (*panel.learning, *panel.frozen) for value in triple]
    top, weeks = max(every) * 1.08 or 1.0, len(panel.learning)

    def place(week: float, value: float) -> str:
        x = LEFT + week * (WIDTH - LEFT - 14) / max(1, weeks - 1)
        return f"{x:.1f},{TOP + (HEIGHT - TOP) * (1 - value / top):.1f}"

    yield f'<text x="{LEFT}" y="{TOP - 14}" fill="{TEXT}" font-weight="bold">{escape(panel.title)}</text>'
    for step in range(3):
        value = top * step / 2
        x, y = place(0, value).split(",")
        yield f'<line x1="{LEFT}" x2="{WIDTH - 14}" y1="{y}" y2="{y}" stroke="{TEXT}" stroke-opacity="0.25"/>'
        yield f'<text x="{float(x) - 6}" y="{float(y) + 4}" text-anchor="end" fill="{TEXT}">{value:.3g}</text>'
    for number, (week, said) in enumerate(panel.marks):
        x, _ = place(week, 0).split(",")
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT}" stroke="{TEXT}" stroke-dasharray="2 3"/>'
        y = HEIGHT - 6 - 13 * number
        # What stands in the right half is told to the left of its line, or it would reach into the next panel
        is_right = week * 2 >= weeks - 1
        anchor, apart = ("end", -3) if is_right else ("start", 3)
        yield (
            f'<text x="{float(x) + apart}" y="{y}" text-anchor="{anchor}" fill="{TEXT}" font-size="10">'
            f"{escape(said)}</text>"
        )
    for course, colour, dash in ((panel.frozen, FROZEN, "5 4"), (panel.learning, LEARNING, "none")):
        low = [place(week, each[0]) for week, each in enumerate(course)]
        high = [place(week, each[2]) for week, each in enumerate(course)]
        line = " ".join(place(week, each[1]) for week, each in enumerate(course))
        yield f'<polygon points="{" ".join([*low, *reversed(high)])}" fill="{colour}" fill-opacity="0.15"/>'
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    yield f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT + 18}" text-anchor="middle" fill="{TEXT}">week</text>'
