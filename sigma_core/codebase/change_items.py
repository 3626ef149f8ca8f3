"""Changes as the graph shows them: what a commit touched, mended and took back; who knows a file, what goes with it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, or_, select
from sqlmodel import Session

from sigma_core.codebase.change_history import FILE_HISTORY
from sigma_core.codebase.change_tables import associations, changes, touches
from sigma_core.codebase.tables import commits, entities
from sigma_core.formatting import plural
from sigma_core.graph.facts import Entity, Fact
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import CHANGES_WITH, COMMIT, KNOWS, MENDS, REVERTS, TOUCHES
from sigma_core.graph.writer import GraphItem

SOURCE = "code"
MOST_MENDED = 20
"""What a fix touches beyond this many things is not what it mends."""


def change_facts(session: Session, ids: Sequence[int]) -> dict[int, list[Fact]]:
    """What each of these commits did, by their rows."""
    joined = touches.join(entities, entities.c.id == touches.c.entity_id)
    joined = joined.join(commits, commits.c.id == touches.c.commit_id)
    joined = joined.join(changes, changes.c.commit_id == touches.c.commit_id)
    columns = (touches, commits.c.commit, commits.c.subject, commits.c.at, changes.c.is_fix)
    named = (entities.c.kind, entities.c.full_name)
    found = select(*columns, *named).select_from(joined).where(touches.c.commit_id.in_(ids))
    rows = session.execute(found.order_by(touches.c.entity_id)).all()
    counts = Counter(row.commit_id for row in rows)
    told: dict[int, list[Fact]] = {}
    for row in rows:
        is_mend = row.is_fix and counts[row.commit_id] <= MOST_MENDED
        told.setdefault(row.commit_id, []).extend(_touch(row, is_mend=is_mend))
    for commit_id, fact in _reverts(session, ids):
        told.setdefault(commit_id, []).append(fact)
    return told


def file_items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Files with who knows them and what changes with each, as their latest changes say."""
    subject, object_ = entities.alias(), entities.alias()
    joined = associations.join(subject, subject.c.id == associations.c.subject_id)
    joined = joined.join(object_, object_.c.id == associations.c.object_id)
    is_knows = associations.c.predicate == KNOWS
    mine = or_(and_(is_knows, associations.c.object_id.in_(ids)), and_(~is_knows, associations.c.subject_id.in_(ids)))
    columns = [
        *(subject.c.kind.label("subject_kind"), subject.c.full_name.label("subject_name")),
        *(object_.c.kind.label("object_kind"), object_.c.full_name.label("object_name")),
    ]
    told: dict[int, list[Any]] = {}
    for row in session.execute(
        select(associations, *columns).select_from(joined).where(mine).order_by(associations.c.id)
    ):
        told.setdefault(row.object_id if row.predicate == KNOWS else row.subject_id, []).append(row)
    return {each: _file_item(each, some) for each, some in told.items()}


def every_file(session: Session) -> Iterator[Changed]:
    """Every file of which something was reckoned, for a graph that is built anew."""
    file = case((associations.c.predicate == KNOWS, associations.c.object_id), else_=associations.c.subject_id)
    found = session.execute(select(file.label("file")).distinct().order_by("file")).scalars()
    return (Changed(FILE_HISTORY, each) for each in found)


def _touch(row: Any, *, is_mend: bool) -> Iterator[Fact]:  # noqa: ANN401 (a row)
    commit = _commit(row.commit, row.subject)
    touched = Entity(row.full_name, row.kind, key=f"code/{row.entity_id}")
    # What is no part of the history any more never held
    until = row.at if row.is_void else None
    key = f"{row.commit_id}/{row.entity_id}"
    sentence = f"{commit.name} {row.how} {touched.name}: {row.subject}"
    yield Fact(
        commit,
        TOUCHES,
        touched,
        sentence,
        key=f"touches/{key}",
        valid_at=row.at,
        invalid_at=until,
        attributes={"how": row.how},
    )
    if is_mend:
        sentence = f"{commit.name} mends {touched.name}: {row.subject}"
        yield Fact(commit, MENDS, touched, sentence, key=f"mends/{key}", valid_at=row.at, invalid_at=until)


def _reverts(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, Fact]]:
    """What these commits take back, by their messages or by what they change."""
    later, told = commits.alias(), changes.alias()
    earlier, undone = commits.alias(), changes.alias()
    joined = told.join(later, later.c.id == told.c.commit_id)
    joined = joined.join(undone, and_(undone.c.project_id == told.c.project_id, undone.c.digest == told.c.undoes))
    joined = joined.join(earlier, earlier.c.id == undone.c.commit_id)
    columns = [*_named(later, "later"), *_named(earlier, "earlier"), told.c.is_void, later.c.at]
    held = and_(told.c.commit_id.in_(ids), undone.c.is_void.is_(False), earlier.c.at < later.c.at)
    found = dict[tuple[int, int], Any]()
    by_content = select(*columns).select_from(joined).where(held).order_by(earlier.c.at)
    for row in session.execute(by_content):
        # The newest of those that made the same change is the one that is taken back
        found = {pair: each for pair, each in found.items() if pair[0] != row.later_id}
        found[row.later_id, row.earlier_id] = row
    named = changes.alias()
    by_message = (
        select(*columns)
        .select_from(
            told.join(later, later.c.id == told.c.commit_id)
            .join(earlier, and_(earlier.c.project_id == later.c.project_id, told.c.reverts.contains(earlier.c.commit)))
            .join(named, named.c.commit_id == earlier.c.id)
        )
        .where(told.c.commit_id.in_(ids), told.c.reverts != "", named.c.is_void.is_(False))
    )
    for row in session.execute(by_message):
        found[row.later_id, row.earlier_id] = row
    for (later_id, earlier_id), row in found.items():
        subject, object_ = (
            _commit(row.later_commit, row.later_subject),
            _commit(row.earlier_commit, row.earlier_subject),
        )
        sentence = f"{subject.name} takes {object_.name} back: {row.earlier_subject}"
        until = row.at if row.is_void else None
        key = f"reverts/{later_id}/{earlier_id}"
        yield later_id, Fact(subject, REVERTS, object_, sentence, key=key, valid_at=row.at, invalid_at=until)


def _named(table: FromClause, role: str) -> list[ColumnElement[Any]]:
    return [table.c[name].label(f"{role}_{name}") for name in ("id", "commit", "subject")]


def _commit(commit: str, subject: str) -> Entity:
    return Entity(commit[:12], COMMIT, summary=subject, key=f"commit/{commit}")


def _file_item(file: int, rows: Sequence[Any]) -> GraphItem:
    name = next(row.object_name if row.predicate == KNOWS else row.subject_name for row in rows)
    holding = [row for row in rows if row.until_at is None]
    people = ", ".join(row.subject_name for row in holding if row.predicate == KNOWS)
    others = ", ".join(row.object_name for row in holding if row.predicate == CHANGES_WITH)
    at = max(row.until_at or row.since_at for row in rows)
    return GraphItem(
        key=f"file_history/{file}",
        type="file_history",
        data={},
        source=SOURCE,
        project_id=rows[0].project_id,
        valid_at=at,
        refreshed_at=at,
        facts=[_association(row) for row in rows],
        text=f"{name} is known by: {people or 'nobody'}. Changes with it: {others or 'nothing'}.",
    )


def _association(row: Any) -> Fact:  # noqa: ANN401 (a row)
    subject = Entity(row.subject_name, row.subject_kind, key=f"code/{row.subject_id}")
    object_ = Entity(row.object_name, row.object_kind, key=f"code/{row.object_id}")
    commits_ = plural(row.support, "commit")
    if row.predicate == KNOWS:
        sentence = f"{subject.name} made {row.strength:.0%} of the latest changes of {object_.name} ({commits_})"
        figures = {"share": row.strength, "support": row.support}
    else:
        sentence = f"{object_.name} changes with {subject.name} in {row.strength:.0%} of cases ({commits_})"
        figures = {"confidence": row.strength, "support": row.support}
    return Fact(
        subject,
        row.predicate,
        object_,
        sentence,
        key=f"association/{row.id}",
        valid_at=row.since_at,
        invalid_at=row.until_at,
        attributes=figures,
    )
