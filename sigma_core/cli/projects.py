"""`sigma project …`, `sigma issues`, `sigma ignore`: what is under care, and what is wrong with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli import history
from sigma_core.cli.expectation import expectation_document
from sigma_core.cli.frame import actor, emit, progress, system, table
from sigma_core.cli.pages import Offset, rest
from sigma_core.text import visible_line

if TYPE_CHECKING:
    from sigma_core.issues.tables import Issue

app = typer.Typer(no_args_is_help=True, help="Repositories under care.")
app.command("history")(history.history)

IssueId = Annotated[str, typer.Argument(metavar="ID", help="Of the issue.")]
ProjectOption = Annotated[str | None, typer.Option("--project", help="Id or name; all projects if left out.")]


@app.command("add")
def add(
    path: Annotated[
        Path,
        typer.Argument(help="A git repository, or a project in a folder of one."),
    ],
    name: Annotated[str | None, typer.Option(help="Its name here; the folder's if left out.")] = None,
    test_command: Annotated[str | None, typer.Option(help="How to run its tests.")] = None,
    python: Annotated[str | None, typer.Option(help="Interpreter that has its dependencies.")] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Build an environment for it (needs the network, in the sandbox).")
    ] = False,
) -> None:
    """Register a git repository."""
    with progress() as show:
        show("building an environment" if install else "reading the repository")
        project = system().projects.service.add(
            path, name=name, test_command=test_command, python=_located(python), install=install, actor=actor()
        )
    document = {
        "project_id": project.id,
        "name": project.name,
        "path": project.path,
        "folder": project.folder,
        "head": project.head,
        "python": project.python,
        "test_command": project.test_command,
    }
    emit(document, [f"Project {project.id}: {project.name} at {project.head[:8]} ({project.place})"])


def _located(python: str | None) -> str | None:
    """A path is meant from here; a bare name is looked for on the PATH."""
    return str(Path(python).expanduser().absolute()) if python and len(Path(python).parts) > 1 else python


@app.command("list")
def list_() -> None:
    """Projects under care."""
    projects = system().projects.service.list()
    document = [
        {
            "project_id": each.id,
            "name": each.name,
            "path": each.path,
            "folder": each.folder,
            "head": each.head,
            "python": each.python,
        }
        for each in projects
    ]
    rows = [(each.id, each.name, each.head[:8], each.place) for each in projects]
    empty = ["No projects yet. Register one: sigma project add PATH"]
    emit({"projects": document}, table(("id", "name", "head", "path"), rows) if rows else empty)


@app.command("remove")
def remove(project: Annotated[str, typer.Argument(help="Id or name.")]) -> None:
    """Stop looking after a project; its history stays readable."""
    removed = system().remove_project(project, actor=actor())
    emit(
        {"project_id": removed.id, "name": removed.name, "removed": True}, [f"{removed.name} is no longer under care."]
    )


@app.command("permit")
def permit(
    project: Annotated[str, typer.Argument(help="Id or name.")],
    reduced_sandbox: Annotated[
        bool | None, typer.Option(help="Run its code at the reduced grade where full isolation is not to be had.")
    ] = None,
    trusted: Annotated[bool | None, typer.Option(help="Let reduced-grade evidence lead to approval.")] = None,
    model: Annotated[bool | None, typer.Option(help="Send its text to the model server.")] = None,
    autonomy: Annotated[str | None, typer.Option(help="propose, or commit approved fixes to branches.")] = None,
    noticed_share: Annotated[
        float | None, typer.Option(help="Share of the mutants (0 to 1) that its tests must notice.")
    ] = None,
    no_difference: Annotated[
        bool | None,
        typer.Option(
            "--no-difference-suffices/--tests-needed", help="Let no difference found stand for a missing test."
        ),
    ] = None,
) -> None:
    """Change what SIGMA may do with a project."""
    changed = system().projects.service.permit(
        project,
        actor=actor(),
        reduced_sandbox=reduced_sandbox,
        trusted=trusted,
        model_allowed=model,
        autonomy=autonomy,
        noticed_share=noticed_share,
        no_difference_suffices=no_difference,
    )
    document = {
        "project_id": changed.id,
        "name": changed.name,
        "reduced_sandbox": changed.reduced_sandbox,
        "trusted": changed.trusted,
        "model_allowed": changed.model_allowed,
        "autonomy": changed.autonomy,
        "noticed_share": changed.noticed_share,
        "no_difference_suffices": changed.no_difference_suffices,
    }
    emit(document, [f"{name}: {value}" for name, value in document.items() if name != "project_id"])


def issues(
    project: ProjectOption = None,
    state: Annotated[str | None, typer.Option(help="open, fixed, reopened or ignored.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 1000,
    offset: Offset = 0,
) -> None:
    """Issues, the most worth mending first: by severity, how likely it is wanted and proved, and what that costs."""
    from sigma_core.issues.triage import expected_value

    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    found = sigma.issues.service.list(project_id=project_id, state=state, limit=limit, offset=offset)
    counts = sigma.issues.service.counts(project_id)
    total = sum(counts.values()) if state is None else counts[state]
    policies = {key: sigma.issues.rule_preferences.policy(key) for key in {each.project_id for each in found}}
    expected = sigma.issues.service.expected(found)
    worth = {each.id: expected_value(each, expected.get(each.id or 0)) for each in found}
    document = [
        {
            "issue_id": each.id,
            "project_id": each.project_id,
            "fingerprint": each.fingerprint,
            "rule": each.rule,
            "detector": each.detector,
            "family": each.family,
            "file": each.file,
            "line": each.line,
            "severity": each.severity,
            "state": each.state,
            "message": each.message,
            "choice": each.choice,
            "withheld": policies[each.project_id].why_withheld(each),
            "expected_value": round(worth[each.id], 4),
            "expected": expectation_document(expected.get(each.id or 0)),
        }
        for each in found
    ]
    rows = [
        (
            each.id,
            each.severity,
            f"{worth[each.id]:.2f}",
            each.state,
            each.rule,
            f"{visible_line(each.file)}:{each.line}",
            each.message,
        )
        for each in found
    ]
    empty = ["No more issues." if total else "No issues known. Look for some: sigma run"]
    header = ("id", "severity", "worth", "state", "rule", "place", "message")
    lines = table(header, rows) if rows else empty
    emit({"issues": document, "total": total}, [*lines, *rest(len(found), offset, total)])


def ignore(issue_id: IssueId, reason: Annotated[str, typer.Option(help="Why nobody shall mend it.")]) -> None:
    """Leave an issue as it is, whatever later commits do; no fix is proposed for it."""
    _turned(system().issues.service.ignore(issue_id, reason, actor()))


def fix(issue_id: IssueId) -> None:
    """Have the next fix written for this issue, before all others; the scheduler takes it up."""
    run = system().fix_now(issue_id, actor=actor())
    emit({"issue_id": issue_id, "run_id": run.id}, [f"Run {run.id} writes the next fix for issue {issue_id}."])


def unignore(issue_id: IssueId) -> None:
    """Let an ignored issue count again."""
    _turned(system().issues.service.unignore(issue_id, actor()))


def _turned(issue: "Issue") -> None:
    place = f"{issue.rule} at {issue.file}:{issue.line}"
    emit({"issue_id": issue.id, "state": issue.state}, [f"Issue {issue.id} is {issue.state} now: {place}"])
