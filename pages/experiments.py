"""Strategies that ask the graph, runs, the dreamer's board (?view=…&strategy=…&run=ID&compare=ID&experiment=ID)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.experiments import comparison, history, run_detail, strategy_form, strategy_listing, trials
from sigma_core.console.markup import element
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

VIEWS = ("Strategies", "History", "Dreamer")
system = session.system()
every = system.experiments.strategy_catalog.described()


def head() -> None:
    record, project_id = system.experiments.strategy_runs.record, session.project_id()
    waiting = sum(record.count(status=status, project_id=project_id) for status in ("queued", "running"))
    lead = f"{waiting} under way." if waiting else "Nothing is under way."
    rest = " A strategy asks the whole graph one question and measures how good the answer is."
    widgets.head(page_head("Experiments", element("strong", lead), rest, tone="busy" if waiting else "ok"))


def shown_run(strategy: str, worker: str) -> int | None:
    """The one the link names, or else the newest of this strategy. Raises `NotFound`."""
    asked = st.query_params.get("run")
    if asked is not None:
        return system.experiments.strategy_runs.record.get(row_id("strategy run", asked)).id
    newest = system.experiments.strategy_runs.record.list(
        strategy=strategy, worker=worker, project_id=session.project_id(), limit=1
    )
    return newest[0].id if newest else None


def run(strategy: strategy_listing.Described, worker: str) -> None:
    try:
        key = shown_run(strategy["name"], worker)
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        return
    if key is None:
        widgets.note("Not run yet.")
        return
    run_detail.draw(key, strategy)
    if (other := st.query_params.get("compare")) is not None:
        with incidents.contained():
            comparison.draw(row_id("strategy run", other), key)


def strategies() -> None:
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-experiments"):
        with st.container(width=264, gap="small"):
            worker = strategy_listing.worker()
            own = [each for each in every if worker in each["workers"]]
            advised = strategy_listing.advice(worker, own)
            names = {each["name"]: each for each in own}
            wanted = st.query_params.get("strategy", "")
            chosen = names[wanted if wanted in names else advised or next(iter(names))]
            strategy_listing.rows(own, [each for each in every if each not in own], worker, chosen["name"], advised)
        with st.container(width="stretch", gap="small"), incidents.contained():
            strategy_form.draw(chosen, worker)
            run(chosen, worker)


head()
view = st.segmented_control(
    "View",
    VIEWS,
    default=VIEWS[2] if "experiment" in st.query_params else VIEWS[0],
    required=True,
    key="view",
    label_visibility="collapsed",
    bind="query-params",
)
if view == "History":
    history.draw(every)
elif view == "Dreamer":
    trials.draw()
    trials.ask()
else:
    strategies()
