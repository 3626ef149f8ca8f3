"""Lists come in pages."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from sigma_core.identity import MAX_ID

Entry = TypeVar("Entry")
Limit = Annotated[int, Query(ge=1, le=500, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=MAX_ID, description="How many to leave out first.")]


class Page(BaseModel, Generic[Entry]):
    """Some of a list."""

    items: Sequence[Entry]
    total: int | None = Field(None, description="How many there are in all, where that is counted.")
    next_offset: int | None = Field(None, description="Where the next page begins; null after the last.")


def page(items: Sequence[Entry], offset: int, limit: int, total: int | None = None) -> Page[Entry]:
    """A page of a list that goes on beyond `limit`, or beyond what of `total` has been told."""
    more = offset + len(items) < total if total is not None else len(items) == limit
    return Page(items=items, total=total, next_offset=offset + len(items) if more and items else None)
