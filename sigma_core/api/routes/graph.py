"""The knowledge graph: strategies, experiments, figures, entities and what is near them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import StrategyRunDocument
from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma, Wait, waited_for
from sigma_core.experiments.tables import Experiment
from sigma_core.state_machine import ENDED

router = APIRouter(prefix="/graphiti", tags=["graph"])
Worker = Annotated[str, Query(max_length=40)]


class StrategyQuestionBody(BaseModel):
    """What a strategy is to be run with."""

    strategy: str = Field(max_length=60, examples=["multi_hop_exploration"])
    parameters: dict[str, Any] = {}
    project: str | None = Field(None, max_length=200, description="Id or name; all that is known if left out.")


class ExperimentRuling(BaseModel):
    """Why an experiment is promoted or rolled back."""

    reason: str = Field(min_length=1, max_length=2000)


class EntityDocument(BaseModel):
    """Something that facts are about."""

    id: str
    name: str
    kind: str
    project_id: int | None
    summary: str
    hops: int = Field(description="From where was asked.")


class GraphFactDocument(BaseModel):
    """A fact between two entities, as long as it holds."""

    id: str
    subject: str
    predicate: str
    object: str
    fact: str
    valid_at: datetime
    invalid_at: datetime | None
    evidence_count: int


class NeighbourhoodDocument(BaseModel):
    """An entity and what is near it."""

    entities: list[EntityDocument]
    facts: list[GraphFactDocument]
    left_out: int = Field(description="Neighbours that are not shown because there are too many.")


@router.get("/strategies/{worker}")
def strategies(worker: str, sigma: Sigma) -> list[dict[str, Any]]:
    """Strategies that a worker may run, with their parameters as JSON schemas."""
    return sigma.experiments.strategy_catalog.described(worker)


@router.post("/strategies/{worker}/execute", status_code=status.HTTP_202_ACCEPTED)
def execute(
    worker: str, question: StrategyQuestionBody, sigma: Sigma, caller: Operator, response: Response, wait: Wait = 0
) -> StrategyRunDocument:
    """Have the scheduler run a strategy: the run, ended where it did within `wait`."""
    project_id = sigma.projects.service.get(question.project).id if question.project else None
    runs = sigma.experiments.strategy_runs
    asked = runs.ask(question.strategy, worker, question.parameters, actor=caller.name, project_id=project_id)
    response.headers["Location"] = f"/api/graphiti/runs/{asked.id}"
    ended = waited_for(lambda: runs.record.get(asked.id or 0), lambda seen: seen.status in ENDED, wait)
    if ended.status in ENDED:
        response.status_code = status.HTTP_200_OK
    return StrategyRunDocument.of(ended)


@router.get("/runs")
def strategy_runs(
    sigma: Sigma,
    worker: Worker | None = None,
    project: OfProject = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, description="Go on after the run of this id.")] = None,
) -> Page[StrategyRunDocument]:
    """What was run, newest first; the next page begins before the id of its last."""
    project_id = sigma.projects.service.get(project).id if project else None
    record = sigma.experiments.strategy_runs.record
    found = record.list(worker=worker, project_id=project_id, limit=limit, before_id=before)
    return Page(items=[StrategyRunDocument.of(each).model_copy(update={"result": None}) for each in found])


@router.get("/runs/{key}")
def strategy_run(key: str, sigma: Sigma) -> StrategyRunDocument:
    """One run with its result."""
    return StrategyRunDocument.of(sigma.experiments.strategy_runs.record.get(key))


@router.get("/experiments")
def experiments(sigma: Sigma, project: OfProject = None, limit: Limit = 50, offset: Offset = 0) -> Page[Experiment]:
    """What was tried, newest first."""
    project_id = sigma.projects.service.get(project).id if project else None
    service = sigma.experiments.service
    found = service.list(project_id=project_id, limit=limit, offset=offset)
    return page(found, offset, limit, service.count(project_id=project_id))


@router.post("/experiments/{key}/promote")
def promote(key: str, ruling: ExperimentRuling, sigma: Sigma, caller: Operator) -> Experiment:
    """Use what was tried; only where its interval leaves zero out."""
    return sigma.experiments.service.promote(key, actor=caller.name, reason=ruling.reason)


@router.post("/experiments/{key}/rollback")
def rollback(key: str, ruling: ExperimentRuling, sigma: Sigma, caller: Operator) -> Experiment:
    """Do without what was tried."""
    return sigma.experiments.service.roll_back(key, actor=caller.name, reason=ruling.reason)


@router.post("/experiments/{key}/start")
def start(key: str, sigma: Sigma, caller: Operator) -> Experiment:
    """Let runs draw their arm from now on."""
    return sigma.experiments.trials.start(key, actor=caller.name)


@router.post("/experiments/{key}/stop")
def stop(key: str, ruling: ExperimentRuling, sigma: Sigma, caller: Operator) -> Experiment:
    """End it undecided: everything stays as it was before."""
    return sigma.experiments.trials.stop(key, actor=caller.name, reason=ruling.reason)


@router.get("/experiments/{key}")
def experiment(key: str, sigma: Sigma) -> Experiment:
    """One of them, with its arms and what is known of each."""
    return sigma.experiments.service.get(key)


@router.get("/stats")
def stats(sigma: Sigma) -> dict[str, Any]:
    """How many entities, facts and episodes the graph holds."""
    return dict(vars(sigma.graph.browser.stats()))


@router.get("/query")
def query(
    sigma: Sigma,
    entity: Annotated[str, Query(min_length=1, max_length=200, description="Its id or its name.")],
    hops: Annotated[int, Query(ge=1, le=3)] = 1,
    at: Annotated[datetime | None, Query(description="As it was then, with its zone; now if left out.")] = None,
    project: OfProject = None,
) -> NeighbourhoodDocument:
    """What is near an entity."""
    chosen = [sigma.projects.service.get(project)] if project else sigma.projects.service.list()
    groups = [None, *(each.id for each in chosen)]
    browser = sigma.graph.browser
    found = browser.near(browser.find(entity, groups), hops, at or sigma.clock())
    return NeighbourhoodDocument(
        entities=[
            EntityDocument(
                id=each.uuid,
                name=each.name,
                kind=each.kind,
                project_id=each.project_id,
                summary=each.summary,
                hops=distance,
            )
            for each, distance in found.entities
        ],
        facts=[
            GraphFactDocument(
                id=each.uuid,
                subject=each.subject[1],
                predicate=each.predicate,
                object=each.object[1],
                fact=each.sentence,
                valid_at=each.valid_at,
                invalid_at=each.invalid_at,
                evidence_count=each.evidence_count,
            )
            for each in found.facts
        ],
        left_out=found.left_out,
    )
