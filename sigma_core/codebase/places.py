"""What stands at a place in a project's code: the entities that the code's facts are about."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlmodel import Session

from sigma_core.codebase.code_facts import EntityKey
from sigma_core.codebase.graph_items import entity_of
from sigma_core.codebase.record import digest_of, portions
from sigma_core.codebase.tables import commits, entities, facts
from sigma_core.graph.facts import Entity
from sigma_core.graph.vocabulary import CLASS, DEFINES, FILE, FUNCTION, MODULE, TEST

DEFINITIONS, FILES = (FUNCTION, CLASS, TEST), (MODULE, FILE)


class Place(NamedTuple):
    """`path` or `path:qualified.name`, as it was called at a moment."""

    name: str
    at: datetime

    @property
    def parts(self) -> tuple[str, str]:
        """Path and qualified name; without the latter it is the file itself."""
        path, colon, name = self.name.rpartition(":")
        return (path, name) if colon and name.replace(".", "").isidentifier() else (self.name, "")


class PlacedEntity(NamedTuple):
    """An entity of the code, with its row."""

    id: int
    entity: Entity

    @property
    def kind(self) -> str:
        return self.entity.kind


def standing_at(session: Session, project_id: int, places: Collection[Place]) -> Mapping[Place, PlacedEntity]:
    """The function or class at each place, else its file; without those whose file was never read.

    A file that bore a path until it was renamed is found by it as of then.
    """
    borne = _borne(session, project_id, {each.parts[0] for each in places})
    files = {each: file for each in places if (file := _file_at(borne.get(each.parts[0], ()), each.at))}
    ways = {each: _keys(file, each.parts[1]) for each, file in files.items()}
    known = _rows(session, project_id, {key for keys in ways.values() for key in keys})
    found = {each: next((known[key] for key in keys if key in known), None) for each, keys in ways.items()}
    return {each: entity for each, entity in found.items() if entity is not None}


def entities_by_id(session: Session, ids: Collection[int]) -> Mapping[int, Entity]:
    """Entities of the code by their rows, as they are called now."""
    found: dict[int, Entity] = {}
    for some in portions(sorted(ids)):
        for row in session.execute(select(entities).where(entities.c.id.in_(some))):
            found[row.id] = entity_of(row.kind, row.full_name, row.id)
    return found


def _keys(file: str, name: str) -> list[EntityKey]:
    """What may stand there, the best first."""
    within = [EntityKey(kind, file, name) for kind in DEFINITIONS] if name else []
    return [*within, *(EntityKey(kind, file, "") for kind in FILES)]


def _borne(session: Session, project_id: int, wanted: Collection[str]) -> dict[str, list[tuple[datetime, str]]]:
    """Files that bore these paths, each with since when."""
    joined = facts.join(entities, entities.c.id == facts.c.object_id).join(commits, commits.c.id == facts.c.since_id)
    columns = select(facts.c.path, commits.c.at, entities.c.file).select_from(joined)
    found: dict[str, list[tuple[datetime, str]]] = {}
    for some in portions(sorted(wanted)):
        mine = and_(
            facts.c.project_id == project_id,
            facts.c.path != "",
            facts.c.predicate == DEFINES,
            facts.c.path.in_(some),
            ~facts.c.is_void,
        )
        for row in session.execute(columns.where(mine).order_by(commits.c.at, facts.c.id)):
            found.setdefault(row.path, []).append((row.at, row.file))
    return found


def _file_at(borne: Iterable[tuple[datetime, str]], at: datetime) -> str | None:
    """The file that bore the path last until a moment, else the first that ever did."""
    borne = list(borne)
    until = [file for since, file in borne if since <= at]
    return until[-1] if until else next((file for _, file in borne), None)


def _rows(session: Session, project_id: int, keys: Collection[EntityKey]) -> dict[EntityKey, PlacedEntity]:
    by_digest = {digest_of(key): key for key in keys}
    found: dict[EntityKey, PlacedEntity] = {}
    for some in portions(sorted(by_digest)):
        mine = (entities.c.project_id == project_id) & entities.c.digest.in_(some)
        for row in session.execute(select(entities).where(mine)):
            found[by_digest[row.digest]] = PlacedEntity(row.id, entity_of(row.kind, row.full_name, row.id))
    return found
