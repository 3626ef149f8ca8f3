"""SIGMA as a whole: init, doctor, status, run."""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, home, moment, progress, system, table
from sigma_core.cli.withheld import withheld_in, withheld_lines
from sigma_core.errors import Conflict, Unavailable
from sigma_core.formatting import duration, plural
from sigma_core.jobs import WORKERS

if TYPE_CHECKING:
    from sigma_core.exchange.tables import WorkerKnowledgeState
    from sigma_core.projects.tables import Project
    from sigma_core.runtime.system import System
    from sigma_core.runtime.tables import Run

VECTORS_S = 20.0
"""Longest time a cycle by hand waits for vectors not made beside it; what is left, the next one goes on with."""
DRIFTS_SHOWN = 5
MARKS = {"ok": "✓", "missing": "✗", "off": "–"}


def init() -> None:
    """Migrate the database, load the built-in prompts, check the parts."""
    from sigma_core.runtime import doctor as parts

    sigma = system()
    store, model, graph = parts.database(sigma), parts.model(sigma), parts.graph(sigma)
    document = {
        "home": str(home()),
        "database": store.detail,
        "graph": graph.detail,
        "model": sigma.llm.model.name,
        "prompts_loaded": len(sigma.prompts.lookup.names()),
    }
    lines = [f"home      {home()}", *(f"{each.name:<9} {each.detail}" for each in (store, model, graph))]
    emit(document, [*lines, f"prompts   {document['prompts_loaded']} built in"])


def doctor() -> None:
    """What works, what is missing, and how to mend it."""
    from sigma_core.api import plugin_routes
    from sigma_core.console import plugin_pages
    from sigma_core.runtime.doctor import examine

    plugin_pages.installed()
    plugin_routes.installed()
    sigma = system()
    with progress() as show:
        checks = list(examine(sigma, show))
    document = [
        {"name": each.name, "status": each.health, "detail": each.detail, "mend": each.mend or None} for each in checks
    ]
    lines: list[str] = []
    width = max(len(each.name) for each in checks)
    for each in checks:
        lines.append(f"{MARKS[each.health]} {each.name:<{width}}  {each.detail}")
        if each.mend and each.health != "ok":
            lines.append(f"    → {each.mend}")
    settings = sigma.settings.shown()
    lines += ["", "Settings that are not the defaults:"]
    lines += [f"  {each['name']}={each['value']}" for each in settings if each["set"]]
    emit({"checks": document, "settings": settings}, lines)
    if any(each.health == "missing" for each in checks):
        raise typer.Exit(1)


def status() -> None:
    """Workers, queue, last runs and spend."""
    from sigma_core.graph.updater import figures
    from sigma_core.learning.drift.words import drift_sentence

    sigma = system()
    now, totals, kept = sigma.runtime.status.system(), sigma.runtime.status.figures(), sigma.exchange.service.kept()
    graph, vectors = figures(sigma.database), sigma.recall.maintenance.figures()
    drifts = sigma.learning.committee.drifts(limit=DRIFTS_SHOWN)
    spend, lines, lost = totals.spend, sigma.runtime.status.projects(), sigma.graph.loader.lost()
    document = {
        "scheduler": now.scheduler.name if now.scheduler and now.scheduler_alive else None,
        "queue_lag_s": now.waiting_s,
        "workers": [
            {
                "worker": each.name,
                "state": each.state,
                "paused": each.job.paused if each.job else None,
                "every_s": each.job.every_s if each.job else None,
                "last_run": each.last.finished_at if each.last else None,
                "last_status": each.last.state if each.last else None,
                "knowledge": _exchanged(kept.get(each.name)),
            }
            for each in now.workers
        ],
        "projects": [
            {
                "project_id": line.project.id,
                "name": line.project.name,
                "head": line.project.head,
                "blind_spots": line.blind_spots,
            }
            for line in lines
        ],
        "drifts": [each.model_dump(mode="json") for each in drifts],
        "models_failing": [each.model for each in sigma.llm.health.failing()],
        "totals": {
            "runs_waiting": now.backlog,
            "issues": sigma.issues.service.counts(),
            "accepted_7_days": totals.accepted,
            "model_calls_24_h": spend.calls,
            "unpriced_calls_24_h": spend.unpriced,
            "spend_24_h_usd": spend.nano_usd / 1e9,
            "graph_changes_waiting": graph.pending + graph.leased,
            "graph_lag_s": graph.lag_s,
            "graph_lost": lost,
            "vectors_waiting": vectors.waiting if vectors else None,
        },
    }
    rows = [
        (
            each.name,
            each.state,
            each.last.state if each.last else None,
            moment(each.last.finished_at if each.last else None),
            *_counts(kept.get(each.name)),
        )
        for each in now.workers
    ]
    scheduler = "at work" if now.scheduler_alive else "off (start it: sigma up)"
    since = f", the oldest for {duration(now.waiting_s * 1000)}" if now.backlog else ""
    head = f"Scheduler {scheduler}, {plural(now.backlog, 'run')} waiting{since}."
    lag = f", the oldest for {duration(graph.lag_s * 1000)}" if graph.lag_s else ""
    shown = f"Graph: {plural(graph.pending + graph.leased, 'change')} waiting{lag}."
    if lost:
        written = "it is" if now.scheduler_alive else "a scheduler or the next cycle has it"
        # Whether its files are lost or an older release wrote them: what is to be done is the same
        told = sigma.graph.loader.rows() + graph.pending + graph.leased + graph.set_aside
        shown += f" The graph lacks {lost} of {plural(told, 'thing')} it was told; {written} written again."
    if vectors and vectors.waiting:
        shown += f" {plural(vectors.waiting, 'text')} without a vector."
    header = ("worker", "state", "last run", "at", "told", "heard", "waiting", "dead")
    unseen = [f"{line.project.name}: {spot}" for line in lines for spot in line.blind_spots]
    names = {line.project.id: line.project.name for line in lines}
    moved = [f"Drift: {drift_sentence(each, names.get(each.project_id))}" for each in drifts]
    emit(document, [head, shown, *table(header, rows), *unseen, *moved])


def _exchanged(state: "WorkerKnowledgeState | None") -> dict[str, object] | None:
    """What a worker has exchanged; its snapshot is from its last exchange."""
    if state is None:
        return None
    return {
        "last_exchange": state.last_exchange_at,
        "published": state.published,
        "received": state.received,
        "acknowledged": state.acknowledged,
        "snapshot": state.snapshot,
    }


def _counts(state: "WorkerKnowledgeState | None") -> tuple[int | None, ...]:
    """Published, acknowledged, unfinished and dead."""
    if state is None:
        return (None,) * 4
    left = [state.snapshot.get(name, 0) for name in ("ready", "leased", "waiting")]
    return state.published, state.acknowledged, sum(left), state.snapshot.get("dead", 0)


def run(
    project: Annotated[str | None, typer.Option(help="Id or name; all projects if left out.")] = None,
    worker: Annotated[str | None, typer.Option(help="One worker only.")] = None,
) -> None:
    """One full cycle now, in this process."""
    sigma = system()
    chosen = [sigma.projects.service.get(project)] if project else sigma.projects.service.list()
    if not chosen:
        raise Conflict("No project is under care yet; register one: sigma project add PATH")
    done = _cycle(sigma, chosen, worker)
    _report(sigma, done)
    if any(each.state == "error" for each in done):
        raise typer.Exit(1)


def _cycle(sigma: "System", projects: "list[Project]", worker: str | None) -> "list[Run]":
    done = []
    names = [worker] if worker else WORKERS
    with sigma.cycles() as cycle, progress() as show, sigma.recall.maintenance.at_work():
        for project, name in product(projects, names):
            if name == "recall":
                # It looks for what the others have just said
                show("making vectors")
                sigma.recall.maintenance.tick(VECTORS_S)
            show(f"{name}: {project.name}")
            done.append(cycle(name, project, actor(), partial(_say, show, name)))
        show("writing to the graph")
        _show_in_graph(sigma)
        show("making vectors")
        sigma.recall.maintenance.tick(VECTORS_S)
        if worker is None:
            # While the graph is at hand: the next cycle finds the answers
            for project in projects:
                sigma.workers.strategy_experiments.all(project, show)
    return done


def _show_in_graph(sigma: "System") -> None:
    try:
        sigma.graph.loader.make_up_for_loss()
        sigma.graph.loader.drain(patience_s=0)
    except Unavailable as error:
        logging.getLogger(__name__).warning("%s", error)


def _say(show: Callable[[str], None], name: str, text: str) -> None:
    show(f"{name}: {text}")


def _report(sigma: "System", done: "list[Run]") -> None:
    runs = [
        {
            "run_id": each.id,
            "project_id": each.project_id,
            "worker": each.worker,
            "status": each.state,
            "duration_ms": each.duration_ms,
            "produced": each.produced,
            "published": each.published,
            "received": each.received,
            "error": each.error,
        }
        for each in done
    ]
    projects = {each.project_id for each in done if each.project_id}
    issues = [sigma.issues.service.counts(project_id) for project_id in projects]
    by_state = sum((Counter(sigma.proposals.service.counts(project_id)) for project_id in projects), Counter[str]())
    issues_open = sum(count["open"] + count["reopened"] for count in issues)
    withheld = withheld_in(sigma, projects)
    document = {
        "runs": runs,
        "issues_open": issues_open,
        "proposals": by_state.total(),
        "decisions": {verdict: by_state[verdict] for verdict in ("approved", "needs_human", "rejected")},
        "withheld": {reason: rules.total() for reason, rules in withheld.items()},
    }
    known = sigma.projects.service.list()
    names = {project.id: project.name for project in known}
    unready = [f"{each.name}: {each.unready}" for each in known if each.id in projects and each.unready]
    unready += [f"{names.get(each.project_id)}: {why}" for each in done if (why := each.figures.get("base_tests"))]
    left_out = [f"{each.worker} left out {item}" for each in done for item in each.figures.get("left_out", ())]
    rows = [
        (
            names.get(each.project_id),
            each.worker,
            each.state,
            duration(each.duration_ms or 0),
            each.produced,
            each.published,
            each.error,
        )
        for each in done
    ]
    header = ("project", "worker", "status", "took", "produced", "published", "error")
    said = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in by_state.items() if count)
    tail = f"{plural(issues_open, 'issue')} open; proposals: {said or 'none'}."
    unseen = [f"{names.get(each.project_id)}: {spot}" for each in done for spot in each.figures.get("blind_spots", ())]
    emit(document, [*table(header, rows), tail, *withheld_lines(withheld), *left_out, *unseen, *unready])
