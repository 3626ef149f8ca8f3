"""Is it healthy, what needs me, what happened, what does it cost."""

import streamlit as st

from sigma_core.console import actions, incidents, session, widgets, words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.lanes import lanes
from sigma_core.console.health import headline
from sigma_core.console.overview import cards

system = session.system()
project_id = session.project_id()


@incidents.live(5)
def head() -> None:
    status = system.runtime.status.system()
    widgets.head(headline("Overview", status), lambda: actions.of_the_schedule(status))


@incidents.live(5)
def needs_you() -> None:
    counts = system.runtime.status.proposal_counts(project_id)
    longest = system.runtime.status.waiting_longest(project_id, cards.SHOWN)
    failing = system.runtime.status.failing(project_id)
    with st.container(border=True, height="stretch", gap=None):
        oldest = next(iter(longest), None)
        widgets.draw(cards.needs_head(counts["needs_human"], oldest, len(failing), session.now()))
        for line in longest:
            if widgets.list_row(f"need-{line.id}", *cards.need(line, session.now()), icon=":material/rule:"):
                widgets.open_page("proposals", proposal=line.id)
        if counts["needs_human"] > len(longest) and st.button(
            f"All {words.count(counts['needs_human'])} proposals", key="all-needs", type="tertiary"
        ):
            widgets.open_page("proposals", state="Needs a person")
        for run in failing[: cards.SHOWN]:
            if widgets.list_row(f"fail-{run.id}", *cards.failure(run, session.now()), icon=":material/error:"):
                widgets.open_page("runs", run=run.id)


@incidents.live(2)
def workers() -> None:
    status = system.runtime.status.system(project_id)
    body = lanes(status.cycles, status.now, session.zone())
    widgets.draw(card("Workers, last hour", body, aside="updates every 2 s"))


head()
projects = system.projects.service.list()
if not projects:
    actions.first_project()
else:
    left, right = st.columns(2, gap="small")
    with left:
        needs_you()
    with right, st.container(border=True, height="stretch"):
        since = session.visits().since(session.actor())
        visited = since > min(project.created_at for project in projects)
        found = system.runtime.status.since(since, project_id)
        widgets.draw(cards.since_card(found, since, session.now(), session.zone(), visited=visited))
    widgets.draw(cards.figures(system.runtime.status.figures(project_id), system.settings.model))
    workers()
