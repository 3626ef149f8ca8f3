"""What a person does with a prompt's labels: promote, try on a share, stop, archive. Each with a reason."""

from collections.abc import Callable

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.prompts.canary import CanaryStatus
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.tables import PRODUCTION

ROLL_BACK = "Roll back"
Act = Callable[[int, str, bool], object]
"""Does it: with the version chosen, the reason, and whether tests are overridden."""


def buttons(whole: Whole, running: CanaryStatus | None) -> None:
    """The few things to do now, right of the head."""
    library, key, actor = session.system().prompts.library, str(whole.template.id), session.actor()
    canaries = session.system().prompts.canaries
    in_use, newest = whole.labels.get(PRODUCTION), whole.versions[0].number
    with st.popover("More", key="prompt-more"):
        if running is not None:
            _ask(
                "Stop canary…",
                whole,
                "All runs get production again.",
                lambda _, why, __: canaries.stop(key, reason=why, actor=actor),
            )
        elif in_use is not None and len(whole.versions) > 1:
            _ask(
                "Start canary…",
                whole,
                "It begins with 10 % of runs; outcomes promote it or roll it back.",
                lambda number, why, over: canaries.start(key, number, reason=why, actor=actor, override=over),
            )
        _ask(
            "Point staging…",
            whole,
            "The label staging points to the version.",
            lambda number, why, _: library.label(key, "staging", number, reason=why, actor=actor),
        )
        if whole.template.archived_at is not None:
            _ask(
                "Restore…",
                whole,
                "It can be used again.",
                lambda _, why, __: library.restore(key, reason=why, actor=actor),
            )
        elif not whole.labels:
            _ask(
                "Archive…", whole, "Nothing is lost.", lambda _, why, __: library.archive(key, reason=why, actor=actor)
            )
    if newest != in_use:
        _ask(
            f"Promote v{newest}…",
            whole,
            "Its workers use it from their next call. The former one stays one step away.",
            lambda number, why, over: library.label(key, PRODUCTION, number, reason=why, actor=actor, override=over),
            primary=True,
        )
    elif len(whole.versions) > 1:
        _ask(
            f"{ROLL_BACK}…",
            whole,
            "Its workers use it from their next call. What was production before needs no test.",
            lambda number, why, over: library.rollback(key, number, reason=why, actor=actor, override=over),
            primary=True,
        )


def _ask(label: str, whole: Whole, effect: str, act: Act, *, primary: bool = False) -> None:
    verb = label.rstrip("…")
    if widgets.act(
        label, key=f"do-{verb.split()[0]}-{verb.split()[-1][:1]}", type="primary" if primary else "secondary"
    ):
        st.dialog(verb)(_form)(verb, whole, effect, act)


def _form(verb: str, whole: Whole, effect: str, act: Act) -> None:
    incidents.answer()
    widgets.plain(whole.template.full_name, effect)
    numbers = [each.number for each in whole.versions]
    in_use = whole.labels.get(PRODUCTION)
    former = [move.from_number for move in whole.moves if move.label == PRODUCTION] if verb == ROLL_BACK else []
    likely = next((each for each in (*former, *numbers) if each in numbers and each != in_use), numbers[0])
    with st.form("prompt-do", border=False):
        st.selectbox(
            "Version", numbers, index=numbers.index(likely), format_func=lambda number: f"v{number}", key="do-version"
        )
        st.text_area("Reason", key="do-reason", max_chars=2000)
        st.checkbox("Although its tests speak against it", key="do-override")
        st.form_submit_button(verb, key="do-submit", type="primary", on_click=_do, args=(verb, act))


def _do(verb: str, act: Act) -> None:
    state = st.session_state
    incidents.attempt(
        lambda: act(state["do-version"], state.get("do-reason") or "", bool(state.get("do-override"))), f"{verb}: done"
    )
