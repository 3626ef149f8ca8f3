"""The schedule, and the runs that it and people ask for."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import JobDocument, RunDocument
from sigma_core.api.paging import Limit, Page
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma
from sigma_core.state_machine import RunState

router = APIRouter(tags=["schedule"])


class Interval(BaseModel):
    """How often a job is enqueued."""

    every_s: int = Field(ge=1, le=30 * 86400, strict=True)


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


@router.put("/schedule/{job}")
def set_interval(job: str, interval: Interval, sigma: Sigma, caller: Operator) -> JobDocument:
    """Change a job's interval."""
    return JobDocument.of(sigma.runtime.schedule.set_every(job, interval.every_s, caller.name))


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
