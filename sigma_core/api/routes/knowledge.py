"""The knowledge exchange: say, hear, acknowledge."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma
from sigma_core.exchange.items import Item
from sigma_core.exchange.message import DeadLetter
from sigma_core.exchange.statistics import WorkerFigures
from sigma_core.identity import row_id

router = APIRouter(prefix="/knowledge", tags=["knowledge"])


class NewMessage(BaseModel):
    """Something to be told to workers."""

    type: str = Field(max_length=60, examples=["issue_pattern"])
    source: str = Field("integrator", max_length=40, description="A worker, operator or integrator.")
    payload: dict[str, Any] = Field(
        examples=[{"issue_type": "B006", "severity": "error", "frequency": 3, "impact": "Shared between calls."}]
    )
    urgency: str = Field("normal", max_length=20, description="low, normal or high.")
    targets: list[str] | None = Field(None, max_length=20, description="Workers; its usual recipients if left out.")
    project: str | None = Field(None, max_length=200, description="Id or name of the project it is about.")


class PublishedDocument(BaseModel):
    """What came of a message."""

    message_id: int
    recipients: list[str]
    duplicate: bool = Field(description="It was known already, and is confirmed.")


class MessageDocument(BaseModel):
    """A message in its recipient's hands until its lease ends."""

    message_id: int
    delivery_id: int
    receipt: str = Field(description="What acknowledging takes.")
    type: str
    payload: dict[str, Any]
    source: str
    urgency: str
    attempts: int
    evidence_count: int
    freshness: float
    project_id: int | None
    created_at: datetime


class Acknowledgement(BaseModel):
    """Which messages a worker is done with."""

    worker: str = Field(max_length=40)
    receipts: list[str] = Field(max_length=1000)


class AcknowledgedDocument(BaseModel):
    """How many."""

    acknowledged: int


class TypeDocument(BaseModel):
    """A type of knowledge."""

    type: str
    title: str
    workers: list[str]
    propagation: str
    persistence: str
    validation_required: bool
    decay_s: float
    payload: dict[str, Any] = Field(description="JSON schema.")


@router.post("/exchange", status_code=status.HTTP_201_CREATED)
def publish(message: NewMessage, sigma: Sigma, caller: Operator) -> PublishedDocument:
    """Publish a message. What is known already is confirmed instead."""
    published = sigma.exchange.console.publish(
        message.type,
        message.payload,
        actor=caller.name,
        source=message.source,
        urgency=message.urgency,
        targets=message.targets,
        project_id=sigma.projects.service.get(message.project).id if message.project else None,
    )
    return PublishedDocument(
        message_id=published.message_id, recipients=list(published.recipients), duplicate=published.duplicate
    )


@router.post("/receive/{worker}")
def receive(
    worker: str, sigma: Sigma, _caller: Operator, limit: Annotated[int, Query(ge=1, le=1000)] = 10
) -> list[MessageDocument]:
    """Lease a worker's messages; those not acknowledged come back when the lease ends."""
    return [MessageDocument(**one.shown()) for one in sigma.exchange.service.receive(worker, limit)]


@router.post("/ack")
def acknowledge(done: Acknowledgement, sigma: Sigma, caller: Operator) -> AcknowledgedDocument:
    """Done with these: all of them, or none where a lease has ended."""
    return AcknowledgedDocument(
        acknowledged=sigma.exchange.console.acknowledge(done.worker, done.receipts, actor=caller.name)
    )


@router.get("/stats")
def all_stats(sigma: Sigma) -> list[WorkerFigures]:
    """Figures of every worker."""
    return sigma.exchange.service.stats()


@router.get("/stats/{worker}")
def stats(worker: str, sigma: Sigma) -> WorkerFigures:
    """Figures of one worker or outside source."""
    return sigma.exchange.service.stats(worker)[0]


@router.get("/types")
def types(sigma: Sigma) -> list[TypeDocument]:
    """The types of knowledge."""
    return [
        TypeDocument(
            type=each.name,
            title=(each.__doc__ or "").strip().splitlines()[0],
            workers=list(each.recipients),
            propagation=each.propagation,
            persistence=each.persistence,
            validation_required=each.validation_required,
            decay_s=each.decay_s,
            payload=each.model_json_schema(),
        )
        for each in sigma.exchange.service.types()
    ]


@router.get("/items")
def items(
    sigma: Sigma,
    type: Annotated[str | None, Query(max_length=60)] = None,
    project: OfProject = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[Item]:
    """What is known, what was said last first."""
    project_id = sigma.projects.service.get(project).id if project else None
    wanted = [sigma.exchange.service.registry[type].name] if type else []
    console = sigma.exchange.console
    found = console.newest(limit, wanted, project_id, offset)
    return page(found, offset, limit, console.count(wanted, project_id))


@router.get("/dead")
def dead(
    sigma: Sigma, worker: Annotated[str | None, Query(max_length=40)] = None, limit: Limit = 100, offset: Offset = 0
) -> Page[DeadLetter]:
    """Messages that were given up, and why."""
    found = sigma.exchange.service.dead(worker, limit, offset)
    return page(found, offset, limit, sigma.exchange.console.count_dead(worker))


@router.post("/dead/{delivery}/replay")
def replay(delivery: str, sigma: Sigma, caller: Operator) -> AcknowledgedDocument:
    """Put a dead message back into its inbox."""
    sigma.exchange.service.replay(row_id("delivery", delivery), actor=caller.name)
    return AcknowledgedDocument(acknowledged=0)
