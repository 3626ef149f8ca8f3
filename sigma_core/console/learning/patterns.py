"""The tab Patterns: what fixes put in the place of what, how far that is trusted, where it was seen (?pattern=ID)."""

from collections.abc import Iterator, Sequence

import streamlit as st

from sigma_core.console import actions, session, widgets, words
from sigma_core.console.charts import Chart, lines
from sigma_core.console.components.blocks import card, card_title, facts
from sigma_core.console.components.signs import tick, when
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.errors import NotFound
from sigma_core.learning.evolution import moving_share
from sigma_core.learning.patterns.pattern_trust import PatternUse
from sigma_core.learning.patterns.service import KnownPattern
from sigma_core.learning.patterns.tables import PROPOSAL, PatternSighting
from sigma_core.projects.tables import Project

KEY = "pattern"
MOST_SHOWN = 12
FEWEST_DRAWN = 4
"""Sightings from which on a course is more than two points."""


def draw() -> None:
    """Of the chosen project, or of the first there is."""
    system = session.system()
    project = session.project() or next(iter(system.projects.service.list()), None)
    known = system.learning.patterns.list(project.id or 0) if project else []
    if project is None:
        actions.first_project()
        return
    if not known:
        widgets.empty_state(
            "No patterns yet",
            "A replacement becomes a pattern once fixes made it three times, in two commits or proposals. Learning "
            "reads the fixes of a history in each of its cycles; a file from another project brings some along.",
            f"sigma pattern import FILE --project {project.name}",
        )
        return
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-patterns"):
        with st.container(width=340, gap="small"):
            _rows(project, known)
        with st.container(width="stretch", gap="small"):
            _detail(_chosen(known))


def _rows(project: Project, known: Sequence[KnownPattern]) -> None:
    skills = session.system().learning.patterns.export(project.id or 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        widgets.note(words.plural(len(known), "pattern"))
        st.download_button(
            "Export",
            skills,
            f"{project.name}-skills.toml",
            "application/toml",
            key="patterns-export",
            help="Patterns, where they apply and their counts: without a word of the project.",
        )
    with st.container(gap=None, key="sg-rows-patterns"):
        for each in known:
            row = each.row
            unused = "" if each.trust.use is PatternUse.USED else f" · {each.trust.use}"
            sub = f"lasts {_share(each)} · seen {row.seen} times{unused}"
            if widgets.list_row(f"pattern-{row.id}", f"{row.before} → {row.after}", sub):
                st.query_params[KEY] = str(row.id)
                st.rerun()


def _chosen(known: Sequence[KnownPattern]) -> KnownPattern:
    wanted = st.query_params.get(KEY)
    if wanted is not None:
        try:
            return session.system().learning.patterns.get(wanted)
        except NotFound:
            widgets.draw(div(f"There is no pattern {wanted[:20]}; this is the most trusted.", cls="sg-quiet"))
    return known[0]


def _detail(known: KnownPattern) -> None:
    row = known.row
    widgets.draw(
        div(
            div(f"Pattern {row.id} · {_origin(known)}", cls="sg-muted"),
            element("h2", f"{row.before} → {row.after}"),
            cls="sg-prompt-head",
        ),
        div(
            card("How far it is trusted", facts(_trust(known)), aside=known.trust.evolution.course.value),
            card("Where it applies", _conditions(known), aside="checked by code"),
            cls="sg-pair",
        ),
    )
    if len(known.sightings) >= FEWEST_DRAWN:
        _course(known)
    _seen(known.sightings)


def _trust(known: KnownPattern) -> Iterator[tuple[str, object]]:
    row, trust = known.row, known.trust
    yield "Use", f"{words.headed(trust.use)}: {trust.why}"
    yield "Lasts", f"{_share(known)}, 90 % interval"
    yield "Seen here", f"{row.seen} times in {words.plural(row.sources, 'fix', 'fixes')}; {trust.failures} taken back"
    if prior := row.prior_successes + row.prior_failures:
        yield "Brought along", f"counted as {prior:.1f} sightings, by {row.imported_by}"
    steps = trust.evolution.steps
    sure = words.percent(trust.evolution.confidence)
    yield "Trend", f"{trust.evolution.course.value}, sure by {sure} from {words.plural(steps, 'step')}"


def _conditions(known: KnownPattern) -> Html:
    told = known.conditions.told() or ["any place of its form"]
    return join(*(div(tick("ok"), span(each), cls="sg-row") for each in told))


def _course(known: KnownPattern) -> None:
    """The moving share of its instances that lasted, the newest counting most."""
    seen = known.sightings[::-1]
    shares = moving_share([each.success for each in seen])
    now, zone = session.now(), session.zone()
    names = ["before any", *(words.moment(each.at, now, zone) for each in seen)]
    finding = f"Of its newest instances {words.percent(shares[-1])} last; it is {known.trust.evolution.course.value}."
    with st.container(border=True):
        drawn = Chart("Share that lasts", lines(names, [("lasts", shares, 1.0)], unit="of 1"), finding)
        widgets.draw(card_title(drawn.title))
        widgets.chart(drawn, 200, f"pattern-course-{known.row.id}")
        widgets.note(finding)


def _seen(seen: Sequence[PatternSighting]) -> None:
    now, zone = session.now(), session.zone()
    widgets.draw(card_title(_seen_title(len(seen))))
    for each in seen[:MOST_SHOWN]:
        kept = f"stands after {words.plural(each.stood, 'commit')}" if each.success else "taken back"
        place = join(tick("ok" if each.success else "bad"), span(f" {each.path}:{each.line}", cls="sg-mono"))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            widgets.draw(place, span(f" · {kept} · ", when(each.at, now, zone), cls="sg-muted"))
            if each.kind == PROPOSAL:
                if st.button(f"Proposal {each.ref}", key=f"seen-{each.id}", type="tertiary"):
                    widgets.open_page("proposals", proposal=each.ref)
            elif st.button(f"Commit {each.ref[:8]}", key=f"seen-{each.id}", type="tertiary"):
                widgets.open_page("graph", show="Modules", as_of=each.ref[:12])
    if not seen:
        widgets.draw(div("Not here yet: it was brought along.", cls="sg-quiet"))


def _seen_title(number: int) -> str:
    return "Where it was seen" if number <= MOST_SHOWN else f"Where it was seen, the newest {MOST_SHOWN} of {number}"


def _share(known: KnownPattern) -> str:
    trust = known.trust
    return f"{words.percent(trust.mean)} [{words.whole_percent(trust.low)}, {words.whole_percent(trust.high)}]"


def _origin(known: KnownPattern) -> str:
    learned = {"history": "learned from fix commits", "outcome": "learned from proposals", "import": "brought along"}
    return learned[known.row.origin]
