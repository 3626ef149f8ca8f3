"""`sigma learn`, `sigma outcomes`: what was learned from history and outcomes, and what became of changes."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.expectation import expectation_document
from sigma_core.cli.frame import actor, emit, progress, system, table
from sigma_core.cli.pages import Offset
from sigma_core.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sigma_core.learning.tables import TrackRecord
    from sigma_core.proposals.outcomes.ledger import ListedOutcome


def learn(
    project: Annotated[str | None, typer.Option(help="Id or name; all projects if left out.")] = None,
    seconds: Annotated[
        float, typer.Option(min=0, max=86400, help="How long to look back in each project's past; goes on next time.")
    ] = 600.0,
) -> None:
    """Learn from history and outcomes, now: what the learning worker does on its schedule."""
    sigma = system()
    chosen = [sigma.projects.service.get(project)] if project else sigma.projects.service.list()
    if not chosen:
        raise Conflict("No project is under care yet; register one: sigma project add PATH")
    runs, read = [], {}
    with sigma.cycles() as cycle, progress() as show:
        for each in chosen:
            fresh = sigma.projects.service.refresh(each)
            sigma.proposals.following.follow(fresh, show)
            read[each.name] = sigma.learning.past.read(fresh, budget_s=seconds, tell=show)
        runs = [cycle("learning", each, actor(), show) for each in chosen]
    records = [(each, record) for each in chosen for record in sigma.learning.service.track_records(each.id or 0)]
    priors = [(each, row) for each in chosen for row in sigma.learning.expectations.of(each.id or 0)]
    document = {
        "patterns": [{"project": each.name, **_track_record(record)} for each, record in records],
        "priors": [{"project": each.name, **expectation_document(row)} for each, row in priors],
        "past": {
            name: {"samples": each.samples, "lives": each.lives, "complete": each.is_complete}
            for name, each in read.items()
        },
        "runs": [{"run_id": each.id, "project_id": each.project_id, "status": each.state} for each in runs],
    }
    lines = []
    for name, figures in read.items():
        more = "" if figures.is_complete else "; the rest is read when this is called again"
        lines.append(f"{name}: {figures.lives} issues followed over {figures.samples} commits of its past{more}.")
    from sigma_core.issues.expectation_words import basis

    rows = [
        (each.name, row.rule, f"{row.wanted:.0%}", f"{row.low:.0%}-{row.high:.0%}", basis(row))
        for each, row in priors
        if not row.fixer
    ]
    emit(document, [*lines, "", *table(("project", "rule", "wanted", "90 %", "rests on"), rows)])
    if any(each.state == "error" for each in runs):
        raise typer.Exit(1)


def outcomes(
    project: Annotated[str | None, typer.Option(help="Id or name; every project if left out.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kinds, apart by commas: reached, survived_10, reverted, …")] = None,
    rule: Annotated[str | None, typer.Option(help="Of changes for this rule.")] = None,
    taken: Annotated[
        bool | None, typer.Option("--taken/--refused", help="Of changes that maintainers took and kept, or did not.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    offset: Offset = 0,
) -> None:
    """What became of changes, the newest first."""
    from sigma_core.proposals.outcomes.kinds import OutcomeKind

    try:
        kinds = [OutcomeKind(each.strip()) for each in kind.split(",")] if kind else []
    except ValueError:
        raise Invalid({"kind": f"one of {', '.join(OutcomeKind)}"}) from None
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    found = sigma.proposals.ledger.list(project_id, kinds=kinds, rule=rule, taken=taken, limit=limit, offset=offset)
    rows = [
        (
            f"{each.outcome.at:%Y-%m-%d}",
            each.outcome.kind,
            each.outcome.how,
            str(each.outcome.proposal_id),
            each.rule or "",
            (each.outcome.commit or "")[:10],
            each.title,
        )
        for each in found
    ]
    header = ("when", "what", "how", "proposal", "rule", "commit", "title")
    empty = "Nothing is known yet: outcomes are found when analysis looks at new commits."
    emit({"outcomes": [_outcome(each) for each in found]}, table(header, rows) if rows else [empty])


def _track_record(record: "TrackRecord") -> dict[str, Any]:
    return {
        "name": record.name,
        "rule": record.rule,
        "fixer": record.fixer,
        "successes": record.successes,
        "failures": record.failures,
        "confidence": record.confidence,
        "applicability": record.applicability,
    }


def _outcome(each: "ListedOutcome") -> dict[str, Any]:
    row = each.outcome.model_dump(mode="json", exclude={"id"})
    return {**row, "title": each.title, "rule": each.rule, "fixer": each.fixer, "is_taken": each.is_taken}
