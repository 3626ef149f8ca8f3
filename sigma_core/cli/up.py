"""`sigma up`: start all, run the first cycle before a newcomer's eyes, go on until told to stop."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, home, progress, system
from sigma_core.cli.terminal import say
from sigma_core.cli.withheld import withheld_lines
from sigma_core.errors import Unavailable
from sigma_core.formatting import duration, interval
from sigma_core.jobs import PRODUCTS, WORKERS

if TYPE_CHECKING:
    from sigma_core.projects.tables import Project
    from sigma_core.runtime.system import System
    from sigma_core.runtime.tables import Run
    from sigma_core.runtime.up import Up

QUIET_S = 10.0
"""Where no terminal shows what is being done, a line tells of it this often."""


def up(
    project: Annotated[
        Path | None, typer.Option(help="Git repository to look after; the sample if there is none.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the console; the next free one if taken.")
    ] = None,
) -> None:
    """Start scheduler and console, run the first cycle; stop all on Ctrl-C."""
    from sigma_core.runtime.sign_in import sign_in_at
    from sigma_core.runtime.up import Up, alone, free_port

    sigma = system()
    sign_in_at(sigma.settings.host, sigma.settings)
    running = Up(sigma.settings, free_port(sigma.settings.host, port or sigma.settings.port))
    with alone(sigma.settings.home, running.url):
        try:
            running.listen_for_signals()
            _run(sigma, running, project)
        except KeyboardInterrupt:
            _tell(f"Stopping; running cycles have up to {interval(sigma.settings.drain_s)} to end.")
        finally:
            running.stop()
            sigma.graph.server.stop()


def _run(sigma: "System", running: "Up", path: Path | None) -> None:
    project = _first_project(sigma, path)
    if left := _left_of_first_cycle(sigma, project):
        # Else all would start at once, and nobody would find the work of the one before
        sigma.runtime.schedule.postpone()
    with progress() as show:
        show("starting the graph server")
        _start_graph(sigma)
        show("starting scheduler and console")
        running.start()
    _tell(f"SIGMA is up: {running.url}   (home: {home()})")
    emit({"url": running.url, "home": str(home()), "project_id": project.id})
    _tell_of_sandbox(sigma)
    if left:
        _tell(f"First cycle on {project.name} ({project.place}):")
        _first_cycle(sigma, running, project, left)
    _tell(_standing(sigma, project))
    for line in withheld_lines(sigma.issues.withheld(project.id or 0)):
        _tell(line)
    if unready := sigma.projects.service.get(project.id or 0).unready:
        _tell(f"Its tests: {unready}")
    _tell(f"Look at it: {running.url}   Stop: Ctrl-C; started again, it goes on from here.")
    while True:
        running.look_after(_tell)


def _start_graph(sigma: "System") -> None:
    if not sigma.graph.adapter.embedded:
        return
    try:
        sigma.graph.server.ensure()
    except Unavailable as error:
        _tell(f"Graph: {error} Everything else works; what it is to show waits.")


def _first_project(sigma: "System", path: Path | None) -> "Project":
    if path is not None:
        return sigma.projects.service.add(path, actor=actor())
    known = sigma.projects.service.list()
    if known:
        return known[0]
    from sigma_core.projects.sample import create

    # Its tests need pytest and nothing else, which SIGMA's own environment has
    return sigma.projects.service.add(create(home() / "sample" / "shop"), python=sys.executable, actor=actor())


def _tell_of_sandbox(sigma: "System") -> None:
    from sigma_core.projects.sandbox.select import choose_sandbox

    chosen = choose_sandbox(sigma.settings)
    if chosen.why_not_better:
        _tell(f"Sandbox: {chosen.sandbox.grade}. {chosen.why_not_better}")


def _left_of_first_cycle(sigma: "System", project: "Project") -> list[str]:
    done = [run for worker in WORKERS for run in sigma.runtime.runs.history(worker, project.id, "success", limit=100)]
    paused = {job.name for job in sigma.runtime.schedule.jobs() if job.paused}
    return [name for name in outstanding(WORKERS, done) if name not in paused]


def outstanding(order: Sequence[str], done: "Iterable[Run]") -> list[str]:
    """Who has not worked yet on what the one before has made: each counts only from the end of the one before."""
    left, ended = list(order), None
    for run in sorted(done, key=lambda run: run.id or 0):
        if left and run.worker == left[0] and run.started_at and (ended is None or run.started_at >= ended):
            left.pop(0)
            ended = run.finished_at
    return left


def _first_cycle(sigma: "System", running: "Up", project: "Project", names: Sequence[str]) -> None:
    """The scheduler executes it: what is begun goes on, whatever happens to this process."""
    with progress() as show:
        for name in names:
            (run,) = sigma.runtime.schedule.run_now(name, actor(), project.id)
            tell = _showing(show, name)
            while (run := sigma.runtime.runs.get(run.id or 0)).finished_at is None:
                tell(run.progress or "waiting for the scheduler")
                running.look_after(_tell)
            show("")
            _tell(f"  {name:<9} {_outcome_line(run):<40} {duration(run.duration_ms or 0):>8}")


def _outcome_line(run: "Run") -> str:
    if run.state != "success":
        reason, *_ = (run.error or "").split("\n")
        return f"{run.state}: {reason}"
    return f"{run.produced:>4} {PRODUCTS[run.worker]}"


def _showing(show: Callable[[str], None], name: str) -> Callable[[str], None]:
    began_at = said_at = time.monotonic()

    def tell(text: str) -> None:
        nonlocal said_at
        show(f"{name}: {text} ({duration((time.monotonic() - began_at) * 1000)})")
        if not sys.stderr.isatty() and time.monotonic() - said_at > QUIET_S:
            said_at = time.monotonic()
            _tell(f"  {name:<9} … {text}")

    return tell


def _standing(sigma: "System", project: "Project") -> str:
    issues = sigma.issues.service.counts(project.id)
    proposals = sigma.proposals.service.counts(project.id or 0)
    said = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in proposals.items() if count)
    return f"{project.name}: {issues['open'] + issues['reopened']} issues open; proposed fixes: {said or 'none'}."


def _tell(text: str) -> None:
    say(text, err=True)
