"""What waits for a person, and finding a thing by its name."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma
from sigma_core.runtime.inbox import Waiting

router = APIRouter(tags=["inbox"])


class InboxDocument(BaseModel):
    """One thing that waits. `key` is its number among its kind, `of` that of what it belongs to."""

    kind: Waiting
    key: int
    title: str
    reason: str
    since: datetime | None
    of: int | None


class FoundDocument(BaseModel):
    """An object that was found: its kind, number and name, and a fact about it."""

    kind: str
    key: int
    title: str
    fact: str


@router.get("/inbox")
def inbox(
    sigma: Sigma, project: OfProject = None, kind: Waiting | None = None, limit: Limit = 100, offset: Offset = 0
) -> Page[InboxDocument]:
    """What waits, one kind after the other."""
    project_id = sigma.projects.service.get(project).id if project else None
    counts = sigma.runtime.inbox.counts(project_id)
    rows = sigma.runtime.inbox.page(counts, limit, offset, project_id=project_id, kind=kind)
    total = counts[kind] if kind else sum(counts.values())
    return page([InboxDocument(**row._asdict()) for row in rows], offset, limit, total)


@router.get("/search")
def search(
    sigma: Sigma,
    text: Annotated[str, Query(max_length=200, description="Words of a name, or a number.")],
    project: OfProject = None,
) -> list[FoundDocument]:
    """Projects, proposals, issues, runs, prompts, knowledge and entities that hold every word; a few of each."""
    project_id = sigma.projects.service.get(project).id if project else None
    return [FoundDocument(**found._asdict()) for found in sigma.runtime.search.find(text, project_id)]
