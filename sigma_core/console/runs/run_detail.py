"""One run: what it was asked, what it did, how it ended."""

from collections.abc import Iterator
from functools import partial

import streamlit as st

from sigma_core.console import incidents, log_view, session, widgets, words
from sigma_core.console.components.blocks import alert, card, facts, page_head
from sigma_core.console.components.signs import run_chip, when
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.console.runs import columns, figures, made, steps
from sigma_core.runtime.tables import Run
from sigma_core.runtime.views import RunDetail
from sigma_core.state_machine import RunState

TABS = ("Summary", "Steps", "Log", "Made")
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


def draw(run: Run) -> None:
    """The whole page: what is under way is drawn anew every two seconds, what is over once."""
    is_live = run.state in UNFINISHED
    incidents.live(2 if is_live else None)(_top)(run.id or 0, is_live=is_live)
    tab = st.segmented_control(
        "Part",
        TABS,
        default=TABS[0],
        required=True,
        key="run-tab",
        label_visibility="collapsed",
        bind="query-params",
    )
    with incidents.contained():
        if tab == "Log":
            log_view.draw(run=run.id, live=is_live)
        elif tab == "Made":
            made.draw(run)
        else:
            shown = steps.draw if tab == "Steps" else _summary
            incidents.live(2 if is_live else None)(shown)(run.id or 0)


def _top(run_id: int, *, is_live: bool) -> None:
    detail = session.system().runtime.status.run(run_id)
    run = detail.run
    if is_live and run.state not in UNFINISHED:
        st.rerun()
    widgets.head(_head(detail), lambda: _buttons(run))
    if run.error:
        _error(run)


def _summary(run_id: int) -> None:
    detail = session.system().runtime.status.run(run_id)
    widgets.draw(div(card("Run", facts(_facts(detail))), _figures(detail.run), cls="sg-pair"))


def _head(detail: RunDetail) -> Html:
    run = detail.run
    where = detail.project.name if detail.project else "all projects"
    progress = span(run.progress) if run.progress and run.state == RunState.RUNNING else None
    verdict = div(run_chip(run.state), progress, cls="sg-verdict")
    return join(page_head(f"{run.worker} on {where}"), verdict)


def _buttons(run: Run) -> None:
    runs = session.system().runtime.runs
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        widgets.act(
            "Cancel requested…" if run.cancel_requested else "Cancel run",
            key="cancel-run",
            on_click=incidents.attempt,
            args=(partial(runs.cancel, run.id or 0, session.actor()), "Cancel requested"),
            disabled=run.cancel_requested,
        )
        return
    widgets.act(
        "Run again",
        key="run-again",
        icon=":material/replay:",
        on_click=incidents.attempt,
        args=(partial(runs.again, run.id or 0, session.actor()), "Run requested"),
    )


def _error(run: Run) -> None:
    last = (run.error or "").strip().splitlines()[-1]
    if run.state == RunState.CANCELLED:
        widgets.draw(span(last, cls="sg-muted"))
        return
    title = f"{run.worker} failed" if run.state == RunState.ERROR else f"{run.worker} failed and is tried again"
    widgets.draw(alert(title, last, aside=f"attempt {run.attempt}"))
    if last != (run.error or "").strip():
        with st.expander("Technical details", key="technical"):
            st.code(run.error, language=None)


def _facts(detail: RunDetail) -> Iterator[tuple[str, object]]:
    run, now, zone = detail.run, session.now(), session.zone()
    yield "Asked by", run.requested_by
    yield "Queued", when(run.queued_at, now, zone)
    if run.started_at:
        yield "Started", when(run.started_at, now, zone)
        yield "Waited", words.duration(max((run.started_at - run.due_at).total_seconds(), 0) * 1000)
    if run.finished_at:
        yield "Finished", when(run.finished_at, now, zone)
        yield "Took", columns.took(run.started_at, run.finished_at)
    if run.owner:
        yield "Executed by", span(run.owner, cls="sg-mono")
    yield "Attempt", str(run.attempt)


def _figures(run: Run) -> Html:
    counted = {"produced": run.produced, "published": run.published, "received": run.received}
    told = [*((words.headed(name), words.count(value)) for name, value in counted.items()), *figures.rows(run.figures)]
    rows = (
        element("tr", element("td", name, cls="sg-fit"), element("td", value, cls="sg-right")) for name, value in told
    )
    return card("Figures", element("table", *rows, cls="sg-table"))
