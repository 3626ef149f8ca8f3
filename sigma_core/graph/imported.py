"""Facts and texts from outside: rows first, and through the outbox into the graph like everything else."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import insert, select
from sqlmodel import Session

from sigma_core.errors import Invalid
from sigma_core.graph import outbox
from sigma_core.graph.extraction import FoundFact
from sigma_core.graph.facts import MAX_FACT, MAX_NAME, Entity, Fact, plain
from sigma_core.graph.outbox import Changed
from sigma_core.graph.tables import extraction, facts
from sigma_core.graph.writer import GraphItem
from sigma_core.redaction import redact
from sigma_core.text import is_storable

ORIGIN = "fact"
SOURCE = "import"
FOUND = "extraction"
"""Source of what a model found in a text."""
AT_ONCE = 500


def _storable(text: str) -> str:
    if not plain(text) or not is_storable(text):
        raise ValueError("must not be blank or hold a NUL character or half of a surrogate pair")
    return text


def _in_range(moment: datetime) -> datetime:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside of the years 1 to 9999 in UTC") from None
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
Name = Annotated[str, StringConstraints(max_length=MAX_NAME), AfterValidator(_storable)]
Words = Annotated[str, StringConstraints(max_length=MAX_FACT), AfterValidator(_storable)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str | int | None = None


class FactLine(_Line):
    """One fact, as it stands in a file."""

    subject: Name
    predicate: Name
    object: Name
    fact: Words
    valid_at: Moment | None = None
    invalid_at: Moment | None = None


class TextLine(_Line):
    """One free text, as it stands in a file."""

    text: Annotated[str, StringConstraints(max_length=32_000), AfterValidator(_storable)]
    at: Moment | None = None
    source: Annotated[Name, Field(max_length=40)] = SOURCE


Line = FactLine | TextLine


def parse(text: str, number: int) -> Line:
    """A line of a file. Raises `Invalid` that names the line and each wrong field."""
    where = f"line {number}"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid({where: "is no JSON"}) from None
    if not isinstance(document, dict):
        raise Invalid({where: "is no JSON object"})
    try:
        line: Line = (TextLine if "text" in document else FactLine).model_validate(document)
    except ValidationError as error:
        raise Invalid(
            {
                ".".join((where, *map(str, each["loc"]))): each["msg"].removeprefix("Value error, ")
                for each in error.errors()
            }
        ) from None
    if isinstance(line, FactLine) and line.valid_at and line.invalid_at and line.invalid_at < line.valid_at:
        raise Invalid({f"{where}.invalid_at": "is before valid_at: it would end before it begins"})
    return line


def store(session: Session, lines: Iterable[tuple[Line, int | None]], now: datetime) -> list[int]:
    """Enter lines with their projects' ids; the ids of those that were not known yet."""
    rows = {row["digest"]: row for row in (_row(line, project_id, now) for line, project_id in lines)}
    known = {digest for some in _portions(list(rows)) for digest in _known_digests(session, some)}
    fresh = [row for digest, row in rows.items() if digest not in known]
    ids: list[int] = []
    for some in _portions(fresh):
        added = session.execute(insert(facts).returning(facts.c.id, sort_by_parameter_order=True), some)
        ids += added.scalars().all()
    texts = [id_ for id_, row in zip(ids, fresh, strict=True) if row["subject"] is None]
    if texts:
        session.execute(
            insert(extraction), [{"text_id": id_, "state": "waiting", "attempts": 0, "due_at": now} for id_ in texts]
        )
    outbox.enqueue_new(session, (Changed(ORIGIN, id_) for id_ in ids), now)
    return ids


def store_found(session: Session, text: Any, found: Sequence[FoundFact], now: datetime) -> None:  # noqa: ANN401 (a row)
    """Enter the facts that were found in a text's row. They hold since it was written, unless it says otherwise."""
    rows = [
        {
            "digest": _digest([fact.subject, fact.predicate, fact.object, FOUND, text.id]),
            "subject": fact.subject,
            "predicate": fact.predicate,
            "object": fact.object,
            "text": redact(fact.sentence),
            "source": FOUND,
            "project_id": text.project_id,
            "valid_at": fact.valid_at or text.valid_at,
            "invalid_at": fact.invalid_at,
            "created_at": now,
            "text_id": text.id,
        }
        for fact in found
    ]
    if rows:
        added = session.execute(insert(facts).returning(facts.c.id), rows)
        outbox.enqueue_new(session, (Changed(ORIGIN, id_) for id_ in added.scalars().all()), now)


def everything(session: Session) -> Iterator[Changed]:
    """Every row, for a graph that is built anew."""
    return (Changed(ORIGIN, id_) for id_ in session.execute(select(facts.c.id).order_by(facts.c.id)).scalars())


def items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Rows as the graph is to show them, for the updater."""
    return {row.id: _item(row) for row in session.execute(select(facts).where(facts.c.id.in_(ids)))}


def _known_digests(session: Session, digests: Sequence[str]) -> Sequence[str]:
    return session.execute(select(facts.c.digest).where(facts.c.digest.in_(digests))).scalars().all()


def _row(line: Line, project_id: int | None, now: datetime) -> dict[str, Any]:
    text = line.text if isinstance(line, TextLine) else line.fact
    triple = [line.subject, line.predicate, line.object] if isinstance(line, FactLine) else [None] * 3
    begins = line.valid_at if isinstance(line, FactLine) else line.at
    ends = line.invalid_at if isinstance(line, FactLine) else None
    source = line.source if isinstance(line, TextLine) else SOURCE
    said = [*triple, text, begins and begins.isoformat(), ends and ends.isoformat(), source, project_id]
    subject, predicate, object_ = (part and redact(plain(part)) for part in triple)
    return {
        "digest": _digest(said),
        "subject": subject,
        "predicate": predicate,
        "object": object_,
        "text": redact(text),
        "source": source,
        "project_id": project_id,
        "valid_at": begins or now,
        "invalid_at": ends,
        "created_at": now,
    }


def _digest(said: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:40]


def _item(row: Any) -> GraphItem:  # noqa: ANN401 (a row)
    common: dict[str, Any] = {
        "key": f"{ORIGIN}/{row.id}",
        "source": row.source,
        "project_id": row.project_id,
        "refreshed_at": row.created_at,
        "text": row.text,
        "data": {},
        "told_in": row.text_id and f"{ORIGIN}/{row.text_id}",
    }
    if row.subject is None:
        return GraphItem(type="text", valid_at=row.valid_at, **common)
    fact = Fact(Entity(row.subject), row.predicate, Entity(row.object), row.text)
    return GraphItem(
        type=ORIGIN,
        valid_at=row.created_at,
        facts=(fact,),
        holds_from=row.valid_at,
        holds_until=row.invalid_at,
        **common,
    )


def _portions(some: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (some[start : start + AT_ONCE] for start in range(0, len(some), AT_ONCE))
