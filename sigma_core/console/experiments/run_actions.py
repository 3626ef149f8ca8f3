"""What a person does with a run that has ended: again, keep, judge, compare, take along."""

import json
from collections.abc import Callable
from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.experiments.tables import StrategyRun
from sigma_core.state_machine import RunState

COMPARED = 30
NOTHING = "Compare with…"


def draw(run: StrategyRun) -> None:
    """The row of buttons."""
    record, actor, succeeded = (
        session.system().experiments.strategy_runs.record,
        session.actor(),
        run.status == RunState.SUCCESS,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        widgets.act("Rerun", key="rerun", icon=":material/replay:", on_click=_rerun, args=(run.id,))
        if not succeeded:
            return
        save = partial(record.save, run.id or 0, saved=not run.saved, actor=actor)
        _button(
            "Unsave" if run.saved else "Save",
            "save-run",
            save,
            "Let go" if run.saved else "Saved",
            "Kept whatever its age; others are forgotten after a while.",
        )
        for useful, label in ((True, "Useful"), (False, "Of no use")):
            judged = partial(record.judge, run.id or 0, useful=useful, actor=actor)
            mark = " ✓" if run.useful is useful else ""
            _button(f"{label}{mark}", f"judge-{useful}", judged, "Noted", "It counts for what is recommended.")
        _compare(run)
        st.download_button(
            "Export",
            _document(run),
            file_name=f"strategy-run-{run.id}.json",
            mime="application/json",
            key="export-run",
        )
        if run.entities and st.button("Show in graph", key="show-in-graph", type="tertiary"):
            widgets.open_page("graph", entity=run.entities[0])


def _button(label: str, key: str, action: Callable[[], object], done: str, help: str) -> None:
    widgets.act(label, key=key, help=help, on_click=incidents.attempt, args=(action, done))


def _compare(run: StrategyRun) -> None:
    others = session.system().experiments.strategy_runs.record.list(
        strategy=run.strategy, status=RunState.SUCCESS, limit=COMPARED
    )
    keys = [NOTHING, *(str(other.id) for other in others if other.id != run.id)]
    asked = st.query_params.get("compare", NOTHING)
    st.selectbox(
        "Compare with",
        keys,
        index=keys.index(asked) if asked in keys else 0,
        key=f"compare-{run.id}",
        width=160,
        format_func=lambda key: key if key == NOTHING else f"run {key}",
        label_visibility="collapsed",
        disabled=len(keys) == 1,
        on_change=_chosen,
        args=(f"compare-{run.id}",),
    )


def _chosen(key: str) -> None:
    chosen = st.session_state.get(key, NOTHING)
    if chosen == NOTHING:
        st.query_params.pop("compare", None)
    else:
        st.query_params["compare"] = chosen


def _rerun(run_id: int) -> None:
    def again() -> None:
        asked = session.system().experiments.strategy_runs.ask_again(run_id, actor=session.actor())
        st.query_params["run"] = str(asked.id)
        st.query_params.pop("compare", None)

    incidents.attempt(again, "Run requested")


def _document(run: StrategyRun) -> str:
    left_out = {"digest", "run_id", "cancel_requested"}
    return json.dumps(run.model_dump(mode="json", exclude=left_out), indent=2, ensure_ascii=False)
