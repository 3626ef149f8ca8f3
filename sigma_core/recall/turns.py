"""Conversations: what was said right before and after a turn tells what it is about."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.graph.embeddings.tables import texts
from sigma_core.graph.imported import SOURCE
from sigma_core.graph.tables import facts
from sigma_core.prepared import Prepared, one_of, read_moment
from sigma_core.recall.facts import FactSource
from sigma_core.recall.tables import document

SHARES: Mapping[int, float] = {-2: 0.13, -1: 0.4, 1: 0.4, 2: 0.13}
"""How much of what speaks for a turn speaks for those around it, by how far off they are."""
PAUSE = timedelta(hours=1)
"""What is further apart is another conversation."""
_SPEAKER = re.compile(r"[^\W\d_][\w .'’-]{0,40}: \S")
_COLUMNS = (document.c.id, facts.c.id, facts.c.project_id, facts.c.source, facts.c.valid_at, texts.c.text)
_TURNS = (
    select(*_COLUMNS)
    .join(facts, (facts.c.id == document.c.key) & (document.c.kind == FactSource.kind))
    .join(texts, texts.c.id == document.c.text_id)
    .where(facts.c.subject.is_(None))
)
_BY_DOCUMENT = Prepared(_TURNS.where(one_of(document.c.id, "ids")))
_BY_KEY = Prepared(_TURNS.where(one_of(facts.c.id, "keys")))


def around(session: Session, document_ids: Iterable[int]) -> dict[int, list[tuple[int, float]]]:
    """By turn, the documents said around it in the same conversation, each with its share."""
    turns = {row[1]: row for row in _BY_DOCUMENT.rows(session, {"ids": list(document_ids)})}
    if not turns:
        return {}
    keys = {key + step for key in turns for step in SHARES}
    others = {row[1]: row for row in _BY_KEY.rows(session, {"keys": list(keys)})}
    return {
        turn[0]: [
            (other[0], share)
            for step, share in SHARES.items()
            if (other := others.get(key + step)) is not None and _together(turn, other)
        ]
        for key, turn in turns.items()
    }


def _together(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Imported one after the other, within an hour, of one project, and both as somebody's words."""
    _, _, project, source, at, text = one
    _, _, other_project, other_source, other_at, other_text = other
    spoken = bool(_SPEAKER.match(text) and _SPEAKER.match(other_text))
    return (
        project == other_project
        and (spoken or source == other_source != SOURCE)
        and abs(read_moment(at) - read_moment(other_at)) <= PAUSE
    )
