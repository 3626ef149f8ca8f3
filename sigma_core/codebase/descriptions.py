"""Keeps what modules, classes and functions say of themselves in step with the newest commit."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session

from sigma_core.codebase.code_facts import EntityKey
from sigma_core.codebase.description_tables import descriptions
from sigma_core.codebase.record import CodeRecord, portions
from sigma_core.codebase.tree_state import TreeState


def describe(session: Session, record: CodeRecord, state: TreeState, paths: Iterable[str], now: datetime) -> None:
    """Write down anew what these files of a tree define; those that are not there are left out."""
    told = dict(said for path in paths if path in state.blobs for said in _descriptions_in(state, path))
    ids = record.known_entities(told)
    rows = [{"entity_id": id_, "described_at": now, **told[key]} for key, id_ in ids.items()]
    for some in portions(rows):
        known = descriptions.c.entity_id.in_([row["entity_id"] for row in some])
        session.execute(delete(descriptions).where(known))
        session.execute(insert(descriptions), some)


def _descriptions_in(state: TreeState, path: str) -> Iterator[tuple[EntityKey, dict[str, Any]]]:
    source = state.source(path)
    if source is not None:
        yield state.keys.module(path), {"path": path, "summary": source.summary, "parameters": ""}
        for each in source.definitions:
            parameters = " ".join(each.parameters)
            said = {"path": path, "summary": each.summary, "parameters": parameters}
            yield state.keys.definition(path, each), said
