"""Versions: two of them side by side, who made each and why; every move of a label."""

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import row
from sigma_core.console.components.diff import diff_view
from sigma_core.console.components.signs import when
from sigma_core.console.markup import div, element, span
from sigma_core.prompts.catalog import Whole, difference

MOST_MOVES = 50


def draw(whole: Whole) -> None:
    """The difference of two versions, then all of them."""
    if len(whole.versions) > 1:
        _compare(whole)
    now, zone = session.now(), session.zone()
    widgets.draw(
        div(
            *(
                row(
                    span(f"v{each.number}", cls="sg-strong"),
                    span(each.note or "no note", cls="" if each.note else "sg-faint"),
                    span(f"{each.author} · ", when(each.created_at, now, zone), cls="sg-end sg-muted"),
                    cls="sg-version",
                )
                for each in whole.versions
            ),
            cls="sg-card",
        )
    )


def history(whole: Whole) -> None:
    """Labels of the slot as they moved, newest first."""
    now, zone = session.now(), session.zone()
    if not whole.moves:
        widgets.draw(element("p", "No label has pointed to a version of this slot yet.", cls="sg-quiet"))
        return
    rows = [
        row(
            span(_move(each.label, each.from_number, each.to_number), cls="sg-strong"),
            span(each.reason, span(f" Overridden: {each.overridden}", cls="sg-text-warn") if each.overridden else None),
            span(f"{each.actor} · ", when(each.created_at, now, zone), cls="sg-end sg-muted"),
            cls="sg-version",
        )
        for each in whole.moves[:MOST_MOVES]
    ]
    widgets.draw(div(*rows, cls="sg-card"))
    if len(whole.moves) > MOST_MOVES:
        widgets.note(f"and {words.plural(len(whole.moves) - MOST_MOVES, 'earlier move')}")


def _compare(whole: Whole) -> None:
    numbers = [each.number for each in whole.versions]
    pointing = {number: name for name, number in reversed(whole.labels.items())}
    current = whole.current.number
    older = current if current != numbers[0] else numbers[1]

    def called(number: int) -> str:
        return f"v{number} · {pointing[number]}" if number in pointing else f"v{number}"

    with st.container(horizontal=True, vertical_alignment="center"):
        key = whole.template.id
        before = st.selectbox(
            "From",
            numbers,
            index=numbers.index(older),
            format_func=called,
            key=f"before-{key}",
            width=170,
            label_visibility="collapsed",
        )
        after = st.selectbox(
            "To", numbers, index=0, format_func=called, key=f"after-{key}", width=170, label_visibility="collapsed"
        )
        view = st.segmented_control(
            "View",
            ["Split", "Unified"],
            default="Unified",
            required=True,
            key="diff-view",
            label_visibility="collapsed",
        )
    diff = difference(whole.version(before), whole.version(after))
    if diff:
        widgets.draw(diff_view(diff, split=view == "Split"))
    else:
        widgets.draw(element("p", "These two say the same.", cls="sg-quiet"))


def _move(label: str, before: int | None, after: int | None) -> str:
    came = f"v{before} → " if before else ""
    return f"{label} {came}{f'v{after}' if after else 'taken away'}"
