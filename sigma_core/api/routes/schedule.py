"""The schedule, and the runs that it and people ask for."""

from typing import Annotated, Self

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from sigma_core.api.access import Operator
from sigma_core.api.documents import JobDocument, RunDocument
from sigma_core.api.paging import Limit, Page
from sigma_core.api.problems import problem
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma
from sigma_core.errors import Conflict
from sigma_core.runtime.cron import LONGEST
from sigma_core.runtime.schedule import told_timing
from sigma_core.runtime.tables import Job
from sigma_core.state_machine import RunState

router = APIRouter(tags=["schedule"])


IfMatch = Annotated[str | None, Header(max_length=160, description="The ETag of the timing that is to be replaced.")]


class Timing(BaseModel):
    """How often a job is enqueued, or when: one of both."""

    every_s: int | None = Field(None, ge=1, le=30 * 86400, strict=True)
    cron: str | None = Field(
        None, max_length=LONGEST, description="Minute, hour, day of month, month, weekday by name, in UTC."
    )

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.every_s is None) == (self.cron is None):
            raise ValueError("give either every_s or cron")
        return self


@router.get("/schedule")
def jobs(sigma: Sigma) -> list[JobDocument]:
    """All jobs with their intervals and next times."""
    return [JobDocument.of(each) for each in sigma.runtime.schedule.jobs()]


@router.post("/schedule/{job}/run")
def run_now(job: str, sigma: Sigma, caller: Operator, project: OfProject = None) -> list[RunDocument]:
    """Ask for a cycle now; the scheduler starts it within a second."""
    project_id = sigma.projects.service.get(project).id if project else None
    return [RunDocument.of(each) for each in sigma.runtime.schedule.run_now(job, caller.name, project_id)]


@router.post("/schedule/{job}/pause")
def pause(job: str, sigma: Sigma, caller: Operator) -> JobDocument:
    """No cycle starts from the schedule any more; running ones end."""
    return JobDocument.of(sigma.runtime.schedule.pause(job, caller.name))


@router.post("/schedule/{job}/resume")
def resume(job: str, sigma: Sigma, caller: Operator) -> JobDocument:
    """Go on; one cycle makes up for what was missed."""
    return JobDocument.of(sigma.runtime.schedule.resume(job, caller.name))


@router.get("/schedule/{job}")
def job(job: str, sigma: Sigma, response: Response) -> JobDocument:
    """One job; the ETag names its timing."""
    return _tagged(sigma.runtime.schedule.job(job), response)


@router.put("/schedule/{job}", response_model=JobDocument)
def set_timing(
    job: str, timing: Timing, sigma: Sigma, caller: Operator, response: Response, if_match: IfMatch = None
) -> JobDocument | JSONResponse:
    """Have a job run every so many seconds, or by a cron expression; with `If-Match`, unless somebody changed it."""
    schedule = sigma.runtime.schedule
    seen = None if if_match is None else if_match.strip('"').replace("_", " ")
    try:
        if timing.cron is not None:
            return _tagged(schedule.set_cron(job, timing.cron, caller.name, seen), response)
        return _tagged(schedule.set_every(job, timing.every_s or 0, caller.name, seen), response)
    except Conflict as overtaken:
        return problem(412, "The timing was changed", str(overtaken))


@router.get("/runs")
def runs(
    sigma: Sigma,
    worker: Annotated[str | None, Query(max_length=40)] = None,
    project: OfProject = None,
    state: RunState | None = None,
    limit: Limit = 50,
) -> Page[RunDocument]:
    """The newest runs."""
    project_id = sigma.projects.service.get(project).id if project else None
    record = sigma.runtime.runs
    found = record.history(worker, project_id, state.value if state else None, limit=limit)
    total = record.count(worker, project_id, state.value if state else None)
    return Page(items=[RunDocument.of(each) for each in found], total=total)


@router.get("/runs/{key}")
def run(key: str, sigma: Sigma) -> RunDocument:
    """One run."""
    return RunDocument.of(sigma.runtime.runs.get(key))


@router.post("/runs/{key}/cancel")
def cancel(key: str, sigma: Sigma, caller: Operator) -> RunDocument:
    """Call a run off: at once if it waits, else at its next step."""
    return RunDocument.of(sigma.runtime.runs.cancel(key, caller.name))


def _tagged(job: Job, response: Response) -> JobDocument:
    response.headers["ETag"] = f'"{told_timing(job).replace(" ", "_")}"'
    return JobDocument.of(job)
