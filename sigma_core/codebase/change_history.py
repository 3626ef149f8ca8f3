"""Reads who changed what in a project's history into the record: merged branches too, newest first."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import and_, select
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.codebase import associations
from sigma_core.codebase.change_record import ChangeRecord, ReadChanges, Touch
from sigma_core.codebase.change_tables import CodeChange, CodeChangeReading
from sigma_core.codebase.commit_log import Unit, logged_commits, units
from sigma_core.codebase.commits import Commit, main_line
from sigma_core.codebase.file_keys import FileKeys, backward_steps, forward_steps, stored
from sigma_core.codebase.history import COMMIT, VERSION, HistoryFigures
from sigma_core.codebase.module_names import module_names
from sigma_core.codebase.record import portions
from sigma_core.codebase.tables import CodeCommit, CodeReading, entities, facts
from sigma_core.codebase.touched_files import BranchNames, file_entity, how, touched_files
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import DEFINES
from sigma_core.projects.git import Clone, GitFailed
from sigma_core.projects.tables import Project

READER = 1000 * VERSION + 3
"""Version of what is read: raise it, and every project's changes are read anew, as they are with its code."""
FILE_HISTORY = "code_file"
"""Origin of what the graph shows of a file's changes."""
AT_ONCE = 500
"""Commits of one transaction."""


class ChangeHistory:
    """Who changed what, in all projects."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone

    def read(self, project: Project, *, ends: float, tell: Callable[[str], None]) -> HistoryFigures:
        """Bring the record up to the project's head, then go back in time until `ends`, of the monotonic clock."""
        reading = _Reading(self._database, self._clock, project, self._clone(project))
        row = reading.begin()
        while not row.is_complete and time.monotonic() < ends:
            row = reading.go_back()
            tell(f"reading who changed what: {row.commits:,} of {reading.of_commits:,} commits")
        reading.finish()
        return HistoryFigures(row.commits, max(reading.of_commits, row.commits), row.is_complete)


class _Reading:
    """One project's changes, read by one process. Each step is one transaction, and goes on from what is stored."""

    def __init__(self, database: Database, clock: Clock, project: Project, clone: Clone) -> None:
        self._database, self._clock, self._project, self._clone = database, clock, project, clone
        self._mailmap = clone.blob_of(project.head, ".mailmap")
        self._cut = clone.cut_commits()
        self._older = list[Unit]()
        self._keys, self._at = FileKeys({}), ""

    @property
    def of_commits(self) -> int:
        """Commits that there are."""
        return self._row.commits + sum(len(unit.ids) for unit in self._older)

    def begin(self) -> CodeChangeReading:
        """Read what is new since the last reading; where history was rebuilt, since it forked."""
        with self._database.reading() as session:
            known = session.get(CodeChangeReading, self._project.id)
            newest = known and session.get_one(CodeCommit, known.newest_id)
            oldest = known and session.get_one(CodeCommit, known.oldest_id)
            is_read = known is not None and session.get(CodeChange, known.oldest_id) is not None
        if not known or not newest or not oldest or (known.version, known.mailmap) != (READER, self._mailmap or ""):
            return self._start()
        self._row = known
        if newest.commit != self._project.head and not self._go_on(newest) and not self._turn_back(newest, oldest):
            return self._start()
        if known.is_complete and not is_read and oldest.commit not in self._cut:
            self._retime()
            self._row.is_complete = False
        if not self._row.is_complete:
            self._older = units(self._clone.commit_graph(oldest.commit), oldest.commit)
        return self._row

    def _retime(self) -> None:
        """What was cut off has come since, and with it other times for what was made within the same second."""
        line = units(self._clone.commit_graph(self._project.head), self._project.head)
        with self._step() as (session, record):
            self._enqueue(session, record.retime(Commit(each, unit.main.at) for unit in line for each in unit.ids))

    def go_back(self) -> CodeChangeReading:
        """Read the changes of the oldest commit whose files are known, and of some before it."""
        batch = self._batch(self._older)
        self._stand_at(self._older[0].main.id, oldest=True)
        is_last = len(batch) == len(self._older)
        read = [unit for unit in batch if unit.main.id not in self._cut]
        found = self._read(read, forward=False)
        with self._step() as (session, record):
            ids = record.save(found, oldest=True)
            end = batch[-1].main if is_last else self._older[len(batch)].main
            self._row.oldest_id = ids.get(end.id) or self._stand_in(session, record, end)
            self._row.is_complete = is_last
            self._save(session, record, found, ids)
        self._older, self._at = self._older[len(batch) :], end.id
        return self._row

    def _go_on(self, newest: CodeCommit) -> bool:
        """Read what followed the newest commit that was read; whether it is still of the main line."""
        try:
            listing = self._clone.commit_graph(self._project.head, without=newest.commit)
        except GitFailed:
            return False
        fresh = units(listing, self._project.head, newest.at)
        if not fresh or fresh[-1].parent != newest.commit:
            return False
        self._stand_at(newest.commit, oldest=False)
        fresh.reverse()
        while batch := self._batch(fresh):
            found = self._read(batch, forward=True)
            with self._step() as (session, record):
                ids = record.save(found, oldest=False)
                self._row.newest_id = ids[batch[-1].main.id]
                self._save(session, record, found, ids)
            fresh, self._at = fresh[len(batch) :], batch[-1].main.id
        return True

    def _turn_back(self, newest: CodeCommit, oldest: CodeCommit) -> bool:
        """Take back what is no longer part of the history, and read what is instead; whether that could be done."""
        with self._database.reading() as session:
            known = self._record(session).main_line()
        line = main_line(self._clone.main_line(self._project.head))
        fork = next((commit for commit in line if commit.id in known and commit.id != oldest.commit), None)
        if fork is None:
            return False
        gone = sorted((each for each, at in known.items() if at > fork.at), key=known.__getitem__, reverse=True)
        self._stand_at(newest.commit, oldest=False)
        try:
            told = [each for some in portions(gone) for each in logged_commits(self._clone.logged(some))]
        except GitFailed:
            return False
        found = ReadChanges()
        for each in told:
            left, there = self._keys.move(backward_steps(each.changes), _named_after(each.id))
            if not set(there.values()) <= set(left.values()):
                # It was deleted since: which file it had been is not recorded
                self._at = ""
                return False
            self._note(found, left, there)
        with self._step() as (session, record):
            void = record.forget(fork.at)
            record.save(found, oldest=False)
            self._row.newest_id = self._stand_in(session, record, fork)
            self._row.commits -= len(void)
            self._enqueue(session, void)
        self._at = fork.id
        with self._database.reading() as session:
            return fork.id == self._project.head or self._go_on(session.get_one(CodeCommit, self._row.newest_id))

    def _start(self) -> CodeChangeReading:
        """Begin with the head's files; what an older reading said counts no more."""
        self._older = units(self._clone.commit_graph(self._project.head), self._project.head)
        head = self._older[0].main
        paths = [path for path, file in self._clone.files(head.id).items() if file.is_plain and stored(path)]
        names = module_names(paths).by_path
        with self._database.reading() as session:
            keys = {path: path for path in paths} | self._keys_of_code(session, head.id, set(paths))
        found = {file_entity(path, key): path for path, key in keys.items()}
        self._row = CodeChangeReading(
            project_id=self._project.id or 0, newest_id=0, oldest_id=0, commits=0, mailmap=self._mailmap or ""
        )
        with self._step() as (session, record):
            void = record.forget()
            ended = record.forget_files(head.at)
            record.add_files(found, {key: names.get(path, path) for key, path in found.items()})
            self._row.newest_id = self._row.oldest_id = self._stand_in(session, record, head)
            self._row.version = READER
            self._enqueue(session, void)
            outbox.enqueue(session, (Changed(FILE_HISTORY, each) for each in ended), self._clock())
        self._keys, self._at = FileKeys(keys), head.id
        return self._row

    def _keys_of_code(self, session: Session, head: str, paths: Collection[str]) -> dict[str, str]:
        """Keys that the record of the code's facts has given to files already."""
        read = session.get(CodeReading, self._project.id)
        if read is None or session.get_one(CodeCommit, read.newest_id).commit != head:
            return {}
        joined = facts.join(entities, entities.c.id == facts.c.object_id)
        holds = and_(facts.c.project_id == self._project.id, facts.c.until_id.is_(None), facts.c.is_void.is_(False))
        found = select(facts.c.path, entities.c.file).select_from(joined)
        rows = session.execute(found.where(holds, facts.c.predicate == DEFINES, facts.c.path != ""))
        return {row.path: row.file for row in rows if row.path in paths}

    def _read(self, batch: Sequence[Unit], *, forward: bool) -> ReadChanges:
        """What these units changed, the files' keys moved along."""
        ids = [each for unit in batch for each in unit.ids]
        listings = (self._clone.logged(some, self._mailmap) for some in portions(ids))
        told = {each.id: each for listing in listings for each in logged_commits(listing)}
        found = ReadChanges()
        around = list(self._keys.by_path)
        for unit in batch:
            steps = (forward_steps if forward else backward_steps)(told[unit.main.id].changes)
            gone, come = self._keys.move(steps, _named_after(unit.main.id))
            self._note(found, gone, come)
            after, before = (come, gone) if forward else (gone, come)
            known = BranchNames(after, self._keys.by_path, before)
            if unit.main.id not in unit.members:
                told[unit.main.id] = told[unit.main.id].without_changes()
            found.commits += [(told[each], unit.main.at, each == unit.main.id) for each in unit.ids]
            members = [told[each] for each in unit.members if each not in self._cut]
            for commit, change, path, key in touched_files(members, known):
                entity = file_entity(path, key)
                found.touches.append(Touch(commit.id, entity, how(change), path))
                found.names.setdefault(entity, path)
        names = module_names([*around, *found.names.values()]).by_path
        found.names = {entity: names.get(path, path) for entity, path in found.names.items()}
        return found

    @staticmethod
    def _note(found: ReadChanges, gone: Mapping[str, str], come: Mapping[str, str]) -> None:
        """Keep where files come to lie."""
        for path, key in (*gone.items(), *come.items()):
            entity = file_entity(path, key)
            found.moved[entity] = path if come.get(path) == key else None
            found.names[entity] = path

    def _stand_at(self, commit: str, *, oldest: bool) -> None:
        """Have the keys of a commit's files at hand, which is the newest or the oldest that was read."""
        if self._at != commit:
            with self._database.reading() as session:
                self._keys = FileKeys(self._record(session).keys(oldest=oldest))
            self._at = commit

    @staticmethod
    def _batch(line: Sequence[Unit]) -> list[Unit]:
        """So many units as are read at once."""
        found, count = list[Unit](), 0
        for unit in line:
            if count >= AT_ONCE:
                break
            found.append(unit)
            count += len(unit.ids)
        return found

    @contextmanager
    def _step(self) -> Iterator[tuple[Session, ChangeRecord]]:
        """One transaction that takes the record to another commit; whoever asks for it says which is at hand then."""
        before, self._at = (self._row.newest_id, self._row.oldest_id), ""
        with self._database.transaction() as session:
            self._database.lock(session, f"code/{self._project.id}")
            stored = session.get(CodeChangeReading, self._project.id)
            if before != (0, 0) and (stored is None or (stored.newest_id, stored.oldest_id) != before):
                raise Conflict("Another process reads the history of this project at the same time.")
            yield session, self._record(session)
            session.merge(self._row)

    def _record(self, session: Session) -> ChangeRecord:
        return ChangeRecord(session, self._project.id or 0, self._project.name)

    def _stand_in(self, session: Session, record: ChangeRecord, commit: Commit) -> int:
        """The row of a commit at which reading stands. The graph is told of it like of any other, though its changes
        are not read yet: what it is to show and was never told would count as lost."""
        row = record.commit_row(commit.id, commit.at)
        self._enqueue(session, [row])
        return row

    def _save(self, session: Session, record: ChangeRecord, found: ReadChanges, ids: Mapping[str, int]) -> None:
        self._row.commits += len(found.commits)
        self._enqueue(session, [*ids.values(), *record.undone(each for each, _, _ in found.commits)])

    def _enqueue(self, session: Session, told: Iterable[int]) -> None:
        outbox.enqueue(session, [Changed(COMMIT, each) for each in sorted(set(told))], self._clock())

    def finish(self) -> None:
        """Reckon what follows from what was read."""
        project_id = self._project.id or 0
        while True:
            with self._database.transaction() as session:
                self._database.lock(session, f"code/{project_id}")
                if not (stale := associations.stale_files(session, project_id)):
                    return
                associations.reckon(session, project_id, stale)
                outbox.enqueue(session, (Changed(FILE_HISTORY, each) for each in stale), self._clock())


def _named_after(commit: str) -> Callable[[str], str]:
    """Keys of files whose path is another's key already."""
    return lambda path: f"{path}@{commit}"
