"""What is known about something."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma
from sigma_core.recall.replying import reply

router = APIRouter(tags=["recall"])


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


@router.get("/recall")
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
