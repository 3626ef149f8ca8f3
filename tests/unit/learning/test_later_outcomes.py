"""What becomes of fixes after a pattern was learned from them moves how it is counted, to and fro."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from sigma_core.codebase.change_tables import CodeChange
from sigma_core.codebase.tables import CodeCommit, CodeEntity
from sigma_core.database import Database
from sigma_core.learning.patterns.fix_outcomes import unread_endings
from sigma_core.learning.patterns.later_outcomes import settle, standings
from sigma_core.learning.patterns.reversals import Reversal, standing_reversals
from sigma_core.learning.patterns.service import CodePatterns
from sigma_core.learning.patterns.tables import COMMIT, PROPOSAL, CodePattern, PatternReading, PatternSighting
from sigma_core.projects.tables import Project
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.tables import Decision, FollowedChange, Outcome, Proposal

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class History:
    """A project with one pattern, its commits and proposals as their rows say."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction() as session:
            project = Project(name="shop", path="/shop", head="c0", created_at=NOON)
            session.add(project)
            session.flush()
            self.project = project.id or 0
            author = CodeEntity(
                project_id=self.project, digest="a", kind="author", file="", name="ada", full_name="ada"
            )
            pattern = CodePattern(
                project_id=self.project, digest="p", before="a", after="b", origin="history", changed_at=NOON
            )
            session.add_all([author, pattern])
            session.flush()
            self.author, self.pattern = author.id or 0, pattern.id or 0
        self.commits = 0

    def commit(self, name: str, *, reverts: str = "", digest: str = "", undoes: str | None = None) -> None:
        self.commits += 1
        at = NOON + timedelta(hours=self.commits)
        with self.database.transaction() as session:
            row = CodeCommit(project_id=self.project, commit=name, at=at, author="ada", subject=name)
            session.add(row)
            session.flush()
            session.add(
                CodeChange(
                    commit_id=row.id or 0,
                    project_id=self.project,
                    author_id=self.author,
                    made_at=at,
                    reverts=reverts,
                    digest=digest or name,
                    undoes=undoes,
                    is_main=True,
                )
            )

    def see(self, kind: str, ref: str) -> None:
        with self.database.transaction() as session:
            session.add(PatternReading(project_id=self.project, kind=kind, ref=ref, success=True))
            session.add(
                PatternSighting(pattern_id=self.pattern, kind=kind, ref=ref, path="a.py", line=1, success=True, at=NOON)
            )

    def propose(self, verdict: str) -> int:
        with self.database.transaction() as session:
            proposal = Proposal(
                project_id=self.project,
                title="t",
                change_type="bug",
                rule="E711",
                diff="",
                diff_sha256=str(self.commits),
                base_commit="c0",
                confidence=1,
                origin="dream",
                fixer="model",
                state=verdict,
                created_at=NOON,
                changed_at=NOON,
            )
            session.add(proposal)
            session.flush()
            self._decide(session, proposal.id or 0, verdict)
            return proposal.id or 0

    @staticmethod
    def _decide(session: Session, proposal: int, verdict: str) -> None:
        session.add(
            Decision(
                proposal_id=proposal, verdict=verdict, decided_by="person", actor="ada", reasons=[], created_at=NOON
            )
        )

    def becomes(self, line: int, taken: bool | None, *kinds: OutcomeKind) -> None:
        with self.database.transaction() as session:
            for old in session.exec(select(Outcome).where(Outcome.line_id == line)):
                session.delete(old)
            session.flush()
            session.merge(
                FollowedChange(
                    line_id=line,
                    project_id=self.project,
                    proposal_id=line,
                    decision_id=1,
                    commit="c",
                    paths=[],
                    is_taken=taken,
                    changed_at=NOON,
                )
            )
            session.add_all(
                Outcome(
                    line_id=line,
                    proposal_id=line,
                    project_id=self.project,
                    kind=kind,
                    actor="ada",
                    at=NOON,
                    created_at=NOON,
                )
                for kind in kinds
            )

    def settled(self) -> int:
        with self.database.reading() as session:
            stands = standings(session, self.project)
        with self.database.transaction() as session:
            return settle(session, self.project, stands, NOON)

    def seen(self) -> dict[str, tuple[bool, int]]:
        with self.database.reading() as session:
            return {row.ref: (row.success, row.stood) for row in session.exec(select(PatternSighting))}


@pytest.fixture
def history(sqlite_database: Database) -> History:
    return History(sqlite_database)


def test_what_stands_longer_counts_more_and_what_is_taken_back_counts_against(history: History) -> None:
    patterns = CodePatterns(history.database, lambda: NOON)
    history.commit("f1")
    history.see(COMMIT, "f1")
    means = []
    for more in (0, 1, 9, 90):
        for _ in range(more):
            history.commit(f"c{history.commits}")
        history.settled()
        means.append(patterns.get(history.pattern).trust.mean)
    assert history.seen() == {"f1": (True, 100)}
    assert means == sorted({*means})
    history.commit("r1", reverts="f1")
    assert history.settled() == 1
    assert (history.seen()["f1"][0], patterns.get(history.pattern).trust.mean < 0.5) == (False, True)
    assert history.settled() == 0, "it is counted once"


def test_a_reversal_that_was_taken_back_takes_nothing_back(history: History) -> None:
    history.commit("f1", digest="x")
    history.see(COMMIT, "f1")
    history.commit("r1", digest="y", undoes="x")
    history.settled()
    assert history.seen()["f1"][0] is False
    history.commit("again", digest="x", undoes="y")
    history.see(COMMIT, "again")
    history.settled()
    assert [lasts for lasts, _ in history.seen().values()] == [True, True]
    three = [Reversal("r1", NOON, "f1"), Reversal("r2", NOON + timedelta(1), "r1"), Reversal("r3", NOON, "f2")]
    assert standing_reversals(three) == {"r1", "f2"}


def test_what_is_gone_with_its_history_was_never_seen_and_is_read_anew_where_it_comes_back(history: History) -> None:
    history.commit("f1")
    history.see(COMMIT, "f1")
    with history.database.transaction() as session:
        session.exec(select(CodeChange)).one().is_void = True
    assert history.settled() == 0
    with history.database.reading() as session:
        assert not session.exec(select(PatternSighting)).all()
        assert not session.exec(select(PatternReading)).all()


def test_a_proposed_fix_counts_by_what_became_of_it_however_long_ago_it_was_decided(history: History) -> None:
    line = history.propose("approved")
    history.see(PROPOSAL, str(line))
    history.settled()
    assert history.seen() == {str(line): (True, 0)}
    kept, lost = [OutcomeKind.REACHED, OutcomeKind.SURVIVED_1], [OutcomeKind.REACHED, OutcomeKind.SURVIVED_10]
    courses: list[tuple[bool, list[OutcomeKind], tuple[bool, int]]] = [
        (True, kept[:1], (True, 0)),
        (True, [*kept, OutcomeKind.SURVIVED_10], (True, 10)),
        (False, [*lost, OutcomeKind.ISSUE_BACK], (False, 10)),
        (True, [*kept, OutcomeKind.SURVIVED_100], (True, 100)),
        (False, [OutcomeKind.REVERTED], (False, 0)),
    ]
    for taken, kinds, expected in courses:
        history.becomes(line, taken, *kinds)
        history.settled()
        assert history.seen()[str(line)] == expected


def test_what_was_taken_by_hand_though_it_was_refused_is_looked_at_as_taken(history: History) -> None:
    line = history.propose("rejected")
    history.becomes(line, True, OutcomeKind.REACHED)
    with history.database.reading() as session:
        (ended,) = unread_endings(session, history.project, ())
        assert (ended.line, ended.standing.success) == (line, True)
        assert not unread_endings(session, history.project, {str(line)})
