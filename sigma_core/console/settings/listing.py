"""What is set and from where, and whether every part works."""

from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import card, card_title, page_head
from sigma_core.console.components.signs import Tone, dot
from sigma_core.console.markup import Html, div, element, join, span, with_code
from sigma_core.console.settings import notifications
from sigma_core.runtime import retention
from sigma_core.runtime.doctor import Diagnosis, PartHealth, examine

_FOUND = "settings.diagnoses"
_PLACES: Mapping[str, Mapping[str, str]] = {"learning": {"show": "Committee"}}
_TONES: Mapping[PartHealth, Tone] = {PartHealth.OK: "ok", PartHealth.MISSING: "bad", PartHealth.OFF: "off"}


def draw() -> None:
    """The whole page."""
    settings = session.system().settings.shown()
    changed = sum(bool(each["set"]) for each in settings)
    lead = (
        f"{words.plural(changed, 'setting differs', 'settings differ')} from what is built in."
        if changed
        else "All is as built in."
    )
    rest = " They come from the environment of the process; a change counts from its next start."
    widgets.head(page_head("Settings", element("strong", lead), rest), _button)
    with incidents.contained():
        _doctor()
    _stored()
    notifications.draw()
    widgets.draw(card("Kept for a time", element("table", *_kept(), cls="sg-table"), aside="sigma retention"))
    widgets.draw(
        card(
            "Settings",
            element("table", *_rows(settings), cls="sg-table sg-stacked"),
            aside="secrets only as set or not",
        )
    )


def _button() -> None:
    if widgets.act(
        "Examine", key="examine", type="primary", help="sigma doctor: attacks the sandbox too; some seconds."
    ):
        with st.spinner("Examining…"):
            st.session_state[_FOUND] = list(examine(session.system()))


def _stored() -> None:
    """What is set in the database, with where it is changed: it counts at once."""
    system = session.system()
    jobs = system.runtime.schedule.jobs()
    own = sum(job.every_set_by is not None for job in jobs)
    kept: Sequence[tuple[str, str, str]] = (
        ("Committee", _committee(), "learning"),
        ("Budgets", _many(len(system.llm.budgets.statuses()), "budget"), "cost"),
        ("Prices", _many(len(system.llm.pricing.entries()), "price"), "cost"),
        ("Intervals", f"{own or 'none'} of {len(jobs)} set by hand", "schedule"),
        ("Projects", "test command, interpreter, permissions and thresholds of each", "projects"),
        ("Prompts", "versions, labels and canaries", "prompts"),
    )
    with st.container(border=True, gap=None, key="sg-rows-stored"):
        widgets.draw(
            div(
                card_title("Set in the console"),
                span("counts at once", cls="sg-faint"),
                cls="sg-card-head",
            )
        )
        for name, told, page in kept:
            if widgets.list_row(f"stored-{name.lower()}", name, told):
                widgets.open_page(page, **_PLACES.get(page, {}))


def _many(number: int, noun: str) -> str:
    return f"{words.plural(number, noun)} set" if number else "none set"


def _committee() -> str:
    """How votes count, and from which score on."""
    system = session.system()
    weights = system.proposals.calibration.current().weights
    votes = ", ".join(f"{name} {words.percent(weight)}" for name, weight in weights.items())
    settings = system.settings
    at = f"approved at {settings.approve_at:.2f}, rejected below {settings.reject_below:.2f}"
    return f"{at}; {votes}"


def _kept() -> Iterator[Html]:
    """What is forgotten after how long: what is known stays, archived, and so do decisions with their evidence."""
    for what, days in (
        ("Runs that left nothing, and steps of all", retention.KEEP_RUNS_DAYS),
        ("Texts of calls of models", retention.KEEP_CALL_TEXTS_DAYS),
        ("Baselines of commits", retention.KEEP_BASELINES_DAYS),
        ("Strategy runs that nobody saved", retention.KEEP_STRATEGY_RUNS_DAYS),
        ("Notifications", retention.KEEP_NOTICES_DAYS),
    ):
        yield element("tr", element("td", what), element("td", words.plural(days, "day"), cls="sg-muted sg-fit"))


def _doctor() -> None:
    found: Sequence[Diagnosis] | None = st.session_state.get(_FOUND)
    if found is None:
        widgets.draw(card("Parts", div("Not examined in this visit.", cls="sg-quiet"), aside="sigma doctor"))
        return
    broken = sum(each.health is PartHealth.MISSING for each in found)
    aside = f"{words.plural(broken, 'part')} to mend" if broken else "nothing to mend"
    widgets.draw(card("Parts", element("table", *map(_part, found), cls="sg-table"), aside=aside))


def _part(diagnosis: Diagnosis) -> Html:
    mend = div(element("code", diagnosis.mend), cls="sg-muted") if diagnosis.mend else None
    return element(
        "tr",
        element("td", dot(_TONES[diagnosis.health]), " ", diagnosis.name, cls="sg-fit"),
        element("td", diagnosis.health, cls="sg-muted sg-fit"),
        element("td", diagnosis.detail, mend),
    )


def _rows(settings: Sequence[Mapping[str, object]]) -> Iterator[Html]:
    yield element("tr", *(element("th", name) for name in ("Variable", "Value", "From", "Meaning")))
    for each in sorted(settings, key=lambda each: not each["set"]):
        value = "unset" if each["value"] in (None, {}) else each["value"]
        yield element(
            "tr",
            element("td", span(each["name"], cls="sg-mono"), cls="sg-fit"),
            element("td", join(str(value)), cls="sg-setting"),
            element("td", "environment" if each["set"] else "built in", cls="sg-muted sg-fit"),
            element("td", with_code(str(each["description"] or "")), cls="sg-muted"),
        )
