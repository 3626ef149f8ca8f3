"""`sigma experiment …`: what the dreamer tries, what it has shown, and what follows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.cli.pages import Offset, rest

if TYPE_CHECKING:
    from sigma_core.experiments.tables import Experiment

app = typer.Typer(no_args_is_help=True, help="Experiments: what was tried, what it has shown, what follows.")

Key = Annotated[str, typer.Argument(metavar="ID", help="As `sigma experiment list` names it.")]


@app.command("list")
def list_(
    project: Annotated[str | None, typer.Option(help="Id or name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    offset: Offset = 0,
) -> None:
    """Experiments, newest first."""
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    found = sigma.experiments.service.list(project_id=project_id, limit=limit, offset=offset)
    total = sigma.experiments.service.count(project_id=project_id)
    rows = ((each.id, each.name, each.scope, each.verdict, _change(each), each.standing) for each in found)
    none = ["No experiment yet: the dreamer compares what was decided with knowledge and without."]
    lines = table(("id", "experiment", "in", "verdict", "improvement", "standing"), rows) if found else none
    document = {"experiments": [_document(each) for each in found], "total": total}
    emit(document, [*lines, *rest(len(found), offset, total)])


@app.command()
def show(key: Key) -> None:
    """Hypothesis, baseline, result and verdict."""
    _show(system().experiments.service.get(key))


@app.command()
def promote(key: Key, reason: Annotated[str | None, typer.Option(help="Why, for the record.")] = None) -> None:
    """Use what was tried; only where its interval leaves zero out."""
    _show(system().experiments.service.promote(key, actor=actor(), reason=reason))


@app.command()
def rollback(key: Key, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Do without what was tried."""
    _show(system().experiments.service.roll_back(key, actor=actor(), reason=reason))


@app.command()
def propose(
    tunable: Annotated[str, typer.Argument(help="As `sigma experiment tunables` names it.")],
    to: Annotated[list[str], typer.Option(help="What to try; may be given up to four times.")],
    hypothesis: Annotated[str, typer.Option(help="What should become better, and why.")],
    outcome: Annotated[str | None, typer.Option(help="What decides; the tunable's first if left out.")] = None,
    minimal_effect: Annotated[float, typer.Option(help="Improvement (0–1) below which it is not worth it.")] = 0.05,
    sample_size: Annotated[int, typer.Option(help="Units after which no difference counts as none.")] = 400,
    calls: Annotated[int, typer.Option(help="Model calls that the candidates may cost.")] = 5000,
    usd: Annotated[float, typer.Option(help="USD that the candidates may cost.")] = 5.0,
    project: Annotated[str | None, typer.Option(help="Id or name; everywhere if left out.")] = None,
    start: Annotated[bool, typer.Option("--start", help="Begin at once.")] = False,
) -> None:
    """Write down what is to be tried by lot, and by what it is judged."""
    from sigma_core.experiments.trial_terms import TrialBudget, TrialPlan, TrialTerms

    sigma = system()
    known = sigma.experiments.trials.registry.get(tunable)
    terms = TrialTerms(
        outcome or known.outcomes[0],
        minimal_effect=minimal_effect,
        sample_size=sample_size,
        budget=TrialBudget(calls, usd),
    )
    plan = TrialPlan(known.name, tuple(known.parsed(each) for each in to), hypothesis, terms)
    project_id = sigma.projects.service.get(project).id if project else None
    proposed = sigma.experiments.trials.propose(plan, project_id, actor=actor())
    _show(sigma.experiments.trials.start(proposed.id or 0, actor=actor()) if start else proposed)


@app.command()
def start(key: Key, reason: Annotated[str | None, typer.Option(help="Why, for the record.")] = None) -> None:
    """Let runs draw their arm from now on."""
    _show(system().experiments.trials.start(key, actor=actor(), reason=reason))


@app.command()
def stop(key: Key, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """End it undecided: everything stays as it was before."""
    _show(system().experiments.trials.stop(key, actor=actor(), reason=reason))


@app.command()
def tunables(project: Annotated[str | None, typer.Option(help="Id or name.")] = None) -> None:
    """What may be experimented with: bounds, default, what is set now."""
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    values = sigma.experiments.values
    found = [
        {
            "name": each.name,
            "about": each.about,
            "reader": each.reader,
            "bounds": each.bounds,
            "default": each.default,
            "now": values.in_force(each, project_id),
            "risk": each.risk,
            "outcomes": list(each.outcomes),
        }
        for each in sigma.experiments.trials.registry
    ]
    rows = [tuple(each[name] for name in ("name", "now", "default", "bounds", "risk")) for each in found]
    emit({"tunables": found}, [*table(("tunable", "now", "default", "bounds", "risk"), rows)])


def _show(experiment: "Experiment") -> None:
    emit({"experiment": _document(experiment)}, _lines(experiment))


def _document(experiment: "Experiment") -> dict[str, object]:
    document = experiment.model_dump(exclude={"id", "low", "high"})
    interval = None if experiment.low is None else [experiment.low, experiment.high]
    return {"experiment_id": experiment.id, **document, "interval": interval}


def _arms(experiment: "Experiment") -> Iterator[str]:
    for at, arm in enumerate(experiment.arms):
        share = f", gets {100 * experiment.shares[at]:.0f} %" if experiment.shares else ""
        known = f"{arm['good']} of {arm['n']} went well" if arm["n"] else "nothing known yet"
        name = "baseline " if at == 0 else "candidate"
        what = f"{experiment.tunable} = {arm['setting']}" if experiment.tunable else arm["setting"]
        yield f"{name}   {what}: {known}{share}"


def _lines(experiment: "Experiment") -> Iterator[str]:
    yield f"{experiment.id} {experiment.name} ({experiment.worker}, {experiment.scope}, risk {experiment.risk})"
    yield f"hypothesis  {experiment.hypothesis}"
    yield f"approach    {experiment.approach}"
    yield from _arms(experiment)
    yield f"baseline    {_share(experiment.baseline)}"
    yield f"result      {_share(experiment.result)}"
    yield f"verdict     {experiment.verdict}, {experiment.metric} {_change(experiment)}"
    by = f" by {experiment.decided_by}: {experiment.reason or 'no reason given'}" if experiment.decided_by else ""
    yield f"standing    {experiment.standing}{by}"
    yield f"to undo     {experiment.rollback_plan}"
    yield f"measured    {moment(experiment.changed_at)}"


def _share(figures: dict[str, float | None]) -> str:
    value = figures.get("value")
    return "nothing decided" if value is None else f"{100 * value:.1f} % of {figures['n']} decided"


def _change(experiment: "Experiment") -> str:
    if experiment.improvement is None:
        return "–"
    change, low, high = (100 * (share or 0.0) for share in (experiment.improvement, experiment.low, experiment.high))
    return f"{change:+.1f} points (95 % {low:+.1f} to {high:+.1f})"
