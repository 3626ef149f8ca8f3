"""`sigma schedule`: the scheduler, from any process."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, system, table
from sigma_core.errors import Invalid
from sigma_core.formatting import interval

if TYPE_CHECKING:
    from datetime import datetime

    from sigma_core.runtime.tables import Job, Run

app = typer.Typer(no_args_is_help=True, help="Look at the schedule and change it, beside a running scheduler.")

JobName = Annotated[str, typer.Argument(metavar="JOB", help="As `sigma schedule list` names it.")]


@app.command("list")
def list_jobs() -> None:
    """All jobs with their intervals and next times."""
    _show_jobs(system().runtime.schedule.jobs())


@app.command()
def pause(job: Annotated[str | None, typer.Argument(metavar="[JOB]", help="Unset: all jobs.")] = None) -> None:
    """No cycle starts from the schedule any more; running ones end."""
    schedule = system().runtime.schedule
    _show_jobs([schedule.pause(job, actor())] if job else schedule.pause_all(actor()))


@app.command()
def resume(job: Annotated[str | None, typer.Argument(metavar="[JOB]", help="Unset: all jobs.")] = None) -> None:
    """Go on; one cycle makes up for what was missed."""
    schedule = system().runtime.schedule
    _show_jobs([schedule.resume(job, actor())] if job else schedule.resume_all(actor()))


@app.command()
def run(
    job: JobName,
    project: Annotated[str | None, typer.Option(help="Id or name; unset: every project.")] = None,
) -> None:
    """Ask for a cycle now; the scheduler starts it within a second."""
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    _show_runs(sigma.runtime.schedule.run_now(job, actor(), project_id))


@app.command("set")
def set_interval(
    job: JobName,
    every: Annotated[int | None, typer.Option(metavar="SECONDS", help="1 second to 30 days.")] = None,
    cron: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION",
            help="Minute, hour, day of month, month, weekday by name, in UTC: '0 3 * * mon-fri'.",
        ),
    ] = None,
) -> None:
    """Have a job run every so many seconds, or when a cron expression says."""
    schedule = system().runtime.schedule
    if every is not None and cron is None:
        _show_jobs([schedule.set_every(job, every, actor())])
    elif cron is not None and every is None:
        _show_jobs([schedule.set_cron(job, cron, actor())])
    else:
        raise Invalid({"every": "give either --every SECONDS or --cron EXPRESSION"})


@app.command()
def cancel(run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of a queued or running run.")]) -> None:
    """Call a run off: at once if it waits, else at its next step."""
    _show_runs([system().runtime.runs.cancel(run_id, actor())])


def _show_jobs(jobs: Sequence["Job"]) -> None:
    rows = ((job.name, _every(job), _next(job), _moment(job.last_enqueued_at)) for job in jobs)
    emit({"jobs": [job.model_dump() for job in jobs]}, table(("job", "every", "next", "last"), rows))


def _every(job: "Job") -> str:
    return f"cron {job.cron} (UTC)" if job.cron else interval(job.every_s)


def _next(job: "Job") -> str:
    return "paused" if job.paused else _moment(job.next_at)


def _moment(moment: "datetime | None") -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "–"


def _show_runs(runs: Sequence["Run"]) -> None:
    emit({"runs": [_run(run) for run in runs]}, _run_lines(runs))


def _run(run: "Run") -> dict[str, object]:
    return {
        "run_id": run.id,
        "worker": run.worker,
        "project_id": run.project_id,
        "status": run.state,
        "cancel_requested": run.cancel_requested,
    }


def _run_lines(runs: Iterable["Run"]) -> Iterator[str]:
    for run in runs:
        asked = ", asked to stop" if run.cancel_requested else ""
        yield f"Run {run.id}: {run.slot} {run.state}{asked}."
