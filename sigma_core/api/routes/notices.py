"""What people are told of by mail and webhook."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.system import Sigma
from sigma_core.runtime.notices.service import DeliveryRow, Notices
from sigma_core.runtime.notices.tables import Notice, NoticeKind, NoticeState

router = APIRouter(prefix="/notices", tags=["notices"])


class NoticeSettingsDocument(BaseModel):
    """The ways to people that are set, and which kinds are told."""

    channels: Sequence[str]
    kinds: Mapping[NoticeKind, bool]

    @classmethod
    def of(cls, notices: Notices) -> Self:
        """As they are now."""
        return cls(channels=list(notices.channels), kinds=notices.switches())


class NoticeDocument(BaseModel):
    """Something that people are told once, over each channel."""

    notice_id: int
    kind: NoticeKind
    title: str
    text: str
    path: str
    created_at: datetime

    @classmethod
    def of(cls, notice: Notice) -> Self:
        """As it is there."""
        return cls(notice_id=notice.id, **notice.model_dump(include=set(cls.model_fields)))


class DeliveryDocument(BaseModel):
    """A notice on its way over one channel."""

    delivery_id: int
    channel: str
    state: NoticeState
    attempts: int
    due_at: datetime
    error: str | None
    notice: NoticeDocument

    @classmethod
    def of(cls, row: DeliveryRow) -> Self:
        """As it is there."""
        known = row.delivery.model_dump(include=set(cls.model_fields))
        return cls(delivery_id=row.delivery.id, notice=NoticeDocument.of(row.notice), **known)


class Switch(BaseModel):
    """Whether a kind is told."""

    on: bool = Field(strict=True)


@router.get("")
def settings(sigma: Sigma) -> NoticeSettingsDocument:
    """Channels and kinds."""
    return NoticeSettingsDocument.of(sigma.runtime.notices)


@router.put("/kinds/{kind}")
def switch(kind: NoticeKind, wanted: Switch, sigma: Sigma, caller: Operator) -> NoticeSettingsDocument:
    """Tell of a kind, from now on, or no more; what happens while it is off is never told."""
    sigma.runtime.notices.switch(kind, on=wanted.on, actor=caller.name)
    return NoticeSettingsDocument.of(sigma.runtime.notices)


@router.post("/test", status_code=201)
def send_test(sigma: Sigma, caller: Operator) -> NoticeDocument:
    """Have the scheduler tell of a test over every channel."""
    return NoticeDocument.of(sigma.runtime.notices.send_test(actor=caller.name))


@router.get("/deliveries")
def deliveries(
    sigma: Sigma, state: NoticeState | None = None, limit: Limit = 50, offset: Offset = 0
) -> Page[DeliveryDocument]:
    """The newest deliveries."""
    rows = sigma.runtime.notices.deliveries(limit, offset, state=state)
    return page([DeliveryDocument.of(row) for row in rows], offset, limit)


@router.post("/deliveries/{key}/retry")
def retry(key: str, sigma: Sigma, caller: Operator) -> DeliveryDocument:
    """Try a delivery again that was given up."""
    return DeliveryDocument.of(sigma.runtime.notices.retry(key, actor=caller.name))
