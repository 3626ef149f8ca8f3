"""One issue: what it is and where, the code, its life, its proposals, and what a person does about it."""

from collections.abc import Iterator, Sequence
from functools import partial

import streamlit as st

from sigma_core.console import frame, incidents, session, widgets, words
from sigma_core.console.components.blocks import card, card_title, facts, notice, page_head
from sigma_core.console.components.code import code_lines
from sigma_core.console.components.signs import chip, when
from sigma_core.console.issues.columns import SEVERITY_TONES
from sigma_core.console.issues.expected import expected_card
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.errors import SigmaError
from sigma_core.issues.tables import Issue, IssueLife, IssueState
from sigma_core.issues.triage import UNMENDED
from sigma_core.projects.tables import Project
from sigma_core.proposals.listing import ProposalLine

_AROUND = 6
_ASKED, _REASON = "issues.ignoring", "ignore-reason"


def draw(issue: Issue) -> None:
    """The whole page."""
    system = session.system()
    project = system.projects.service.get(issue.project_id)
    frame.name_tab(f"Issue {issue.id}: {issue.message}")
    widgets.crumb("issue", "Issues", f"{issue.id} · {project.name}")
    widgets.head(_head(issue), lambda: _buttons(issue))
    if issue.wanted_by:
        widgets.draw(notice("Asked for.", f"{issue.wanted_by} wants a fix; dream writes it first, where it can."))
    if issue.note:
        widgets.draw(notice("Ignored.", issue.note))
    _code(project, issue)
    widgets.draw(div(card("About it", facts(_facts(issue))), expected_card(issue), cls="sg-pair"))
    widgets.draw(card("In the code", _lives(issue)))
    _proposals(system.runtime.status.proposals_for(issue.id or 0))
    _ignoring(issue)


def _head(issue: Issue) -> Html:
    verdict = div(
        chip(words.headed(issue.severity), SEVERITY_TONES[issue.severity]),
        span(words.headed(issue.state)),
        span(issue.rule, cls="sg-mono"),
        span(f"{issue.file}:{issue.line}", cls="sg-mono"),
        cls="sg-verdict",
    )
    return join(page_head(issue.message), verdict)


def _buttons(issue: Issue) -> None:
    if issue.state in UNMENDED:
        widgets.act("Ignore…", key="ignore", on_click=lambda: st.session_state.update({_ASKED: issue.id}))
        fix = partial(session.system().fix_now, issue.id or 0, actor=session.actor())
        widgets.act(
            "Fix this now",
            key="fix-now",
            type="primary",
            disabled=issue.wanted_by is not None,
            help="dream writes a fix for it before all others; think proves it.",
            on_click=incidents.attempt,
            args=(fix, "Fix requested"),
        )
    elif issue.state == IssueState.IGNORED:
        back = partial(session.system().issues.service.unignore, issue.id or 0, session.actor())
        widgets.act("Count again", key="unignore", on_click=incidents.attempt, args=(back, "Counts again"))


def _code(project: Project, issue: Issue) -> None:
    place = f"{issue.file} at {project.head[:8]}"
    try:
        text = session.system().projects.service.clone(project).read(project.head, issue.file).decode(errors="replace")
    except SigmaError as error:
        widgets.draw(card("Code", div(str(error), cls="sg-quiet"), aside=place))
        return
    first = max(issue.line - _AROUND, 1)
    lines = text.splitlines()[first - 1 : issue.end_line + _AROUND]
    marked = range(issue.line, issue.end_line + 1) if issue.state != IssueState.FIXED else range(0)
    widgets.draw(card("Code", code_lines(lines, first, marked), aside=place))


def _facts(issue: Issue) -> Iterator[tuple[str, object]]:
    now, zone = session.now(), session.zone()
    yield "Kind", issue.family.replace("_", " ")
    yield "Found by", issue.detector
    if issue.symbol:
        yield "Defined in", span(issue.symbol, cls="sg-mono")
    if issue.severity != issue.found_severity and issue.found_severity:
        yield "Severity", f"{issue.severity}, judged; {issue.found_severity} by its rule"
    if issue.priority is not None:
        yield "Priority", f"{issue.priority:.2f}"
    if issue.judgement:
        yield "Judged", str(issue.judgement.get("reason", ""))
    yield "Own fix", issue.applicability or "none"
    yield "Opened", join(when(issue.opened_at, now, zone), f" at {issue.opened_commit[:8]}")
    yield "Last seen", f"at {issue.seen_commit[:8]}"
    yield "Changed", when(issue.changed_at, now, zone)


def _lives(issue: Issue) -> Html:
    lives = session.system().issues.service.lives(issue.id or 0)
    if not lives:
        return div("Its place in the history has not been read yet.", cls="sg-quiet")
    return div(*map(_life, lives))


def _life(life: IssueLife) -> Html:
    now, zone = session.now(), session.zone()
    since = "since" if life.is_since_known else "since, at the latest,"
    until = None
    if life.until_at is not None:
        until = join(" until ", when(life.until_at, now, zone), f" ({(life.until_commit or '')[:8]})")
    return div(
        span(life.place, cls="sg-mono"),
        div(f"{since} ", when(life.since_at, now, zone), f" ({life.since_commit[:8]})", until, cls="sg-muted"),
        cls="sg-dispute",
    )


def _proposals(lines: Sequence[ProposalLine]) -> None:
    with st.container(border=True, gap=None, key="sg-rows-issue-proposals"):
        widgets.draw(card_title("Proposals"))
        for line in lines:
            told = " · ".join(part for part in (str(line.id), line.reason.rstrip("."), line.origin) if part)
            if widgets.list_row(f"proposal-{line.id}", line.title, told, badge=widgets.state_badge(line.state)):
                widgets.open_page("proposals", proposal=line.id)
        if not lines:
            widgets.draw(element("p", "No fix has been proposed for it.", cls="sg-quiet"))


def _ignoring(issue: Issue) -> None:
    if st.session_state.get(_ASKED) == issue.id:
        st.dialog(f"Ignore issue {issue.id}", on_dismiss=_forget)(_body)(issue)


def _body(issue: Issue) -> None:
    incidents.answer()
    widgets.plain(issue.message, "Nobody mends it, whatever later commits do, and no fix is proposed for it.")
    with st.form("ignore", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button("Ignore", key="ignore-submit", type="primary", on_click=_ignore, args=(issue.id,))


def _ignore(issue_id: int) -> None:
    def ignore() -> None:
        reason = st.session_state.get(_REASON) or ""
        session.system().issues.service.ignore(issue_id, reason, session.actor())
        _forget()

    incidents.attempt(ignore, "Ignored")


def _forget() -> None:
    st.session_state.pop(_ASKED, None)
