"""Modules, classes, functions and tests of the code under care, as documents."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlmodel import Session

from sigma_core.codebase.description_tables import descriptions
from sigma_core.codebase.tables import commits, entities, facts
from sigma_core.graph.facts import Entity
from sigma_core.graph.vocabulary import CALLS, DEFINES
from sigma_core.prepared import Prepared, one_of
from sigma_core.prepared import moment as as_given
from sigma_core.recall.source import Document, DocumentField

SOURCE = "code"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""What is defined at a moment is told by the facts about the code, not by when that was recorded."""
DECAY_S = 10 * 365 * 24 * 3600.0
"""Code that nobody changed for long says today what it does."""
NAME, PATH, BESIDE, BESIDE_LENGTH = 2.0, 0.5, 0.5, 0.2
"""How much words count in a name, in a path, and in the names of parameters and of what is called; and how little the
last count as length. Fixed on the tuning part of real questions: see `benchmarks/recall_real.py`."""
_BEGAN, _ENDED = commits.alias("began"), commits.alias("ended")
_DEFINED = Prepared(
    select(facts.c.object_id)
    .join(_BEGAN, _BEGAN.c.id == facts.c.since_id)
    .outerjoin(_ENDED, _ENDED.c.id == facts.c.until_id)
    .where(
        one_of(facts.c.object_id, "keys"),
        facts.c.predicate == DEFINES,
        facts.c.is_void.is_(False),
        or_(facts.c.is_older, _BEGAN.c.at <= bindparam("moment")),
        or_(facts.c.until_id.is_(None), _ENDED.c.at > bindparam("moment")),
    )
)


class CodeSource:
    """What is defined in the code, with the first sentence of its docstring."""

    kind = "code"

    def stamps(self) -> Select[int, datetime]:
        """By the moment its file was read last."""
        return select(descriptions.c.entity_id.label("key"), descriptions.c.described_at.label("stamp"))

    def unchanging(self, session: Session) -> None:
        """None: the code does change."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """Name, kind and place, and what it says of itself."""
        called = _called_by(session, keys)
        found = select(entities, descriptions).join(descriptions, descriptions.c.entity_id == entities.c.id)
        rows = session.execute(found.where(entities.c.id.in_(keys)))
        return [_document(row, called[row.id]) for row in rows]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:
        """Whole while it is defined."""
        found = _DEFINED.rows(session, {"keys": list(keys), "moment": as_given(session, moment)})
        return {key: 1.0 for (key,) in found}


def _called_by(session: Session, keys: Sequence[int]) -> dict[int, list[str]]:
    """By caller, what it calls, by the last part of its name."""
    callee = entities.alias("callee")
    held = facts.c.until_id.is_(None) & facts.c.is_void.is_(False) & (facts.c.predicate == CALLS)
    found = select(facts.c.subject_id, callee.c.full_name).join(callee, callee.c.id == facts.c.object_id)
    names = defaultdict[int, list[str]](list)
    for caller, name in session.execute(found.where(facts.c.subject_id.in_(keys), held).order_by(facts.c.id)):
        names[caller].append(name.rpartition(".")[2])
    return names


def _document(row: Any, called: Sequence[str]) -> Document:  # noqa: ANN401 (a row)
    said = f": {row.summary}" if row.summary else ""
    return Document(
        key=row.id,
        project_id=row.project_id,
        source=SOURCE,
        text=f"{row.full_name} ({row.kind} in {row.path}){said}",
        stamp=row.described_at,
        recorded_at=ALWAYS,
        decay_s=DECAY_S,
        entities=(Entity(row.path),),
        parts=(
            DocumentField(row.full_name, NAME),
            DocumentField(row.path, PATH, PATH),
            DocumentField(row.summary),
            DocumentField(" ".join((*row.parameters.split(), *called)), BESIDE, BESIDE_LENGTH),
        ),
    )
