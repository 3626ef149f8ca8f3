"""A strategy's form, made from its parameters; what it refuses stands at its field."""

from collections.abc import Mapping, Sequence
from statistics import median

import streamlit as st

from sigma_core.console import form_widgets, incidents, session, widgets, words
from sigma_core.console.components.blocks import notice
from sigma_core.console.components.signs import Tone, chip
from sigma_core.console.experiments.strategy_listing import Described
from sigma_core.console.form_fields import FormField, fields_of, values_of
from sigma_core.console.markup import div, element
from sigma_core.errors import Invalid
from sigma_core.state_machine import RunState

_REFUSALS = "strategy.refusals"
_RISKS: Mapping[str, Tone] = {"low": "off", "medium": "warn", "high": "bad"}
MEASURED_ON = 20


def draw(strategy: Described, worker: str) -> None:
    """Title, what it does and measures, the form."""
    metrics = ", ".join(metric["name"].replace("_", " ") for metric in strategy["metrics"])
    widgets.draw(
        div(
            div(
                element("h2", strategy["title"]),
                chip(f"{strategy['risk']} risk", _RISKS[strategy["risk"]]),
                cls="sg-strategy-head",
            ),
            div(f"{strategy['description']} Measures {metrics}.", cls="sg-muted"),
        )
    )
    fields = fields_of(strategy["parameters"])
    refusals: Mapping[str, str] = st.session_state.get(_REFUSALS, {}).get(strategy["name"], {})
    with st.form(f"ask-{strategy['name']}"):
        for start in range(0, len(fields), 3):
            for one, place in zip(fields[start : start + 3], st.columns(3, gap="small"), strict=False):
                with place:
                    form_widgets.enter(one, _key(strategy, one))
                    form_widgets.refusal(refusals, one.name)
        for name in sorted({form_widgets.top(name) for name in refusals} - {one.name for one in fields}):
            form_widgets.refusal(refusals, name, named=True)
        with st.container(horizontal=True, vertical_alignment="center"):
            widgets.act(
                "Run",
                button=st.form_submit_button,
                key="strategy-run",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_ask,
                args=(strategy, worker, fields),
            )
            widgets.note(_usual(strategy["name"]))
    if not session.system().runtime.status.system().scheduler_alive:
        widgets.draw(notice("No scheduler is running.", "What you ask waits until one is.", "sigma up"))


def _ask(strategy: Described, worker: str, fields: Sequence[FormField]) -> None:
    state = st.session_state
    entered = {one.name: state.get(_key(strategy, one)) for one in fields}
    state.pop(_REFUSALS, None)

    def ask() -> None:
        try:
            run = session.system().experiments.strategy_runs.ask(
                strategy["name"],
                worker,
                values_of(fields, entered),
                actor=session.actor(),
                project_id=session.project_id(),
            )
        except Invalid as error:
            state[_REFUSALS] = {strategy["name"]: error.fields}
            raise
        st.query_params["strategy"], st.query_params["run"] = strategy["name"], str(run.id)
        st.query_params.pop("compare", None)

    incidents.attempt(ask, "Run requested")
    if _REFUSALS in state:
        incidents.dismiss()


def _usual(name: str) -> str:
    done = session.system().experiments.strategy_runs.record.list(
        strategy=name, status=RunState.SUCCESS, limit=MEASURED_ON
    )
    took = [run.duration_ms for run in done if run.duration_ms is not None]
    return f"usually {words.duration(median(took))}, reads only" if took else "reads only"


def _key(strategy: Described, one: FormField) -> str:
    return f"ask-{strategy['name']}-{one.name}"
