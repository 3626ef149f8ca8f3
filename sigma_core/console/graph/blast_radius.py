"""What a change may reach: of a proposal (?show=Blast radius&proposal=ID) or of a part of the code (&of=NAME)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import card_title, root
from sigma_core.console.components.signs import chip
from sigma_core.console.graph import blast_picture, project_choice, search
from sigma_core.console.graph.blast_picture import Reached
from sigma_core.console.markup import Html, div, element, markdown, span, with_code
from sigma_core.errors import Invalid
from sigma_core.graph.vocabulary import CALLS, CLASS, FUNCTION, MODULE
from sigma_core.identity import row_id
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Proposal
from sigma_core.workers.change_reach import changed_lines

STEPS = ("1 step", "2 steps", "3 steps")
SHOWN, OFFERED = 12, 8


@dataclass(frozen=True)
class ChangeAsked:
    """What changes: names that code facts use, in a project."""

    project: Project
    names: Sequence[str]
    title: str


def draw() -> None:
    """The form, and the picture of what is asked. Raises `NotFound`."""
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-graph"):
        with st.container(width=236, gap="small"):
            change = _asked()
        with st.container(width="stretch", gap="small"):
            if change is None:
                said = (
                    "Choose what changes: what calls it, derives from it, imports it and tests it is drawn here, the "
                )
                widgets.draw(div(f"{said}nearest first. A proposal's own page leads here, too.", cls="sg-quiet"))
            else:
                _radius(change)


def _asked() -> ChangeAsked | None:
    """The left pane: what changes."""
    proposal = st.query_params.get("proposal")
    typed = st.text_input(
        "Function, class or module",
        key="of",
        placeholder="shop.orders.load",
        bind="query-params",
        max_chars=400,
        disabled=proposal is not None,
    )
    if proposal is not None:
        st.button("Choose a function instead", key="no-proposal", type="tertiary", on_click=_forget_proposal)
        return _of_proposal(session.system().proposals.service.get(row_id("proposal", proposal)))
    project = project_choice.of_code()
    if project is None:
        return None
    wanted = (typed or "").strip()
    _offer(project, wanted)
    return ChangeAsked(project, [wanted], wanted) if wanted else None


def _forget_proposal() -> None:
    st.query_params.pop("proposal", None)


def _of_proposal(proposal: Proposal) -> ChangeAsked:
    system = session.system()
    project = system.projects.service.get(proposal.project_id)
    try:
        lines = changed_lines(proposal.diff)
    except Invalid:
        lines = {}
    names = system.codebase.changed.names(project, proposal.base_commit, lines)
    return ChangeAsked(project, names, f"Proposal {proposal.id}: {proposal.title}")


def _offer(project: Project, wanted: str) -> None:
    """Names that hold what was typed; those called most where nothing is."""
    snapshot = session.system().codebase.snapshots.of(project.id or 0)
    found = snapshot.derived(f"offered {wanted}", lambda _: _names(project.id or 0, wanted))
    widgets.draw(span("Names like it" if wanted else "Most called", cls="sg-muted"))
    with st.container(gap=None, key="sg-rows-entities"):
        for name in found:
            with st.container(key=f"sg-list-entity-{name}"):
                st.button(
                    markdown(name),
                    key=f"of-{name}",
                    width="stretch",
                    wrap=True,
                    type="secondary" if name == wanted else "tertiary",
                    on_click=_take,
                    args=(name,),
                )
    if not found:
        widgets.draw(div("Nothing in the code is called so." if wanted else "No calls are known.", cls="sg-quiet"))


def _take(name: str) -> None:
    st.session_state["of"] = name


def _names(project_id: int, wanted: str) -> list[str]:
    import numpy as np

    snapshot = session.system().codebase.snapshots.of(project_id)
    known = list(snapshot.predicates)
    called = np.flatnonzero(snapshot.facts.predicate == (known.index(CALLS) if CALLS in known else -1))
    count = np.bincount(snapshot.facts.target[called], minlength=len(snapshot))
    some = [
        place
        for place, (name, kinds) in enumerate(zip(snapshot.names, snapshot.kinds, strict=True))
        if set(kinds) & {FUNCTION, CLASS, MODULE} and wanted.lower() in name.lower() and (wanted or count[place])
    ]
    some.sort(key=lambda place: (snapshot.names[place] != wanted, -count[place], snapshot.names[place]))
    return [snapshot.names[place] for place in some[:OFFERED]]


def _radius(change: ChangeAsked) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        widgets.draw(_head(change))
        if (proposal := st.query_params.get("proposal")) and st.button("Proposal", key="to-proposal"):
            widgets.open_page("proposals", proposal=proposal)
        chosen = st.segmented_control(
            "Steps",
            STEPS,
            default=STEPS[2],
            required=True,
            key="steps",
            label_visibility="collapsed",
            bind="query-params",
        )
    steps = STEPS.index(chosen or STEPS[2]) + 1
    radius = session.system().experiments.blast_radius(change.project.id or 0, change.names, steps)
    if radius is None:
        widgets.draw(div(_unknown(change), cls="sg-quiet"))
        return
    found = blast_picture.reached(radius)
    shown = blast_picture.drawn(found)
    said = blast_picture.finding(found, shown, steps)
    with st.container(border=True, gap=None):
        key = f"blast-{change.title}-{steps}-{session.theme()}"
        st.echarts_chart(
            blast_picture.picture(shown, dark=session.theme() == "dark"),
            height=blast_picture.height(shown),
            key=key,
            alt=said,
            on_select=partial(search.go_from, key, [each.name for each in shown]),
        )
        hollow = " Hollow: no test reaches it." if any(each.is_untested for each in shown) else ""
        widgets.draw(span(f"{said}.{hollow} A click goes to the entity.", cls="sg-small sg-muted"))
    _reasons(found)


def _head(change: ChangeAsked) -> Html:
    many = f" · {words.plural(len(change.names), 'place')} of the code" if len(change.names) != 1 else ""
    return div(
        div(f"What a change may reach · {change.project.name}{many}", cls="sg-muted"),
        element("h2", with_code(change.title)),
        cls="sg-prompt-head",
    )


def _unknown(change: ChangeAsked) -> str:
    if not len(session.system().codebase.snapshots.of(change.project.id or 0)):
        return f"The code of {change.project.name} was not read yet: its next analysis does, and then this is drawn."
    if not change.names:
        return "It changes no Python that was read: what depends on it is not known."
    named = ", ".join(change.names[:3])
    return f"Nothing of the code is called {named}. It may be new, or the commit that has it was not read yet."


def _reasons(found: Sequence[Reached]) -> None:
    """Why each is within the radius, the nearest first."""
    beyond = [each for each in found if each.step]
    key = "all-reached"
    shown = beyond if st.session_state.get(key) else beyond[:SHOWN]
    with st.container(gap=None, key="sg-facts"):
        aside = "nothing depends on it" if not beyond else f"{words.count(len(beyond))}, the nearest first"
        widgets.draw(div(card_title("Reached"), span(aside, cls="sg-faint"), cls="sg-card-head"))
        st.html(root(div(*(_reason(each) for each in shown), cls="sg-reasons")))
        if len(shown) < len(beyond):
            st.button(
                f"Show all {len(beyond)}", key="show-all-reached", type="tertiary", on_click=_show_all, args=(key,)
            )


def _show_all(key: str) -> None:
    st.session_state[key] = True


def _reason(each: Reached) -> Html:
    mark = chip("No test", "warn") if each.is_untested else None
    step = words.plural(each.step, "step")
    return div(
        div(each.because, " " if mark else None, mark),
        div(f"{each.kind} · {step} away", cls="sg-small sg-muted"),
        cls="sg-fact",
    )
