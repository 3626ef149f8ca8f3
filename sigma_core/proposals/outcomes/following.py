"""Follows what becomes of changes: by every new commit of a project's main line, and what people say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.codebase.commit_log import logged_commits, units
from sigma_core.codebase.commits import main_line
from sigma_core.database import Database
from sigma_core.issues.tables import Issue, IssueState
from sigma_core.projects.git import Clone, GitFailed
from sigma_core.projects.tables import Project
from sigma_core.proposals.outcomes.content import Standing
from sigma_core.proposals.outcomes.course import Course, PassedCommit
from sigma_core.proposals.outcomes.events import EventBook, OutcomeEvent
from sigma_core.proposals.outcomes.kinds import ON_MAIN, OutcomeKind
from sigma_core.proposals.outcomes.main_line_walk import FollowedFiles, walk
from sigma_core.proposals.outcomes.marks import FileMark, file_marks
from sigma_core.proposals.outcomes.rulings_heard import AT_ONCE, hear_decisions, hear_ignored
from sigma_core.proposals.tables import FollowedChange, Outcome, Proposal, ProposalIssue

MOST_FOLLOWED = 1000
"""Changes of a project that are followed, the newest."""
BATCH = 200
"""Commits of one transaction."""
MOST_COMMITS = 2000
"""Commits of one look; the rest follows with the next."""


class OutcomeFollowing:
    """What becomes of the changes of all projects. Each step is one transaction, and goes on from what is stored."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone

    def follow(self, project: Project, tell: Callable[[str], None] = lambda _: None) -> Mapping[str, int]:
        """Up to the project's head, or for `MOST_COMMITS` commits; figures for its run."""
        heard = self._hear(project)
        left, clone = MOST_COMMITS, self._clone(project)
        while left > 0 and (group := self._behind(project)):
            left -= self._advance(project, clone, group)
            tell(f"following what became of {len(group)} changes")
        self._see_branches(project, clone)
        self._see_issues(project)
        return {"decisions_heard": heard} if heard else {}

    def _hear(self, project: Project) -> int:
        heard = 0
        while True:
            with self._transaction(project) as session:
                some = hear_decisions(session, project.id or 0, self._clock())
                heard += some
                if some < AT_ONCE:
                    hear_ignored(session, project.id or 0, self._clock())
                    return heard

    def _behind(self, project: Project) -> Sequence[FollowedChange]:
        """Changes that stand at one and the same commit before the head."""
        newest = (
            select(FollowedChange)
            .where(FollowedChange.project_id == project.id, col(FollowedChange.is_over).is_(False))
            .order_by(col(FollowedChange.line_id).desc())
            .limit(MOST_FOLLOWED)
        )
        with self._database.reading() as session:
            behind = [each for each in session.exec(newest) if each.commit != project.head]
        return [each for each in behind if each.commit == behind[0].commit]

    def _advance(self, project: Project, clone: Clone, group: Sequence[FollowedChange]) -> int:
        """Go some commits towards the head; how many."""
        start = group[0].commit
        try:
            line = units(clone.commit_graph(project.head, without=start), project.head)
        except GitFailed:
            line = []
        if not line or line[-1].parent != start:
            self._turn_back(project, clone, group)
            return 1
        some = line[::-1][:BATCH]
        told = {each.id: each for each in logged_commits(clone.logged([unit.main.id for unit in some]))}
        steps = [PassedCommit(unit.main.id, unit.main.at, told[unit.main.id].author) for unit in some]
        files = self._files(clone, group)
        walk(clone, files, steps, told)
        self._write(project, group, [each.course for each in files], steps[-1].id)
        return len(steps)

    def _turn_back(self, project: Project, clone: Clone, group: Sequence[FollowedChange]) -> None:
        """The commit they stood at is no longer of the main line: stand where that forked, else at the head."""
        known, line = _line(clone, group[0].commit), _line(clone, project.head)
        fork = next((commit for commit in line if commit in known), None)
        at, dropped = (project.head, len(known)) if fork is None else (fork, known[fork])
        renamed = {old: new for new, old in clone.renames(group[0].commit, at).items()}
        moved = [row.model_copy(update={"paths": [renamed.get(each, each) for each in row.paths]}) for row in group]
        on_main = self._on_main(group)
        files = self._files(clone, [row.model_copy(update={"commit": at}) for row in moved])
        for row, each in zip(group, files, strict=True):
            gone = [
                OutcomeKind(kind)
                for kind, commit in on_main.get(row.line_id, {}).items()
                if commit is None or not clone.is_ancestor(commit, project.head)
            ]
            is_done = each.standing() is Standing.DONE
            each.course.turn_back(dropped, gone, is_done=is_done)
            if fork is None and is_done:
                each.course.go_on(PassedCommit(project.head, self._clock(), "unknown"), Standing.DONE)
        self._write(project, group, [each.course for each in files], at)

    def _on_main(self, group: Sequence[FollowedChange]) -> Mapping[int, Mapping[str, str | None]]:
        """What the main line told of them, with the commits."""
        mine = select(Outcome).where(col(Outcome.line_id).in_([each.line_id for each in group]))
        found: dict[int, dict[str, str | None]] = {}
        with self._database.reading() as session:
            for each in session.exec(mine.where(col(Outcome.kind).in_(ON_MAIN))):
                found.setdefault(each.line_id, {})[each.kind] = each.commit
        return found

    def _files(self, clone: Clone, group: Sequence[FollowedChange]) -> Sequence[FollowedFiles]:
        with self._database.reading() as session:
            lines = [each.line_id for each in group]
            known = session.exec(
                select(Outcome).where(
                    col(Outcome.line_id).in_(lines), col(Outcome.kind).in_((OutcomeKind.APPLIED, OutcomeKind.REACHED))
                )
            ).all()
        commits = {(each.line_id, each.kind): each.commit for each in known}
        return [
            FollowedFiles(
                course=Course.of(row),
                clone=clone,
                start=row.commit,
                marks=partial(self._marks, clone, row.proposal_id),
                ours=commits.get((row.line_id, OutcomeKind.APPLIED)),
                reached_by=commits.get((row.line_id, OutcomeKind.REACHED)),
            )
            for row in group
        ]

    def _marks(self, clone: Clone, proposal_id: int) -> Sequence[FileMark] | None:
        with self._database.reading() as session:
            proposal = session.get_one(Proposal, proposal_id)
        return file_marks(clone, proposal)

    def _write(self, project: Project, group: Sequence[FollowedChange], courses: Sequence[Course], commit: str) -> None:
        """Store how far they came, unless another process did so meanwhile."""
        with self._transaction(project) as session:
            rows = [session.get_one(FollowedChange, each.line_id) for each in group]
            book = EventBook(session, rows, self._clock())
            for before, row, course in zip(group, rows, courses, strict=True):
                if row.commit == before.commit:
                    course.write(row, commit, book)
                    session.add(row)
            book.settle()

    def _see_branches(self, project: Project, clone: Clone) -> None:
        """A branch of ours that was there and is gone, its change not on the main line: nobody wants to merge it."""
        applied = select(FollowedChange, Outcome).join(Outcome, col(Outcome.line_id) == FollowedChange.line_id)
        waiting = applied.where(
            FollowedChange.project_id == project.id,
            col(FollowedChange.is_over).is_(False),
            col(FollowedChange.reached).is_(None),
            Outcome.kind == OutcomeKind.APPLIED,
        )
        with self._transaction(project) as session:
            rows = session.exec(waiting).all()
            there = clone.branches() if rows else frozenset()
            book = EventBook(session, [row for row, _ in rows], self._clock())
            for row, outcome in rows:
                if outcome.branch in there:
                    row.is_branch_seen = True
                    book.withdraw(row.line_id, [OutcomeKind.CLOSED])
                elif row.is_branch_seen:
                    book.note(row.line_id, OutcomeEvent(OutcomeKind.CLOSED, self._clock(), "person"))
                    row.is_branch_seen = False
                session.add(row)
            book.settle()

    def _see_issues(self, project: Project) -> None:
        """An issue that is found again after its fix had reached the main line."""
        back = (
            select(FollowedChange, Issue)
            .join(Outcome, col(Outcome.line_id) == FollowedChange.line_id)
            .join(ProposalIssue, col(ProposalIssue.proposal_id) == FollowedChange.proposal_id)
            .join(Issue, col(Issue.id) == ProposalIssue.issue_id)
            .where(
                FollowedChange.project_id == project.id,
                Outcome.kind == OutcomeKind.REACHED,
                Issue.state == IssueState.REOPENED,
                Issue.changed_at > Outcome.created_at,
            )
        )
        with self._transaction(project) as session:
            found = session.exec(back).all()
            book = EventBook(session, {row.line_id: row for row, _ in found}.values(), self._clock())
            for row, issue in found:
                event = OutcomeEvent(
                    OutcomeKind.ISSUE_BACK, issue.changed_at, "analysis", commit=issue.seen_commit, reason=issue.message
                )
                book.note(row.line_id, event)
            book.settle()

    @contextmanager
    def _transaction(self, project: Project) -> Iterator[Session]:
        with self._database.transaction() as session:
            self._database.lock(session, f"outcomes/{project.id}")
            yield session


def _line(clone: Clone, commit: str) -> Mapping[str, int]:
    """Commits of the main line back from this one, each with its number; none where it is gone."""
    try:
        return {each.id: number for number, each in enumerate(main_line(clone.main_line(commit)))}
    except GitFailed:
        return {}
