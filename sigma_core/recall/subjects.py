"""Which part of the code a question means: by its name, by the end of its name, else by what is found for the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from sigma_core.codebase.description_tables import descriptions
from sigma_core.codebase.tables import entities, facts
from sigma_core.database import Database
from sigma_core.graph.vocabulary import CLASS, DEFINES, FUNCTION, INHERITS, MODULE, TEST
from sigma_core.recall.code import CodeSource
from sigma_core.recall.search import Recall
from sigma_core.recall.words import words

LOOKED_AT = 20
"""Hits among which the first one is taken that is of the code and shares a word with the question."""
_ORDER = {FUNCTION: 0, CLASS: 0, MODULE: 1, TEST: 2}


MOST_BASES = 50


@dataclass(frozen=True)
class Subject:
    """An entity of the code that stands now."""

    id: int
    project_id: int
    kind: str
    name: str
    path: str


class Subjects:
    """Finds what is meant."""

    def __init__(self, database: Database, recall: Recall) -> None:
        self._database, self._recall = database, recall

    def meant(self, said: str, project_id: int | None) -> Subject | None:
        """What these words mean, in a project or in any."""
        named = self._standing(or_(_is_named(said), descriptions.c.path == said), project_id)
        if named:
            return min(named, key=lambda each: _nearness(each, said))
        return self._inherited(said, project_id) or self._best_hit(said, project_id)

    def _inherited(self, said: str, project_id: int | None) -> Subject | None:
        """A method that a class has from one of its bases: what ``Child.method`` means where `Child` defines none."""
        owner, _, member = said.rpartition(".")
        child = self._named(owner, project_id, CLASS) if owner else None
        due, seen = [child] if child else [], set[int]()
        while due and len(seen) < MOST_BASES:
            each = due.pop(0)
            if each.id in seen:
                continue
            seen.add(each.id)
            if found := self._standing(entities.c.full_name == f"{each.name}.{member}", each.project_id):
                return found[0]
            due += self._bases(each)
        return None

    def _named(self, said: str, project_id: int | None, kind: str) -> Subject | None:
        """What of a kind has this name, or ends with it; nothing that is merely found for the words."""
        named = [each for each in self._standing(_is_named(said), project_id) if each.kind == kind]
        return min(named, key=lambda each: _nearness(each, said), default=None)

    def _bases(self, of: Subject) -> list[Subject]:
        bases = select(facts.c.object_id).where(
            facts.c.subject_id == of.id,
            facts.c.predicate == INHERITS,
            facts.c.until_id.is_(None),
            facts.c.is_void.is_(False),
        )
        return list(self._standing(entities.c.id.in_(bases), of.project_id))

    def _best_hit(self, said: str, project_id: int | None) -> Subject | None:
        """The best hit that has the most of the words in its name or in what it says of itself."""
        asked, prefix = set(words(said)), f"{CodeSource.kind}/"
        hits = [
            (len(asked & set(words(hit.text))), hit)
            for hit in self._recall.search(said, project_id=project_id, limit=LOOKED_AT)
            if hit.id.startswith(prefix)
        ]
        most = max((shared for shared, _ in hits), default=0)
        best = [int(hit.id.removeprefix(prefix)) for shared, hit in hits if shared == most > 0]
        known = {each.id: each for each in self._standing(entities.c.id.in_(best), project_id)}
        found = [known[id_] for id_ in best if id_ in known]
        return min(found, key=lambda each: each.kind == TEST) if found else None

    def _standing(self, which: ColumnElement[bool], project_id: int | None) -> Sequence[Subject]:
        holds = (facts.c.predicate == DEFINES) & facts.c.until_id.is_(None) & facts.c.is_void.is_(False)
        found: Any = (
            select(entities.c.id, entities.c.project_id, entities.c.kind, entities.c.full_name, descriptions.c.path)
            .join(descriptions, descriptions.c.entity_id == entities.c.id)
            .join(facts, facts.c.object_id == entities.c.id)
            .where(which, holds)
        )
        if project_id is not None:
            found = found.where(entities.c.project_id == project_id)
        with self._database.reading() as session:
            return [Subject(*row) for row in session.execute(found)]


def _nearness(each: Subject, said: str) -> tuple[bool, bool, int, int, int]:
    """The module that a path names, the whole name, functions and classes before tests, the shortest name first."""
    is_file = each.path == said and each.kind == MODULE
    return not is_file, each.name != said, _ORDER.get(each.kind, 3), len(each.name), each.id


def _is_named(said: str) -> ColumnElement[bool]:
    """Whether it has this name, or one that ends with it."""
    escaped = said.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(entities.c.full_name == said, entities.c.full_name.like(f"%.{escaped}", escape="\\"))
