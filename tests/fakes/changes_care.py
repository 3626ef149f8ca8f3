"""A project whose changes are read, for tests of its history."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fakes.checkout import Checkout
from sqlalchemy import select

from sigma_core.clock import utc_now
from sigma_core.codebase.change_history import ChangeHistory
from sigma_core.codebase.change_parts import ChangedParts
from sigma_core.codebase.change_tables import associations, changes, touches
from sigma_core.codebase.history import History, HistoryFigures
from sigma_core.codebase.tables import commits, entities, facts
from sigma_core.database import Database
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project


class Care:
    """A project whose changes are read."""

    def __init__(self, database: Database, folder: Path, checkout: Checkout) -> None:
        self.database, self.checkout = database, checkout
        self.clone = Clone(folder / "clone.git", folder / "gitconfig")
        self.code = History(database, utc_now, lambda _: self.clone)
        self.history = ChangeHistory(database, utc_now, lambda _: self.clone)
        head = self.clone.fetch(checkout.path)
        self.project = Project(name=folder.name, path=str(checkout.path), head=head, created_at=utc_now())
        with database.transaction() as session:
            session.add(self.project)

    def read(self, budget_s: float = 600.0, tell: Callable[[str], None] = lambda _: None) -> HistoryFigures:
        self.project.head = self.clone.fetch(self.checkout.path)
        self.code.read(self.project, budget_s=0, tell=lambda _: None)
        figures = self.history.read(self.project, ends=time.monotonic() + budget_s, tell=tell)
        self.code.read(self.project, budget_s=budget_s, tell=lambda _: None)
        ChangedParts(self.database, utc_now, lambda _: self.clone).read(
            self.project, ends=time.monotonic() + budget_s, tell=lambda _: None
        )
        return figures

    def touched(self) -> set[tuple[str, str, str]]:
        """Subjects of commits, what each touched, and how."""
        joined = touches.join(commits, commits.c.id == touches.c.commit_id).join(
            entities, entities.c.id == touches.c.entity_id
        )
        holds = (commits.c.project_id == self.project.id) & touches.c.is_void.is_(False)
        found = select(commits.c.subject, entities.c.full_name, touches.c.how).select_from(joined).where(holds)
        with self.database.reading() as session:
            return {tuple(row) for row in session.execute(found)}

    def all_said(self) -> set[tuple[object, ...]]:
        """All that holds, by names."""
        subject, object_, author = entities.alias(), entities.alias(), entities.alias()
        tied = associations.join(subject, subject.c.id == associations.c.subject_id)
        tied = tied.join(object_, object_.c.id == associations.c.object_id)
        told = changes.join(commits, commits.c.id == changes.c.commit_id)
        told = told.join(author, author.c.id == changes.c.author_id)
        with self.database.reading() as session:
            mine = (associations.c.project_id == self.project.id) & associations.c.until_at.is_(None)
            columns = (subject.c.full_name, associations.c.predicate, object_.c.full_name)
            figures = (associations.c.support, associations.c.strength, associations.c.since_at)
            ties = session.execute(select(*columns, *figures).select_from(tied).where(mine)).all()
            held = (changes.c.project_id == self.project.id) & changes.c.is_void.is_(False)
            said = (commits.c.commit, commits.c.at, author.c.full_name, changes.c.is_main, changes.c.undoes)
            rows = session.execute(select(*said).select_from(told).where(held)).all()
        return {tuple(row) for row in (*ties, *rows)} | self.touched()

    def code_said(self) -> set[tuple[object, ...]]:
        """All facts of the code that hold or held, by names and times."""
        subject, object_, began, ended = entities.alias(), entities.alias(), commits.alias(), commits.alias()
        joined = facts.join(subject, subject.c.id == facts.c.subject_id)
        joined = joined.join(object_, object_.c.id == facts.c.object_id)
        joined = joined.join(began, began.c.id == facts.c.since_id).outerjoin(ended, ended.c.id == facts.c.until_id)
        mine = (facts.c.project_id == self.project.id) & facts.c.is_void.is_(False)
        columns = (subject.c.name, facts.c.predicate, object_.c.full_name, facts.c.is_older, began.c.at, ended.c.at)
        with self.database.reading() as session:
            return {tuple(row) for row in session.execute(select(*columns).select_from(joined).where(mine))}


def care_for(database: Database, folder: Path, files: Mapping[str, str], hashes: str = "sha1") -> Care:
    """A project with one commit."""
    return Care(database, folder, Checkout(folder / "checkout", files, hashes))


def lines(*numbers: int) -> str:
    """A text of so many lines that git knows it again."""
    return "".join(f"line {number}\n" for number in numbers)
