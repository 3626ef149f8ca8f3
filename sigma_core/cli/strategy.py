"""`sigma strategy …`: questions to the whole graph, their answers and how they compare."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, moment, progress, system, table, wants_json
from sigma_core.errors import Invalid
from sigma_core.formatting import duration

if TYPE_CHECKING:
    from sigma_core.experiments.run_comparison import Comparison
    from sigma_core.experiments.tables import StrategyRun

app = typer.Typer(no_args_is_help=True, help="Strategies: ask the whole graph, compare what they find.")

Key = Annotated[str, typer.Argument(metavar="ID", help="As `sigma strategy runs` names it.")]
Worker = Annotated[str, typer.Option(help="In whose name: analysis, dream, think, learning, recall.")]
InProject = Annotated[str | None, typer.Option(help="Id or name; all that is known if left out.")]


@app.command("list")
def list_(worker: Annotated[str | None, typer.Option(help="Only those it may run.")] = None) -> None:
    """Strategies with their risk, metrics and parameters."""
    found = system().experiments.strategy_catalog.described(worker)
    lines: list[str] = []
    for each in found:
        lines.append(f"{each['name']}  (risk {each['risk']}; {', '.join(each['workers'])})")
        lines.append(f"    {each['description']}")
        lines += [f"    {line}" for line in _parameters(each["parameters"])]
    emit({"strategies": found}, lines)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="As `sigma strategy list` names it.")],
    worker: Worker,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A parameter.")] = None,
    project: InProject = None,
) -> None:
    """Run one here and now."""
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    with progress() as show:
        done = sigma.experiments.strategy_runs.run(
            name, worker, _given(set_ or ()), actor=actor(), project_id=project_id, tell=show
        )
    _show(done)


@app.command()
def recommend(
    worker: Worker,
    context: Annotated[str | None, typer.Option(help="What the work is about, as risk_assessment.")] = None,
) -> None:
    """Which strategy to run next, and why."""
    advice = system().experiments.strategy_runs.recommend(worker, context)
    records = {
        name: {"useful": each.useful, "tried": each.tried, "expected": round(each.expected, 4)}
        for name, each in advice.records.items()
    }
    rows = ((name, each["useful"], each["tried"], f"{each['expected']:.0%}") for name, each in records.items())
    lines = [advice.reason, *(table(("strategy", "of use", "tried", "expected"), rows) if records else ())]
    emit({"strategy": advice.strategy, "reason": advice.reason, "records": records}, lines)


@app.command()
def runs(
    worker: Annotated[str | None, typer.Option()] = None,
    strategy: Annotated[str | None, typer.Option(help="Its name.")] = None,
    status: Annotated[str | None, typer.Option(help="queued, running, success, error or cancelled.")] = None,
    saved: Annotated[bool, typer.Option("--saved", help="Only saved ones.")] = False,
    project: InProject = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    before: Annotated[int | None, typer.Option(help="Go on after the run of this id.")] = None,
) -> None:
    """What was run, newest first."""
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    found = sigma.experiments.strategy_runs.record.list(
        worker=worker,
        strategy=strategy,
        status=status,
        saved=True if saved else None,
        project_id=project_id,
        limit=limit,
        before_id=before,
    )
    rows = (
        (
            each.id,
            each.strategy,
            each.worker,
            each.status,
            moment(each.queued_at),
            _took(each),
            each.summary or each.error,
        )
        for each in found
    )
    none = ["Nothing was run yet; try: sigma strategy recommend --worker think"]
    header = ("id", "strategy", "worker", "status", "asked", "took", "what came of it")
    lines = table(header, rows) if found else none
    more = [f"More, if there are: --before {found[-1].id}"] if len(found) == limit else []
    emit({"runs": [document(each, whole=False) for each in found]}, [*lines, *more])


@app.command()
def rerun(key: Key) -> None:
    """Run one once more, here and now, with the same parameters."""
    sigma = system()
    with progress() as show:
        done = sigma.experiments.strategy_runs.run_again(key, actor=actor(), tell=show)
    _show(done)


@app.command()
def compare(first: Key, second: Key) -> None:
    """The second beside the first: metrics, parameters, entities."""
    found = system().experiments.strategy_runs.record.compare(first, second)
    emit(_compared(found), _compared_lines(found))


@app.command()
def show(key: Key) -> None:
    """All of a run; with --json the whole result."""
    record = system().experiments.strategy_runs.record
    _show(record.get(key) if wants_json() else record.opened(key))


@app.command()
def save(key: Key, undo: Annotated[bool, typer.Option("--undo", help="Keep it no longer.")] = False) -> None:
    """Keep a run whatever its age."""
    _show(system().experiments.strategy_runs.record.save(key, saved=not undo, actor=actor()))


@app.command()
def judge(key: Key, useful: Annotated[bool, typer.Option("--useful/--useless", help="Was its result of use?")]) -> None:
    """Say whether a result was of use: it counts for what is recommended."""
    _show(system().experiments.strategy_runs.record.judge(key, useful=useful, actor=actor()))


def document(run: "StrategyRun", *, whole: bool = True) -> dict[str, Any]:
    """A run for programs; without `whole` it lacks the result."""
    left_out = {"id", "digest", "run_id", "cancel_requested"} | (set() if whole else {"result"})
    shown = {"run_id": run.id, **run.model_dump(exclude=left_out)}
    return {**shown, "result": run.result or {}} if whole else shown


def _given(words: Sequence[str]) -> dict[str, Any]:
    """Parameters as they were typed: lists, objects and null as JSON, all else as text."""
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Invalid({"set": f"{word!r} is not KEY=VALUE"})
        given[name] = _value(value)
    return given


def _value(text: str) -> object:
    if text == "null" or text[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _show(run: "StrategyRun") -> None:
    emit(document(run), _lines(run))


def _lines(run: "StrategyRun") -> Iterator[str]:
    yield f"Run {run.id}: {run.strategy} for {run.worker}, {run.status}, {_took(run)}{', saved' if run.saved else ''}."
    yield from (f"  {name} = {value}" for name, value in run.parameters.items() if value not in (None, []))
    yield from filter(None, (run.error, run.summary, run.cut))
    rows = (
        (name, _figure(each["value"]), each["n"], each["better"], each["note"]) for name, each in run.metrics.items()
    )
    yield from table(("metric", "value", "n", "better", "note"), rows)


def _took(run: "StrategyRun") -> str:
    return "–" if run.duration_ms is None else duration(run.duration_ms)


def _figure(value: float | None) -> str:
    return "not available" if value is None else f"{value:.4g}"


def _parameters(schema: dict[str, Any]) -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        default = f" (default {each['default']})" if each.get("default") is not None else ""
        yield f"{name}: {each.get('description', '')}{default}"


def _compared(found: "Comparison") -> dict[str, Any]:
    return {
        "first": found.first.id,
        "second": found.second.id,
        "metrics": {
            each.name: {
                "first": each.first,
                "second": each.second,
                "difference": each.difference,
                "better": each.better,
                "verdict": each.verdict,
            }
            for each in found.metrics
        },
        "parameters": {name: list(both) for name, both in found.parameters.items()},
        "only_first": list(found.only_first),
        "only_second": list(found.only_second),
    }


def _compared_lines(found: "Comparison") -> Iterator[str]:
    first, second = f"run {found.first.id}", f"run {found.second.id}"
    rows = ((each.name, _figure(each.first), _figure(each.second), each.verdict) for each in found.metrics)
    yield from table(("metric", first, second, f"{second} is"), rows)
    yield from (f"{name}: {one} → {other}" for name, (one, other) in found.parameters.items())
    for names, run in ((found.only_first, first), (found.only_second, second)):
        if names:
            yield f"only in {run}: {', '.join(names)}"
