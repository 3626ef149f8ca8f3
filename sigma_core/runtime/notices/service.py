"""Notices: taken from what happened, sent at least once over each channel, given up after some attempts."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select
from sqlmodel import Session, col

from sigma_core import audit
from sigma_core.addresses import plain
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound, Unavailable
from sigma_core.identity import row_id
from sigma_core.redaction import redact
from sigma_core.runtime.notices.channels import DEADLINE_S, NoticeChannel, Telling, channels_of
from sigma_core.runtime.notices.sources import SOURCES, Noticed
from sigma_core.runtime.notices.tables import Notice, NoticeDelivery, NoticeKind, NoticeState, NoticeSwitch
from sigma_core.settings import Settings
from sigma_core.text import cut, visible_line

log = logging.getLogger(__name__)

ATTEMPTS = 8
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 3600
LEASE = timedelta(seconds=3 * DEADLINE_S)
"""After this a delivery is taken for one whose process died while it was sent."""
OLDEST = timedelta(days=1)
"""What is older is told no more, whatever kept it from being told."""


class DeliveryRow(NamedTuple):
    """A delivery and what it tells of."""

    delivery: NoticeDelivery
    notice: Notice


class Notices:
    """What people are told of. The scheduler calls `tick`."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    @cached_property
    def channels(self) -> Mapping[str, NoticeChannel]:
        """The ways to people, by name. Raises `Invalid` for settings that do not fit together."""
        return {each.name: each for each in channels_of(self._settings)}

    def tick(self) -> None:
        """Take in what happened, and send what is due."""
        if not self.channels:
            return
        self.collect()
        while (due := self._claim()) is not None:
            self._deliver(due)

    def collect(self) -> int:
        """Write down what has to be told; how many notices that were. Once each, however many processes look."""
        with self._database.transaction() as session:
            self._database.lock(session, "notices")
            now = self._clock()
            return sum(self._collect(session, kind, now) for kind in SOURCES)

    def switches(self) -> Mapping[NoticeKind, bool]:
        """Which kinds are told."""
        with self._database.reading() as session:
            known = {row.kind: row.on for row in session.scalars(select(NoticeSwitch))}
        return {kind: known.get(kind, True) for kind in SOURCES}

    def switch(self, kind: NoticeKind, *, on: bool, actor: str) -> None:
        """Tell of this kind, or no more. What happens while it is off is never told. Raises `Invalid`."""
        if kind not in SOURCES:
            raise Invalid({"kind": f"one of {', '.join(SOURCES)}"})
        with self._database.transaction() as session:
            self._database.lock(session, "notices")
            now = self._clock()
            session.merge(NoticeSwitch(kind=kind, on=on, since=now, changed_by=actor))
            audit.record(
                session, self._clock, actor=actor, action="notify" if on else "notify_not", object=f"notice/{kind}"
            )

    def send_test(self, *, actor: str) -> Notice:
        """Tell of nothing but that it works; the scheduler sends it. Raises `Conflict` where no channel is set."""
        if not self.channels:
            raise Conflict("No channel is set: SIGMA_SMTP_URL or SIGMA_WEBHOOK_URL.")
        with self._database.transaction() as session:
            key = secrets.token_hex(16)
            noticed = Noticed(f"test/{key}", "a test", f"{actor} asked for a test: notifications arrive.", "/settings")
            notice = self._tell(session, NoticeKind.TEST, noticed, self._clock())
            audit.record(session, self._clock, actor=actor, action="notify_test", object=f"notice/{notice.id}")
        return notice

    def retry(self, delivery_id: int | str, *, actor: str) -> DeliveryRow:
        """Try one that was given up again. Raises `NotFound`, or `Conflict` for one that was not."""
        with self._database.transaction() as session:
            found = session.get(NoticeDelivery, row_id("delivery", delivery_id), with_for_update=True)
            if found is None:
                raise NotFound("delivery", delivery_id)
            if found.state != NoticeState.DEAD:
                raise Conflict(f"Delivery {delivery_id} is {found.state}, not given up.")
            found.state, found.attempts, found.due_at = NoticeState.PENDING, 0, self._clock()
            audit.record(session, self._clock, actor=actor, action="notify_again", object=f"notice/{found.notice_id}")
            return DeliveryRow(found, session.get_one(Notice, found.notice_id))

    def count_dead(self) -> int:
        """How many deliveries were given up."""
        with self._database.reading() as session:
            query = select(func.count(col(NoticeDelivery.id))).where(col(NoticeDelivery.state) == NoticeState.DEAD)
            return session.scalar(query) or 0

    def deliveries(self, limit: int, offset: int = 0, *, state: NoticeState | None = None) -> Sequence[DeliveryRow]:
        """The newest of them."""
        query = select(NoticeDelivery, Notice).join(Notice, col(Notice.id) == col(NoticeDelivery.notice_id))
        if state is not None:
            query = query.where(col(NoticeDelivery.state) == state)
        with self._database.reading() as session:
            rows = session.execute(query.order_by(col(NoticeDelivery.id).desc()).limit(limit).offset(offset)).all()
        return [DeliveryRow(*row) for row in rows]

    def prune(self, days: float) -> int:
        """Forget notices that are older; how many."""
        with self._database.transaction() as session:
            before = self._clock() - timedelta(days=days)
            old = select(col(Notice.id)).where(col(Notice.created_at) < before)
            session.execute(delete(NoticeDelivery).where(col(NoticeDelivery.notice_id).in_(old)))
            return int(session.execute(delete(Notice).where(col(Notice.created_at) < before)).rowcount)  # type: ignore[attr-defined]

    def _collect(self, session: Session, kind: NoticeKind, now: datetime) -> int:
        switch = session.get(NoticeSwitch, kind)
        if switch is None:
            # What happened before anybody could be told is no news
            session.add(NoticeSwitch(kind=kind, on=True, since=now, changed_by="SIGMA"))
            return 0
        if not switch.on:
            return 0
        noticed = SOURCES[kind](session, max(switch.since, now - OLDEST), now)
        told = select(col(Notice.about)).where(
            col(Notice.kind) == kind, col(Notice.about).in_([each.about for each in noticed])
        )
        known = set(session.scalars(told)) if noticed else set()
        new = [each for each in noticed if each.about not in known]
        for each in new:
            self._tell(session, kind, each, now)
        return len(new)

    def _tell(self, session: Session, kind: NoticeKind, noticed: Noticed, now: datetime) -> Notice:
        notice = Notice(
            kind=kind,
            about=noticed.about,
            key=secrets.token_hex(16),
            title=_readable(noticed.title, 200),
            text=_readable(noticed.text, 1000),
            path=noticed.path,
            created_at=now,
        )
        session.add(notice)
        session.flush()
        for name in self.channels:
            row = NoticeDelivery(
                notice_id=notice.id or 0, channel=name, state=NoticeState.PENDING, due_at=now, changed_at=now
            )
            session.add(row)
        return notice

    def _claim(self) -> DeliveryRow | None:
        with self._database.transaction() as session:
            now = self._clock()
            waits = or_(
                col(NoticeDelivery.state) == NoticeState.PENDING, col(NoticeDelivery.state) == NoticeState.SENDING
            )
            query = (
                select(NoticeDelivery)
                .where(waits, col(NoticeDelivery.due_at) <= now, col(NoticeDelivery.channel).in_(list(self.channels)))
                .order_by(col(NoticeDelivery.due_at))
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            found = session.scalars(query).first()
            if found is None:
                return None
            found.state, found.attempts, found.due_at = NoticeState.SENDING, found.attempts + 1, now + LEASE
            found.changed_at = now
            return DeliveryRow(found, session.get_one(Notice, found.notice_id))

    def _deliver(self, due: DeliveryRow) -> None:
        delivery, notice = due
        address = plain(self._settings.public_url)
        telling = Telling(
            key=notice.key,
            kind=notice.kind,
            title=notice.title,
            text=notice.text,
            link=address.rstrip("/") + notice.path if address else None,
            at=notice.created_at,
        )
        error = None
        try:
            self.channels[delivery.channel].send(telling)
        except Unavailable as refused:
            error = str(refused)
            log.warning("Notice %s was not delivered by %s: %s", notice.id, delivery.channel, error)
        with self._database.transaction() as session:
            row = session.get(NoticeDelivery, delivery.id, with_for_update=True)
            # One that was taken for dead meanwhile belongs to whoever sends it now
            if row is None or (row.state, row.attempts) != (NoticeState.SENDING, delivery.attempts):
                return
            row.changed_at, row.error = self._clock(), error
            if error is None:
                row.state = NoticeState.SENT
            elif row.attempts >= ATTEMPTS:
                row.state = NoticeState.DEAD
            else:
                row.state = NoticeState.PENDING
                row.due_at = self._clock() + timedelta(seconds=wait_s(row.attempts))


def wait_s(attempts: int) -> float:
    """How long to wait after so many attempts."""
    return float(min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S))


def _readable(text: str, longest: int) -> str:
    return cut(visible_line(redact(text)), longest)
