"""Code facts as the graph shows them: a commit is an episode, and tells what it began."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import Session

from sigma_core.codebase.change_items import change_facts
from sigma_core.codebase.history import COMMIT, SNAPSHOT
from sigma_core.codebase.other_facts import bounds_of
from sigma_core.codebase.tables import commits, entities, facts, readings
from sigma_core.graph.facts import Entity, Fact
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import CALLS, DEFINES, DEPENDS_ON, IMPORTS, INHERITS, PACKAGE, PROJECT
from sigma_core.graph.writer import GraphItem

SOURCE = "code"
VERBS = {DEFINES: "defines", IMPORTS: "imports", CALLS: "calls", INHERITS: "inherits from", DEPENDS_ON: "depends on"}


def commit_items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Commits with the facts that each began, for the updater."""
    rows = session.execute(select(commits).where(commits.c.id.in_(ids))).all()
    begun = _facts(session, facts.c.since_id.in_(ids) & facts.c.is_older.is_(False), "since_id")
    changed = change_facts(session, ids)
    return {
        row.id: episode_item(
            "commit",
            f"{row.project_id}/{row.commit}",
            row,
            [*begun.get(row.id, ()), *changed.get(row.id, ())],
            f"{row.subject}\n\nCommit {row.commit[:12]} by {row.author}.",
        )
        for row in rows
    }


def snapshot_items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """What held in each of these projects before the oldest commit that was read of it."""
    joined = readings.join(commits, commits.c.id == readings.c.oldest_id)
    found = select(readings.c.project_id, commits.c.at, commits.c.commit).select_from(joined)
    rows = session.execute(found.where(readings.c.project_id.in_(ids))).all()
    held = _facts(session, facts.c.project_id.in_(ids) & facts.c.is_older.is_(True), "project_id")
    return {
        row.project_id: episode_item(
            "code",
            f"{row.project_id}",
            row,
            held.get(row.project_id, ()),
            f"The code as it was at commit {row.commit[:12]}, the oldest that was read.",
        )
        for row in rows
    }


def episode_item(kind: str, name: str, row: Any, told: Sequence[Fact], text: str) -> GraphItem:  # noqa: ANN401 (a row)
    """An episode of the graph, at the moment and in the project of its row, with the facts that it tells."""
    return GraphItem(
        key=f"{kind}/{name}",
        type=kind,
        data={},
        source=SOURCE,
        project_id=row.project_id,
        valid_at=row.at,
        refreshed_at=row.at,
        facts=told,
        text=text,
    )


def every_commit(session: Session) -> Iterator[Changed]:
    """Every commit that was read, for a graph that is built anew."""
    return (Changed(COMMIT, id_) for id_ in session.execute(select(commits.c.id).order_by(commits.c.id)).scalars())


def every_snapshot(session: Session) -> Iterator[Changed]:
    """Every project whose code was read, for a graph that is built anew."""
    return (Changed(SNAPSHOT, id_) for id_ in session.execute(select(readings.c.project_id)).scalars())


def _facts(session: Session, which: ColumnElement[bool], by: str) -> dict[int, list[Fact]]:
    subject, object_ = entities.alias("subject"), entities.alias("object")
    began, ended = commits.alias("began"), commits.alias("ended")
    joined = (
        facts.join(subject, subject.c.id == facts.c.subject_id)
        .join(object_, object_.c.id == facts.c.object_id)
        .join(began, began.c.id == facts.c.since_id)
        .outerjoin(ended, ended.c.id == facts.c.until_id)
    )
    columns = [
        *(side.c[name].label(f"{role}_{name}") for role, side in _ends(subject, object_) for name in _ENTITY),
        began.c.at.label("valid_at"),
        ended.c.at.label("invalid_at"),
    ]
    found = select(facts, *columns).select_from(joined).where(which).order_by(facts.c.id)
    told: dict[int, list[Fact]] = {}
    for row in session.execute(found):
        told.setdefault(getattr(row, by), []).append(_fact(row))
    return told


_ENTITY = ("kind", "full_name")


def _ends(subject: Any, object_: Any) -> Iterable[tuple[str, Any]]:  # noqa: ANN401 (aliases of a table)
    return (("subject", subject), ("object", object_))


def _fact(row: Any) -> Fact:  # noqa: ANN401 (a row)
    subject = entity_of(row.subject_kind, row.subject_full_name, row.subject_id)
    object_ = entity_of(row.object_kind, row.object_full_name, row.object_id)
    attributes = _attributes(row)
    called = _depended_on(object_.name, attributes) if attributes else row.says or object_.name
    sure = "" if row.certainty == 1 else f" ({row.certainty:.0%} sure)"
    return Fact(
        subject,
        row.predicate,
        object_,
        f"{subject.name} {VERBS[row.predicate]} {called}{sure}",
        key=f"code/{row.id}",
        valid_at=row.valid_at,
        # What is no part of the history any more never held
        invalid_at=row.valid_at if row.is_void else row.invalid_at,
        certainty=row.certainty,
        attributes=attributes,
    )


def _depended_on(package: str, said: Mapping[str, str]) -> str:
    group = f" for {said['group']}" if "group" in said else ""
    return f"{package} {said.get('version', '')}".rstrip() + f"{group}, by {said['declared_in']}"


def _attributes(row: Any) -> dict[str, str]:  # noqa: ANN401 (a row)
    """Of what a project depends on: bounds, group, and which file says so."""
    if row.predicate != DEPENDS_ON:
        return {}
    version, group = bounds_of(row.says)
    known = {"version": version, "group": group, "declared_in": row.path}
    return {name: value for name, value in known.items() if value}


def entity_of(kind: str, name: str, row_id: int) -> Entity:
    """A project and a package are known by their names, as knowledge names them, too."""
    return Entity(name, kind, key="" if kind in (PROJECT, PACKAGE) else f"code/{row_id}")
