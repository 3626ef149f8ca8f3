"""The schedule and its runs, recall, and what model calls cost."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import JobDocument, RunDocument
from sigma_core.api.paging import Limit, Page
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma
from sigma_core.llm.ledger import DIMENSIONS, Dimension
from sigma_core.recall.replying import reply
from sigma_core.state_machine import RunState

router = APIRouter()
MOST_DAYS = 3660


class Interval(BaseModel):
    """How often a job is enqueued."""

    every_s: int = Field(ge=1, le=30 * 86400, strict=True)


class BudgetBody(BaseModel):
    """What calls of a scope may cost a day."""

    usd_per_day: float = Field(ge=0, le=1_000_000, strict=True)
    on_reach: str = Field(max_length=10, description="alert, degrade or stop.")
    degrade_to: str | None = Field(None, max_length=120)


class BudgetDocument(BaseModel):
    """A budget and what is used of it today."""

    scope: str
    nano_usd_per_day: int
    on_reach: str
    degrade_to: str | None
    spent_nano_usd: int
    reserved_nano_usd: int
    room_nano_usd: int
    reached: bool


class HitDocument(BaseModel):
    """One thing that is known."""

    id: str
    text: str
    score: float
    freshness: float
    source: str
    reason: str


class SentenceDocument(BaseModel):
    """A sentence of an answer, what it rests on, and since when that holds."""

    text: str
    source: str
    valid_at: datetime | None
    invalid_at: datetime | None


class AnswerDocument(BaseModel):
    """What the code's graph answers to a question about the code."""

    asking: str
    about: str
    project_id: int | None
    sentences: list[SentenceDocument]


class RecalledDocument(BaseModel):
    """What is known: answers where the question is one about the code, then what fits, best first."""

    answers: list[AnswerDocument]
    results: list[HitDocument]


@router.get("/schedule", tags=["schedule"])
def jobs(sigma: Sigma) -> list[JobDocument]:
    """All jobs with their intervals and next times."""
    return [JobDocument.of(each) for each in sigma.runtime.schedule.jobs()]


@router.post("/schedule/{job}/run", tags=["schedule"])
def run_now(job: str, sigma: Sigma, caller: Operator, project: OfProject = None) -> list[RunDocument]:
    """Ask for a cycle now; the scheduler starts it within a second."""
    project_id = sigma.projects.service.get(project).id if project else None
    return [RunDocument.of(each) for each in sigma.runtime.schedule.run_now(job, caller.name, project_id)]


@router.post("/schedule/{job}/pause", tags=["schedule"])
def pause(job: str, sigma: Sigma, caller: Operator) -> JobDocument:
    """No cycle starts from the schedule any more; running ones end."""
    return JobDocument.of(sigma.runtime.schedule.pause(job, caller.name))


@router.post("/schedule/{job}/resume", tags=["schedule"])
def resume(job: str, sigma: Sigma, caller: Operator) -> JobDocument:
    """Go on; one cycle makes up for what was missed."""
    return JobDocument.of(sigma.runtime.schedule.resume(job, caller.name))


@router.put("/schedule/{job}", tags=["schedule"])
def set_interval(job: str, interval: Interval, sigma: Sigma, caller: Operator) -> JobDocument:
    """Change a job's interval."""
    return JobDocument.of(sigma.runtime.schedule.set_every(job, interval.every_s, caller.name))


@router.get("/runs", tags=["schedule"])
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


@router.get("/runs/{key}", tags=["schedule"])
def run(key: str, sigma: Sigma) -> RunDocument:
    """One run."""
    return RunDocument.of(sigma.runtime.runs.get(key))


@router.post("/runs/{key}/cancel", tags=["schedule"])
def cancel(key: str, sigma: Sigma, caller: Operator) -> RunDocument:
    """Call a run off: at once if it waits, else at its next step."""
    return RunDocument.of(sigma.runtime.runs.cancel(key, caller.name))


@router.get("/recall", tags=["recall"])
def recall(
    sigma: Sigma,
    query: Annotated[str, Query(min_length=1, max_length=2000)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    as_of: AwareDatetime | None = None,
    project: OfProject = None,
) -> RecalledDocument:
    """Ranked context: knowledge, issues, proposals, facts, code; each with what speaks for it."""
    project_id = sigma.projects.service.get(project).id if project else None
    found = reply(sigma.recall, query, project_id=project_id, limit=limit, as_of=as_of)
    return RecalledDocument.model_validate(found)


@router.get("/usage", tags=["usage"])
def usage(
    sigma: Sigma,
    by: Annotated[list[Dimension] | None, Query(max_length=len(DIMENSIONS))] = None,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 30,
) -> list[Mapping[str, Any]]:
    """Calls, tokens, cost and latency, added up by the dimensions in `by`."""
    today = sigma.clock().date()
    since = today - timedelta(days=days - 1)
    return [each.document() for each in sigma.llm.usage.totals(tuple(by or ()), since=since, until=today)]


@router.get("/budgets", tags=["usage"])
def budgets(sigma: Sigma) -> list[BudgetDocument]:
    """Every budget with what is used of it today."""
    return [
        BudgetDocument(
            scope=each.budget.scope,
            nano_usd_per_day=each.budget.nano_usd_per_day,
            on_reach=each.budget.on_reach,
            degrade_to=each.budget.degrade_to,
            spent_nano_usd=each.today.spent_nano_usd,
            reserved_nano_usd=each.today.reserved_nano_usd,
            room_nano_usd=each.room_nano_usd,
            reached=each.reached,
        )
        for each in sigma.llm.budgets.statuses()
    ]


@router.put("/budgets/{scope:path}", tags=["usage"])
def set_budget(scope: str, body: BudgetBody, sigma: Sigma, caller: Operator) -> list[BudgetDocument]:
    """Bound what the calls of a scope may cost a day: day, worker:NAME, prompt:WORKER/TYPE or model:NAME."""
    nano_usd = round(body.usd_per_day * 1_000_000_000)
    sigma.llm.budgets.set(scope, nano_usd, body.on_reach, to=body.degrade_to, actor=caller.name)
    return budgets(sigma)


@router.delete("/budgets/{scope:path}", tags=["usage"])
def remove_budget(scope: str, sigma: Sigma, caller: Operator) -> list[BudgetDocument]:
    """Bound the calls of a scope no longer."""
    sigma.llm.budgets.remove(scope, actor=caller.name)
    return budgets(sigma)
