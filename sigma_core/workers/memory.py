"""A worker's memory: read and replaced inside one transaction, so that two processes never lose each other's."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlmodel import Session, select

from sigma_core.clock import Clock
from sigma_core.exchange.message import Message
from sigma_core.workers.tables import WorkerMemory

Memory = dict[str, Any]
"""Plain JSON."""

MOST_KEYS = 200
"""Subjects remembered of one type; those not heard of for longest go first."""
MOST_ITEMS = 5
"""Items remembered of one subject, the newest."""


def change(session: Session, clock: Clock, worker: str, rule: Callable[[Memory], Memory]) -> Memory:
    """Replace the worker's memory by what `rule` makes of it, in the caller's write transaction."""
    row = session.exec(select(WorkerMemory).where(WorkerMemory.worker == worker).with_for_update()).one_or_none()
    row = row or WorkerMemory(worker=worker, changed_at=clock())
    row.memory = rule(row.memory)
    row.changed_at = clock()
    session.add(row)
    return row.memory


def read(session: Session, worker: str) -> Memory:
    """The worker's memory now; empty before its first message."""
    row = session.get(WorkerMemory, worker)
    return dict(row.memory) if row else {}


def remembered(memory: Memory, messages: Iterable[Message], keeps: Mapping[str, str]) -> Memory:
    """Memory with these messages counted and their ids by type and subject; `keeps` names each type's field of subject.

    Only ids are kept: what an item says and is worth is looked up when it is used, so that lost conflicts, verdicts
    and age count at once. A message taken in twice is remembered once.
    """
    kept: dict[str, dict[str, list[int]]] = {**memory.get("kept", {})}
    taken = Counter[str](memory.get("taken", {}))
    for message in messages:
        taken[message.type] += 1
        if (field := keeps.get(message.type)) is None:
            continue
        subjects = {**kept.get(message.type, {})}
        subject = str(getattr(message.payload, field))
        known = [each for each in subjects.pop(subject, []) if each != message.message_id]
        subjects[subject] = [*known, message.message_id][-MOST_ITEMS:]
        kept[message.type] = dict(list(subjects.items())[-MOST_KEYS:])
    return {**memory, "kept": kept, "taken": dict(taken)}
