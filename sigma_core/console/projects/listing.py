"""One card a project: where it is, what is known of its newest commit, what may be done with it."""

from collections.abc import Iterator, Sequence

import streamlit as st

from sigma_core.console import paging, session, widgets, words
from sigma_core.console.components.blocks import facts, page_head
from sigma_core.console.components.signs import when
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.console.projects import forms
from sigma_core.projects.sample import is_ours
from sigma_core.projects.tables import Project
from sigma_core.runtime.views import ProjectLine

SHOWN = 20
"""Projects on a page."""
SEVERITIES = ("critical", "error", "warning", "info")


def head(lines: Sequence[ProjectLine]) -> Html:
    """How many, and how many of them are still to be looked at."""
    fresh = sum(line.snapshot is None for line in lines)
    issues = sum(sum(line.open_issues.values()) for line in lines)
    tail = f" {words.plural(fresh, 'project')} not analysed yet." if fresh else ""
    lead = f"{words.plural(len(lines), 'project')} under care."
    return page_head("Projects", element("strong", lead), f" {words.plural(issues, 'open issue')}.{tail}")


def rows(lines: Sequence[ProjectLine]) -> None:
    """The cards, some on each page."""
    offset = paging.offset("page", len(lines), SHOWN)
    for line in lines[offset : offset + SHOWN]:
        project = line.project
        with st.container(border=True):
            widgets.head(_title(line), lambda line=line: _buttons(line), key=line.project.name)  # type: ignore[misc]
            widgets.draw(div(facts(_project_figures(line)), facts(_care(project)), cls="sg-pair"))


def _title(line: ProjectLine) -> Html:
    return div(
        div(span(line.project.name, cls="sg-object"), cls="sg-verdict"),
        div(line.project.place, cls="sg-muted sg-mono"),
    )


def _buttons(line: ProjectLine) -> None:
    project = line.project
    if line.needs_person:
        label = f"{words.plural(line.needs_person, 'proposal')} waiting"
        if st.button(label, key=f"waiting-{project.id}", type="tertiary"):
            widgets.open_page("proposals", state="Needs a person", project=project.name)
    if widgets.act("Permissions…", key=f"permit-{project.id}"):
        forms.permit(project)
    if widgets.act("Remove…", key=f"remove-{project.id}"):
        forms.remove(project)


def _project_figures(line: ProjectLine) -> Iterator[tuple[str, object]]:
    now, zone = session.now(), session.zone()
    snapshot = line.snapshot
    yield "Newest commit", span(line.project.head[:10], cls="sg-mono")
    if snapshot is None:
        yield "Analysed", "not yet: analysis does it in its next run"
        return
    behind = "" if snapshot.commit == line.project.head else f", commit {snapshot.commit[:10]}"
    yield "Analysed", join(when(snapshot.created_at, now, zone), behind)
    yield "Size", f"{words.plural(snapshot.files, 'file')}, {words.plural(snapshot.lines, 'line')}"
    if snapshot.skipped:
        file, why = next(iter(snapshot.skipped.items()))
        yield "Not analysed", f"{words.plural(len(snapshot.skipped), 'file')}, first {file}: {why}"
    if spots := line.blind_spots:
        yield "Not seen", span(". ".join(f"{spot[:1].upper()}{spot[1:]}" for spot in spots), cls="sg-text-warn")
    yield "Open issues", _issues(line.open_issues)


def _issues(counts: dict[str, int]) -> Html:
    shown = [(severity, counts[severity]) for severity in SEVERITIES if counts.get(severity)]
    if not shown:
        return join("none")
    tone = {"critical": "sg-text-bad", "error": "sg-text-bad"}
    parts = [span(words.of_severity(number, severity), cls=tone.get(severity, "")) for severity, number in shown]
    return join(*(join(" · ", part) if index else part for index, part in enumerate(parts)))


def _set(value: str | None) -> object:
    return span(value, cls="sg-mono") if value else "detected automatically"


def _care(project: Project) -> Iterator[tuple[str, object]]:
    yield "Test command", _set(project.test_command)
    yield "Interpreter", _set(project.python)
    if project.unready:
        yield "Tests", span(project.unready, cls="sg-text-warn")
    yield "Model server", "may be sent its text" if project.model_allowed else "is never sent its text"
    yield "Sandbox", _sandbox(project)
    yield "Approved fixes", _autonomy(project.autonomy)
    if project.noticed_share is not None:
        yield "Mutants to notice", words.percent(project.noticed_share)
    if project.no_difference_suffices is not None:
        yield "No difference found", "may stand for a test" if project.no_difference_suffices else "stands for no test"


def _autonomy(own: str | None) -> str:
    said = {"commit": "committed to a branch", "propose": "only proposed"}
    return said[own] if own else f"{said[session.system().settings.autonomy]}, the default for all projects"


def _sandbox(project: Project) -> str:
    if is_ours(project.head):
        return "full isolation, or reduced: the code is SIGMA's own sample"
    if not project.reduced_sandbox:
        return "full isolation only"
    return "reduced allowed, code trusted" if project.trusted else "reduced allowed, then a person decides"
