"""Each change of how votes count is a row that says when, by whom and why, and a person can take it back."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.proposals.calibration.changelog import CommitteeChangelog, LearnedCalibration
from sigma_core.proposals.calibration.recalibration import Recalibration
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LEARNED = Calibration(
    {**DEFAULT_WEIGHTS, "tester": 0.30, "architect": 0.16},
    {"tester": {"m-1": 0.3}},
    Recalibration("platt", 0.5, 60, 1.2, -0.3),
)


@pytest.fixture
def changelog(database: Database) -> CommitteeChangelog:
    return CommitteeChangelog(database, lambda: NOW)


def learn(changelog: CommitteeChangelog, database: Database, calibration: Calibration = LEARNED) -> bool:
    with database.transaction() as session:
        return changelog.learn(session, LearnedCalibration(calibration, 60, "The tester foretells.")) is not None


def test_what_was_learned_is_in_force_from_then_on_and_told(changelog: CommitteeChangelog, database: Database) -> None:
    assert changelog.current() == Calibration()
    assert learn(changelog, database)
    now = changelog.current()
    assert (now.weights, now.shares, now.recalibration) == (LEARNED.weights, LEARNED.shares, LEARNED.recalibration)
    (row,) = changelog.changes()
    assert (row.kind, row.actor, row.n, row.why) == ("learned", "learning", 60, "The tester foretells.")
    assert (row.weights_before, row.configured) == (DEFAULT_WEIGHTS, DEFAULT_WEIGHTS)


def test_a_person_undoes_it_and_learning_stays_away_until_it_is_released(
    changelog: CommitteeChangelog, database: Database
) -> None:
    learn(changelog, database)
    undone = changelog.undo(actor="ada", why="Too few.")
    assert (undone.weights, undone.shares, undone.recalibration["kind"]) == (DEFAULT_WEIGHTS, {}, "identity")
    assert (undone.undoes_id, undone.frozen) == (changelog.changes()[1].id, True)
    assert not learn(changelog, database)
    changelog.release(actor="ada", why="More by now.")
    assert learn(changelog, database)
    assert [row.kind for row in changelog.changes()] == ["learned", "released", "undone", "learned"]
    with database.reading() as session:
        assert [row.action for row in session.exec(select(AuditEntry))] == ["committee_undone", "committee_released"]


def test_undoing_an_older_change_takes_back_what_came_after_it(
    changelog: CommitteeChangelog, database: Database
) -> None:
    first = changelog.set_weights({"tester": 0.5}, actor="ada", why="Tests are good here.")
    learn(changelog, database)
    assert changelog.undo(first.id, actor="ada", why="They were not.").weights == DEFAULT_WEIGHTS


def test_weights_that_are_set_add_up_and_are_what_learning_starts_from(
    changelog: CommitteeChangelog, database: Database
) -> None:
    row = changelog.set_weights({"tester": 0.5, "optimizer": 0.0}, actor="ada", why="Tests are good here.")
    assert sum(row.weights.values()) == pytest.approx(1, abs=1e-5)
    assert row.weights["optimizer"] == 0
    with database.reading() as session:
        assert changelog.configured(session) == row.weights


def test_what_cannot_be_is_refused_and_says_why(changelog: CommitteeChangelog) -> None:
    with pytest.raises(Invalid, match="is no member"):
        changelog.set_weights({"tester": 0.5, "oracle": 0.5}, actor="ada", why="x")
    with pytest.raises(Invalid, match="from 0 to 1"):
        changelog.set_weights({"tester": float("nan")}, actor="ada", why="x")
    with pytest.raises(Invalid, match="nobody"):
        changelog.set_weights(dict.fromkeys(DEFAULT_WEIGHTS, 0.0), actor="ada", why="x")
    with pytest.raises(Invalid, match="say why"):
        changelog.freeze(actor="ada", why=" ")
    with pytest.raises(Conflict, match="nothing to undo"):
        changelog.undo(actor="ada", why="x")
    changelog.freeze(actor="ada", why="x")
    with pytest.raises(Conflict, match="frozen already"):
        changelog.freeze(actor="ada", why="x")
    with pytest.raises(NotFound):
        changelog.undo(99, actor="ada", why="x")
