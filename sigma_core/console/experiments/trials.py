"""The dreamer's board: what runs, what was promoted, what was taken back, what made no difference."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets
from sigma_core.console.experiments.trial_card import trial_card
from sigma_core.errors import SigmaError
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentVerdict

PAGE = 10
_ASKED, _REASON = "trials.asked", "trial-reason"
GROUPS: dict[str, Sequence[ExperimentStatus]] = {
    "Running": (ExperimentStatus.RUNNING, ExperimentStatus.PROPOSED),
    "Promoted": (ExperimentStatus.PROMOTED,),
    "Rolled back": (ExperimentStatus.ROLLED_BACK,),
    "No difference": (ExperimentStatus.NO_DIFFERENCE, ExperimentStatus.STOPPED),
}
_EFFECTS = {
    "Promote": "From the next run on everybody works with it; a little is held back to watch whether it hurts.",
    "Stop": "It ends undecided, and everything stays as it was before.",
    "Roll back": "From the next run on: ",
}


def draw() -> None:
    """The experiment that the link names, or one card each in the chosen group, newest first."""
    if (key := st.query_params.get("experiment")) is not None:
        widgets.crumb("experiment", "All experiments", str(key))
        try:
            _draw(session.system().experiments.service.get(key))
        except SigmaError as error:
            incidents.show(incidents.failure_of(error))
        return
    experiments, project_id = session.system().experiments.service, session.project_id()
    counts = {name: experiments.count(project_id=project_id, standings=standings) for name, standings in GROUPS.items()}
    if not any(counts.values()):
        widgets.empty_state(
            "No experiment yet",
            "The dreamer tries a setting on a part of a worker's runs, drawn by lot, once five of them went well or "
            "not. What helps is promoted and changes what runs; what hurts is undone; what does nothing is left alone. "
            "Beside that it compares what was decided with knowledge and without it.",
            "sigma experiment propose dream.together --to 10 --hypothesis '…' --start",
        )
        return
    chosen = st.segmented_control(
        "Group",
        list(GROUPS),
        default=next(name for name, count in counts.items() if count),
        required=True,
        key="trial-group",
        format_func=lambda name: f"{name} {counts[name]}",
        label_visibility="collapsed",
    )
    cards = st.container()
    offset = paging.offset("page", counts[chosen], PAGE)
    with cards:
        if not counts[chosen]:
            widgets.note(f"Nothing is {chosen.lower()} now.")
        for each in experiments.list(project_id=project_id, standings=GROUPS[chosen], limit=PAGE, offset=offset):
            _draw(each)


def ask() -> None:
    """Outside of every live part: the dialog that a button asked for."""
    if (asked := st.session_state.pop(_ASKED, None)) is not None:
        verb, experiment = asked
        st.dialog(f"{verb}?")(_reason)(verb, experiment)


def _draw(each: Experiment) -> None:
    names = {project.id: project.name for project in session.system().projects.service.list()}
    place = names.get(each.project_id, "all projects")
    with st.container(gap="small", key=f"sg-trial-{each.id}"):
        widgets.draw(trial_card(each, place, session.now(), session.zone()))
        with st.container(horizontal=True):
            if each.tunable is not None and each.standing == ExperimentStatus.PROPOSED:
                start = partial(session.system().experiments.trials.start, each.id or 0, actor=session.actor())
                widgets.act("Start", key=f"start-{each.id}", on_click=incidents.attempt, args=(start, "Started"))
            for verb in _verbs(each):
                if widgets.act(f"{verb}…", key=f"{verb.lower().replace(' ', '-')}-{each.id}"):
                    st.session_state[_ASKED] = verb, each
                    st.rerun()
            if "experiment" not in st.query_params and st.button("Link", key=f"link-{each.id}", type="tertiary"):
                st.query_params["experiment"] = str(each.id)
                st.rerun()


def _verbs(each: Experiment) -> list[str]:
    """What a person may do with it now."""
    helps = each.verdict == ExperimentVerdict.HELPS and each.standing != ExperimentStatus.PROMOTED
    runs = each.tunable is not None and each.standing in (ExperimentStatus.RUNNING, ExperimentStatus.PROPOSED)
    is_undone = each.standing == ExperimentStatus.ROLLED_BACK or (
        each.tunable is not None and (each.standing != ExperimentStatus.PROMOTED)
    )
    verbs = {"Promote": helps, "Stop": runs, "Roll back": not is_undone}
    return [verb for verb, is_possible in verbs.items() if is_possible]


def _reason(verb: str, experiment: Experiment) -> None:
    incidents.answer()
    effect = _EFFECTS[verb]
    widgets.plain(experiment.name, effect + experiment.rollback_plan if verb == "Roll back" else effect)
    with st.form("trial", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button(
            verb, key="trial-submit", type="primary", on_click=_decide, args=(verb, experiment.id or 0)
        )


def _decide(verb: str, key: int) -> None:
    service, trials = session.system().experiments.service, session.system().experiments.trials
    acts: dict[str, tuple[Callable[..., Experiment], str]] = {
        "Promote": (service.promote, "Promoted"),
        "Stop": (trials.stop, "Stopped"),
        "Roll back": (service.roll_back, "Rolled back"),
    }
    act, done = acts[verb]
    reason = st.session_state.get(_REASON) or ""
    incidents.attempt(lambda: act(key, actor=session.actor(), reason=reason), done)
