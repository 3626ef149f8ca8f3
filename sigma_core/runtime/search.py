"""Finding an object by words of its name or by its number: a few of each kind, among the newest of that kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, literal, select
from sqlmodel import col

from sigma_core.codebase.tables import CodeEntity
from sigma_core.database import Database, PackedText
from sigma_core.exchange.tables import knowledge
from sigma_core.identity import MAX_ID
from sigma_core.issues.tables import Issue
from sigma_core.issues.triage import UNMENDED
from sigma_core.listing import identifier
from sigma_core.projects.tables import Project
from sigma_core.prompts.tables import PromptTemplate
from sigma_core.proposals.tables import Proposal
from sigma_core.runtime.tables import Run

OF_EACH = 5
LOOKED_AT = 5_000
"""Rows of a kind that are compared with the words, the newest: what a search costs does not grow with the store."""
LONGEST = 200


class FoundObject(NamedTuple):
    """An object: its kind, its number, what it is called, and a fact about it."""

    kind: str
    key: int
    title: str
    fact: str


@dataclass(frozen=True)
class _Searched:
    """A kind of objects: what they are called, what else is looked at, and which are of a project."""

    id: SQLColumnExpression[int]
    title: SQLColumnExpression[Any]
    fact: SQLColumnExpression[Any]
    project: SQLColumnExpression[Any] | None = None
    only: ColumnElement[bool] | None = None


_SEARCHED: Mapping[str, _Searched] = {
    "project": _Searched(
        identifier(Project), col(Project.name), col(Project.path), only=col(Project.removed_at).is_(None)
    ),
    "proposal": _Searched(
        identifier(Proposal), col(Proposal.title), func.coalesce(Proposal.rule, ""), col(Proposal.project_id)
    ),
    "issue": _Searched(
        identifier(Issue),
        col(Issue.message),
        col(Issue.rule) + " · " + col(Issue.file),
        col(Issue.project_id),
        col(Issue.state).in_(UNMENDED),
    ),
    "run": _Searched(identifier(Run), col(Run.worker), col(Run.state), col(Run.project_id)),
    "prompt": _Searched(
        identifier(PromptTemplate),
        col(PromptTemplate.worker) + "/" + col(PromptTemplate.type),
        col(PromptTemplate.name),
        only=col(PromptTemplate.archived_at).is_(None),
    ),
    "knowledge": _Searched(knowledge.c.id, PackedText(knowledge.c.data), knowledge.c.type, knowledge.c.project_id),
    "entity": _Searched(
        identifier(CodeEntity), col(CodeEntity.full_name), col(CodeEntity.kind), col(CodeEntity.project_id)
    ),
}


class ObjectSearch:
    """Looks through what has a name or a number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str, project_id: int | None = None) -> Sequence[FoundObject]:
        """What holds every word of the text, or has the number that it is; nothing for less than two letters."""
        words = text[:LONGEST].lower().split()
        number = int(words[0]) if len(words) == 1 and words[0].isdecimal() and len(words[0]) <= 10 else None
        if number is None and len("".join(words)) < 2:
            return []
        with self._database.reading() as session:
            return [
                FoundObject(kind, row.id, str(row.title)[:LONGEST], str(row.fact)[:LONGEST])
                for kind, searched in _SEARCHED.items()
                for row in session.execute(_query(searched, words, number, project_id))
            ]


def _query(searched: _Searched, words: Sequence[str], number: int | None, project_id: int | None) -> Select[Any]:
    columns: Sequence[ColumnElement[Any]] = (
        searched.id.label("id"),
        searched.title.label("title"),
        searched.fact.label("fact"),
    )
    newest: Select[Any] = select(*columns)
    if searched.only is not None:
        newest = newest.where(searched.only)
    if project_id is not None and searched.project is not None:
        newest = newest.where(searched.project == project_id)
    if number is not None and number <= MAX_ID:
        by_number = newest.where(searched.id == number).subquery()
        return select(by_number.c.id, by_number.c.title, by_number.c.fact)
    looked_at = newest.order_by(searched.id.desc()).limit(LOOKED_AT).subquery()
    held = func.lower(looked_at.c.title + literal(" ") + looked_at.c.fact)
    found = select(looked_at.c.id, looked_at.c.title, looked_at.c.fact)
    wanted = found.where(*(held.contains(word, autoescape=True) for word in words))
    return wanted.order_by(looked_at.c.id.desc()).limit(OF_EACH)
