"""Reads a project's history into the record: what is new forward, what is old backward, both from where it stopped."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.codebase.code_facts import CodeFact, EntityKey
from sigma_core.codebase.commits import Commit, CommitChanges, commit_changes, main_line
from sigma_core.codebase.descriptions import describe
from sigma_core.codebase.python_reader import MOST_BYTES
from sigma_core.codebase.record import CodeRecord, Span
from sigma_core.codebase.tables import CodeCommit, CodeReading, commits
from sigma_core.codebase.tree_state import (
    Move,
    Parsed,
    ParsedFiles,
    TreeState,
    backward,
    forward,
    is_known,
    read_afresh,
)
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import DEFINES
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

VERSION = 4
"""Of what is read from the code: raise it, and every project is read anew."""
COMMIT, SNAPSHOT = "code_commit", "code_snapshot"
"""Origins of what the graph shows: what a commit began, and what held before the oldest one that was read."""
KEPT_FILES, KEPT_PROJECTS = 2_000, 3
"""What of the files of the projects read last is kept between two readings."""
AT_ONCE = 100
"""Commits of one transaction."""


@dataclass(frozen=True)
class HistoryFigures:
    """How much of a project's history has been read."""

    commits: int
    of_commits: int
    is_complete: bool
    """Back to the first commit that the clone has."""


class History:
    """The code facts of all projects."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone
        self._parsed: OrderedDict[int, Parsed] = OrderedDict()

    def read(self, project: Project, *, budget_s: float, tell: Callable[[str], None]) -> HistoryFigures:
        """Bring the record up to the project's head, then go back in time until the budget is used up, seconds."""
        # In nobody else's hands meanwhile
        parsed: Parsed = self._parsed.pop(project.id or 0, OrderedDict())
        try:
            return self._read(project, parsed, time.monotonic() + budget_s, tell)
        finally:
            self._keep(project.id or 0, parsed)

    def _keep(self, project_id: int, parsed: Parsed) -> None:
        """For the next commit, of which most files are the same."""
        while len(parsed) > KEPT_FILES:
            parsed.popitem(last=False)
        self._parsed[project_id] = parsed
        while len(self._parsed) > KEPT_PROJECTS:
            self._parsed.popitem(last=False)

    def _read(self, project: Project, parsed: Parsed, ends: float, tell: Callable[[str], None]) -> HistoryFigures:
        reading = _Reading(self._database, self._clock, project, self._clone(project), parsed)
        read = reading.begin()
        while True:
            if newer := reading.newer(read):
                read = reading.go_on(newer)
            elif not read.is_complete and time.monotonic() < ends:
                read = reading.go_back(read)
            else:
                return HistoryFigures(read.commits, read.of_commits, read.is_complete)
            tell(f"reading its history: {read.commits:,} of {read.of_commits:,} commits")


class _Reading:
    """One project's history, read by one process. Each step is one transaction, and goes on from what is stored."""

    def __init__(self, database: Database, clock: Clock, project: Project, clone: Clone, parsed: Parsed) -> None:
        self._database, self._clock, self._project, self._clone = database, clock, project, clone
        self._line = main_line(clone.main_line(project.head))
        self._place = {commit.id: number for number, commit in enumerate(self._line)}
        self._contents: dict[str, bytes] = {}
        self._sources = ParsedFiles(self._content, parsed)
        self._state, self._at = TreeState(self._sources), ""
        self._open: dict[CodeFact, Span] = {}

    def begin(self) -> CodeReading:
        """Start with the head's tree, or where the last reading stopped; where history was rebuilt, where it forked."""
        with self._database.reading() as session:
            known = session.get(CodeReading, self._project.id)
            fork = None if known is None or known.version != VERSION else self._fork(session, known)
            newest = None if known is None else session.get_one(CodeCommit, known.newest_id).commit
        if known is None or fork is None:
            return self._start()
        if self._line[fork].id != newest:
            known = self._turn_back(self._line[fork])
            self._describe_again(self._line[fork])
        return self._deepened(known)

    def _deepened(self, reading: CodeReading) -> CodeReading:
        """The same, to be read on where what was cut off has come since."""
        if reading.is_complete and self._commit(reading.oldest_id) != self._line[-1].id:
            # It brings other times for what was made within the same second
            with self._database.transaction() as session:
                self._database.lock(session, f"code/{self._project.id}")
                record = CodeRecord(session, self._project.id or 0, self._project.name)
                self._enqueue(session, record.retime(self._line), snapshot=True)
            reading.is_complete = False
        return reading

    def newer(self, reading: CodeReading) -> list[Commit]:
        """Commits that follow the newest one that was read, oldest first; so many as are read at once."""
        return self._line[: self._place[self._commit(reading.newest_id)]][::-1][:AT_ONCE]

    def go_on(self, line: Sequence[Commit]) -> CodeReading:
        """Read these commits, which follow the newest one that was read."""
        self._stand_at(self._line[self._place[line[0].id] + 1], oldest=False)
        told = self._changes_along(line[-1], len(line))[::-1]
        self._fetch(move for each in told for move in forward(each.changes))
        spans, renamed = list[Span](), dict[EntityKey, CodeFact]()
        for each in told:
            gone, come = self._state.move(forward(each.changes), _keyed(each))
            for fact in gone:
                span = self._open.pop(fact)
                span.until = each.id
                spans.append(span)
            self._open |= {fact: Span(fact, each.id, None) for fact in come}
            spans += [self._open[fact] for fact in come]
            renamed |= {fact.object: fact for fact in come if fact.predicate == DEFINES}
        with self._step(line[-1]) as (session, row, record):
            ids = record.commit_ids(zip(line, told, strict=True))
            row.newest_id = ids[line[-1].id]
            self._save(session, row, record, spans, told)
            self._enqueue(session, record.rename(renamed.values()), snapshot=True)
            moved = {entity.file for entity in renamed}
            paths = {path for path, key in self._state.keys.items() if key in moved}
            paths |= {path for commit in told for each in commit.changes if (path := each.new_path)}
            describe(session, record, self._state, paths, self._clock())
        return row

    def go_back(self, reading: CodeReading) -> CodeReading:
        """Read the changes of the oldest commit whose tree is known, and of some before it."""
        start = self._place[self._commit(reading.oldest_id)]
        self._stand_at(self._line[start], oldest=True)
        told = self._changes_along(self._line[start], AT_ONCE + 1)
        line = self._line[start : start + len(told)]
        # The last is where the next step begins. What the first of a shallow clone changed is not known
        is_complete = len(told) <= AT_ONCE
        read = told if is_complete and told[-1].id not in self._clone.cut_commits() else told[:-1]
        self._fetch(move for each in read for move in backward(each.changes))
        spans = list[Span]()
        for each in read:
            gone, come = self._state.move(backward(each.changes), _keyed(each))
            for fact in gone:
                span = self._open.pop(fact)
                span.since = each.id
                spans += [span] if span.row is not None else []
            fresh = {fact: Span(fact, None, each.id) for fact in come}
            self._open |= fresh
            spans += fresh.values()
        with self._step(line[-1]) as (session, row, record):
            ids = record.commit_ids(zip(line, told, strict=True))
            row.oldest_id = ids[line[-1].id]
            row.is_complete = is_complete
            self._save(session, row, record, spans, read)
        return row

    def _start(self) -> CodeReading:
        """Read the head's tree; what an older reading said counts no more."""
        head = self._line[0]
        self._stand_at(head, oldest=True, known=False)
        told = self._changes_along(head, 1)
        self._open = {fact: Span(fact, None, None) for said in self._state.facts.values() for fact in said}
        with self._step(head, anew=True) as (session, row, record):
            self._enqueue(session, record.forget(commits.c.id.is_not(None)))
            ids = record.commit_ids(zip([head], told, strict=True))
            row.newest_id = row.oldest_id = ids[head.id]
            row.commits, row.is_complete, row.version = 0, False, VERSION
            self._save(session, row, record, list(self._open.values()), ())
            record.rename(self._open)
            describe(session, record, self._state, self._state.blobs, self._clock())
        return row

    @contextmanager
    def _step(self, now_at: Commit, *, anew: bool = False) -> Iterator[tuple[Session, CodeReading, CodeRecord]]:
        """One transaction that takes the record to another commit; what is at hand is of that commit then."""
        before, self._at = self._at, ""
        with self._database.transaction() as session:
            self._database.lock(session, f"code/{self._project.id}")
            row = session.get(CodeReading, self._project.id)
            if row is None:
                row = CodeReading(project_id=self._project.id or 0, newest_id=0, oldest_id=0, commits=0, of_commits=0)
            elif not anew and before not in {self._named(session, each) for each in (row.newest_id, row.oldest_id)}:
                raise Conflict("Another process reads the history of this project at the same time.")
            yield session, row, CodeRecord(session, self._project.id or 0, self._project.name)
        self._at = now_at.id

    def _save(
        self,
        session: Session,
        row: CodeReading,
        record: CodeRecord,
        spans: Sequence[Span],
        told: Sequence[CommitChanges],
    ) -> None:
        row.commits, row.of_commits = row.commits + len(told), len(self._line)
        begun = {each for span in spans for each in (span.since, span.until) if each}
        ids = record.known_commits(begun | {each.id for each in told})
        record.save(spans, ids, row.oldest_id)
        session.add(row)
        session.flush()
        since = {span.since for span in spans if span.since}
        self._enqueue(session, sorted({ids[each] for each in since} | {ids[each.id] for each in told}), snapshot=True)

    def _fork(self, session: Session, reading: CodeReading) -> int | None:
        """The place of the newest commit that was read and is still part of the history; None where none is."""
        last = self._place.get(session.get_one(CodeCommit, reading.oldest_id).commit)
        if last is None:
            return None
        mine = select(commits.c.commit).where(_of(reading.project_id), commits.c.is_read)
        known = set(session.execute(mine).scalars())
        return next(number for number, commit in enumerate(self._line[: last + 1]) if commit.id in known)

    def _turn_back(self, commit: Commit) -> CodeReading:
        """Take back what followed a commit that is part of the history still."""
        with self._database.transaction() as session:
            self._database.lock(session, f"code/{self._project.id}")
            row = session.get_one(CodeReading, self._project.id)
            read = select(commits).where(_of(row.project_id), commits.c.is_read)
            ids = {each.commit: each.id for each in session.execute(read)}
            gone = [id_ for name, id_ in ids.items() if name not in self._place]
            record = CodeRecord(session, row.project_id, self._project.name)
            self._enqueue(session, record.forget(commits.c.id.in_(gone)), snapshot=True)
            self._enqueue(session, record.rename(record.open_spans(oldest=False)), snapshot=True)
            row.newest_id = ids[commit.id]
            session.add(row)
        return row

    def _describe_again(self, newest: Commit) -> None:
        """What was taken back may have described what is there still."""
        self._stand_at(newest, oldest=False)
        with self._database.transaction() as session:
            record = CodeRecord(session, self._project.id or 0, self._project.name)
            describe(session, record, self._state, self._state.blobs, self._clock())

    def _stand_at(self, commit: Commit, *, oldest: bool, known: bool = True) -> None:
        """Have the facts of a commit's tree at hand, which is the oldest or the newest that was read."""
        if self._at == commit.id:
            return
        if known:
            with self._database.reading() as session:
                record = CodeRecord(session, self._project.id or 0, self._project.name)
                self._open = record.open_spans(oldest=oldest)
        keys = {fact.path: fact.object.file for fact in self._open if fact.predicate == DEFINES and fact.path}
        files = self._clone.files(commit.id)
        blobs = {path: file.blob for path, file in files.items() if is_known(path) and file.is_plain}
        self._contents = self._clone.contents(sorted(set(blobs.values())), MOST_BYTES)
        self._state = read_afresh(blobs, self._sources, keys)
        self._at = commit.id

    def _commit(self, row_id: int) -> str:
        with self._database.reading() as session:
            return self._named(session, row_id)

    @staticmethod
    def _named(session: Session, row_id: int) -> str:
        return session.get_one(CodeCommit, row_id).commit

    def _fetch(self, moves: Iterable[Move]) -> None:
        """Have the contents of all files at hand that come with these."""
        wanted = {move.blob for move in moves if is_known(move.after)}
        self._contents = self._clone.contents(sorted(wanted), MOST_BYTES)

    def _content(self, blob: str) -> bytes | None:
        if blob in self._contents:
            return self._contents[blob]
        return self._clone.contents([blob], MOST_BYTES).get(blob)

    def _changes_along(self, commit: Commit, count: int) -> list[CommitChanges]:
        """What this commit and those before it changed, this one first."""
        return list(commit_changes(self._clone.changes_along(commit.id, count)))

    def _enqueue(self, session: Session, told: Iterable[int], *, snapshot: bool = False) -> None:
        changes = [Changed(COMMIT, each) for each in told]
        changes += [Changed(SNAPSHOT, self._project.id or 0)] if snapshot else []
        outbox.enqueue(session, changes, self._clock())


def _keyed(commit: CommitChanges) -> Callable[[str], str]:
    """Keys of files whose path is another's key already."""
    return lambda path: f"{path}@{commit.id}"


def _of(project_id: int) -> ColumnElement[bool]:
    return commits.c.project_id == project_id
