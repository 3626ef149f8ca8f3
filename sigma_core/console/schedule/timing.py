"""The dialog in which a person says when a worker runs: every so often, or by a cron expression."""

from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.errors import Invalid
from sigma_core.runtime.cron import LONGEST
from sigma_core.runtime.schedule import LONGEST_INTERVAL_S, told_timing
from sigma_core.runtime.tables import Job

EVERY, CRON = "At an interval", "At fixed times"
UNITS = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_ASKED = "schedule.timing"
_KIND, _NUMBER, _UNIT, _CRON = "timing-kind", "timing-number", "timing-unit", "timing-cron"


def ask_for(job: Job) -> None:
    """Open the dialog at the next drawing of the whole page."""
    st.session_state[_ASKED] = job
    # Whatever was typed when it was open last
    st.session_state.update(_standing(job))
    st.rerun()


def ask() -> None:
    """Outside of every live part: the dialog that a button asked for."""
    job: Job | None = st.session_state.get(_ASKED)
    if job is not None:
        st.dialog(f"When {job.name} runs", on_dismiss=_forget)(_body)(job)


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _standing(job: Job) -> dict[str, int | str]:
    """What holds now, as the fields have it."""
    unit = next(name for name, size in UNITS.items() if job.every_s % size == 0)
    return {
        _KIND: CRON if job.cron else EVERY,
        _NUMBER: job.every_s // UNITS[unit],
        _UNIT: unit,
        _CRON: job.cron or "",
    }


def _body(job: Job) -> None:
    incidents.answer()
    for key, value in _standing(job).items():
        # Streamlit forgets a field while the other kind is chosen
        st.session_state.setdefault(key, value)
    kind = st.radio("When", [EVERY, CRON], key=_KIND, horizontal=True, label_visibility="collapsed")
    if kind == EVERY:
        number, unit = st.columns(2)
        number.number_input("Every", min_value=1, max_value=LONGEST_INTERVAL_S, step=1, key=_NUMBER)
        unit.selectbox("Unit", list(UNITS), key=_UNIT)
    else:
        st.text_input(
            "Cron expression, in UTC",
            key=_CRON,
            max_chars=LONGEST,
            placeholder="0 3 * * mon-fri",
            help="Minute, hour, day of month, month, weekday. Weekdays are named: mon-fri, or sat,sun. Where both "
            "the day of month and the weekday are given, both must hold.",
        )
    _preview(job)
    st.button("Save", key="timing-save", type="primary", on_click=_save, args=(job,))


def _preview(job: Job) -> None:
    every_s, expression = _entered(job)
    if expression == "":
        widgets.plain("", "0 3 * * mon-fri is 03:00 from Monday to Friday, */15 * * * * every quarter of an hour.")
        return
    try:
        moments = session.system().runtime.schedule.preview(job.name, every_s, expression)
    except Invalid as refused:
        st.error(words.headed(next(iter(refused.fields.values()))))
    else:
        with st.container(gap=None):
            for place, each in enumerate(moments):
                told = f"{each:%a} {each.day} {each:%b %Y, %H:%M:%S} UTC"
                widgets.plain("" if place else "Next three times", told)


def _entered(job: Job) -> tuple[int, str | None]:
    """Seconds, and the expression where one is chosen."""
    said = st.session_state
    if said[_KIND] == CRON:
        return job.every_s, said[_CRON].strip()
    return said[_NUMBER] * UNITS[said[_UNIT]], None


def _save(job: Job) -> None:
    every_s, expression = _entered(job)
    schedule, seen = session.system().runtime.schedule, told_timing(job)
    if expression is None:
        change = partial(schedule.set_every, job.name, every_s, actor=session.actor(), seen=seen)
        done = f"{job.name} every {words.interval(every_s)}"
    else:
        change = partial(schedule.set_cron, job.name, expression, actor=session.actor(), seen=seen)
        done = f"{job.name} at {expression}"

    def act() -> None:
        change()
        _forget()

    incidents.attempt(act, done)
