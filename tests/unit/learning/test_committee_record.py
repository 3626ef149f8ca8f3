"""Weights, a model's part and what scores stand for follow from outcomes: the same from the same, to the bit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlmodel import select

from sigma_core.database import Database
from sigma_core.learning.committee import service as committee_service
from sigma_core.learning.committee.judged import JudgedChange, SaidOpinion
from sigma_core.learning.committee.record import as_cast, calibrated, pooled
from sigma_core.learning.committee.service import CommitteeRecord
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.learning.service import Learning
from sigma_core.learning.tables import TrackRecord
from sigma_core.projects.tables import Project
from sigma_core.proposals.calibration.changelog import CommitteeChangelog
from sigma_core.proposals.calibration.fitting import base_rates
from sigma_core.proposals.calibration.scoring import brier
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.outcomes.ledger import OutcomeLedger
from sigma_core.proposals.tables import (
    CommitteeScore,
    Decision,
    FollowedChange,
    Outcome,
    Proposal,
    Verification,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def world(n: int, *, seed: int = 1, skill: float = 0.0, model_skill: float | None = None) -> list[JudgedChange]:
    """Changes of which the reviewer alone knows something, as far as `skill` goes; the others are sure of all."""
    chance, made = Random(seed), []
    for line in range(1, n + 1):
        happened = chance.random() < 0.6
        scores = {member: round(chance.uniform(0.75, 0.95), 4) for member in DEFAULT_WEIGHTS}
        if chance.random() < skill:
            scores["reviewer"] = 0.95 if happened else 0.55
        opinions = {}
        if model_skill is not None:
            known = chance.random() < model_skill
            said = (0.95 if happened else 0.2) if known else 0.95
            opinions = {"tester": SaidOpinion("m-1", said, 0.95)}
        at = NOW + timedelta(hours=line)
        made.append(
            JudgedChange(line, 1, f"R{line % 3}", "linter_safe", "bug", at, happened, scores, dict(scores), opinions)
        )
    return made


def test_few_outcomes_change_nothing() -> None:
    assert calibrated(world(29, skill=1), DEFAULT_WEIGHTS, Calibration()) is None
    same = [replace(each, happened=True) for each in world(200)]
    assert calibrated(same, DEFAULT_WEIGHTS, Calibration()) is None


def test_who_foretells_gains_and_scores_come_to_stand_for_what_happens() -> None:
    found = calibrated(world(300, skill=0.7), DEFAULT_WEIGHTS, Calibration())
    assert found is not None
    assert found.calibration.weights["reviewer"] > DEFAULT_WEIGHTS["reviewer"] + 0.02
    assert found.why.startswith("300 changes with a known outcome: the reviewer foretells best")
    fresh = world(300, seed=7, skill=0.7)
    said = pooled(fresh, found.calibration.weights)
    mended = [replace(each, value=found.calibration.recalibration.of(each.value)) for each in said]
    assert brier(mended) < brier(pooled(fresh, DEFAULT_WEIGHTS)) - 0.03
    assert found.scores["whole"]["brier"] < found.scores["configured"]["brier"]
    assert found.scores["members"]["reviewer"]["skill"] > found.scores["members"]["security"]["skill"]


def test_the_same_outcomes_give_the_same_to_the_bit_and_change_nothing_twice() -> None:
    changes = world(120, skill=0.5)
    first = calibrated(changes, DEFAULT_WEIGHTS, Calibration())
    assert first is not None
    assert calibrated(list(reversed(changes)), DEFAULT_WEIGHTS, Calibration()) == first
    assert calibrated(changes, DEFAULT_WEIGHTS, first.calibration) is None


def test_a_self_assured_model_without_skill_keeps_little_and_one_with_skill_gains() -> None:
    sure, good = (calibrated(world(200, model_skill=skill), DEFAULT_WEIGHTS, Calibration()) for skill in (0.0, 0.9))
    assert sure is not None
    assert good is not None
    assert sure.calibration.shares.get("tester", {}).get("m-1", 0.1) <= 0.2
    assert good.calibration.shares["tester"]["m-1"] > 0.5
    told = good.scores["opinions"]["tester"]["m-1"]
    assert (told["n"], told["brier_of_model"] < told["brier_of_rules"]) == (200, True)


def test_what_is_learned_fits_votes_as_they_will_be_cast() -> None:
    """A share that grows moves votes away from those that weights and curve were fitted to."""

    def brier_of_five_opinions(seed: int) -> tuple[float, float]:
        chance, made = Random(seed), []
        for line in range(1, 501):
            happened, knows = chance.random() < 0.6, chance.random() < 0.3
            rules = {name: round(chance.gauss(0.8 if happened else 0.76, 0.05), 4) for name in DEFAULT_WEIGHTS}
            said = SaidOpinion("m-1", (0.95 if happened else 0.1) if knows else chance.choice((0.95, 0.1)), 0.9)
            opinions = dict.fromkeys(DEFAULT_WEIGHTS, said)
            change = JudgedChange(
                line, 1, "R1", "model", "bug", NOW + timedelta(hours=line), happened, rules, rules, opinions
            )
            made.append(as_cast(change, {}))
        found = calibrated(made[:200], DEFAULT_WEIGHTS, Calibration())
        assert found is not None
        now = found.calibration
        cast = pooled([as_cast(each, now.shares) for each in made[200:]], now.weights)
        return (
            brier([replace(each, value=now.recalibration.of(each.value)) for each in cast]),
            brier(base_rates(cast)),
        )

    for seed in range(4):
        learned, base = brier_of_five_opinions(seed)
        assert learned < base, seed


def store(database: Database, changes: list[JudgedChange]) -> None:
    """The rows that proposals, votes and outcomes leave behind."""
    with database.transaction() as session:
        for key in sorted({each.project_id for each in changes}):
            session.add(Project(id=key, name=f"shop-{key}", path=f"/shop/{key}", head="c", created_at=NOW))
        session.flush()
        for each in changes:
            key, decided = each.line, each.at - timedelta(minutes=5)
            session.add(
                Proposal(
                    id=key,
                    project_id=each.project_id,
                    title="t",
                    change_type=each.family,
                    rule=each.rule,
                    diff="",
                    diff_sha256=str(key),
                    base_commit="c",
                    confidence=0.9,
                    origin="dream",
                    fixer="linter_safe",
                    state="approved",
                    created_at=decided,
                    changed_at=decided,
                )
            )
            session.flush()
            session.add(Verification(id=key, proposal_id=key, evidence={}, duration_ms=1, created_at=decided))
            session.flush()
            for member, score in each.scores.items():
                session.add(CommitteeScore(verification_id=key, member=member, score=score, confidence=0.9, weight=0.2))
            session.add(
                Decision(
                    id=key,
                    proposal_id=key,
                    verification_id=key,
                    verdict="approved",
                    decided_by="committee",
                    actor="think",
                    created_at=decided,
                )
            )
            kind = OutcomeKind.REACHED if each.happened else OutcomeKind.REJECTED
            session.add(
                Outcome(
                    line_id=key,
                    proposal_id=key,
                    project_id=each.project_id,
                    kind=kind,
                    actor="ada",
                    at=each.at,
                    created_at=each.at,
                )
            )
            session.add(
                FollowedChange(
                    line_id=key,
                    project_id=each.project_id,
                    proposal_id=key,
                    decision_id=key,
                    commit="c",
                    paths=[],
                    is_taken=each.happened,
                    changed_at=each.at,
                )
            )


@pytest.fixture
def changelog(database: Database) -> CommitteeChangelog:
    return CommitteeChangelog(database, lambda: NOW)


@pytest.fixture
def record(database: Database, changelog: CommitteeChangelog) -> CommitteeRecord:
    return CommitteeRecord(
        database, lambda: NOW, OutcomeLedger(database), changelog, Learning(database, lambda: NOW).forget
    )


def test_outcomes_in_the_store_change_how_votes_count(
    database: Database, record: CommitteeRecord, changelog: CommitteeChangelog
) -> None:
    changes = world(90, skill=0.8)
    store(database, changes)
    update = record.update()
    assert update.change is not None
    expected = calibrated(changes, DEFAULT_WEIGHTS, Calibration())
    assert expected is not None
    now = changelog.current()
    assert (now.weights, now.recalibration) == (expected.calibration.weights, expected.calibration.recalibration)
    assert record.update().change is None
    assert CommitteeRecord(database, lambda: NOW, OutcomeLedger(database), changelog).update().change is None
    changelog.undo(actor="ada", why="Not yet.")
    assert record.update().change is None


def test_a_busy_project_hides_no_drift_of_a_quiet_one(
    database: Database, record: CommitteeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = [replace(each, rule="E711", happened=each.line <= 50) for each in world(100)]
    busy = [replace(each, line=100 + each.line, project_id=2, at=each.at + timedelta(days=9)) for each in world(200)]
    store(database, [*quiet, *busy])
    monkeypatch.setattr(committee_service, "LOOKED_BACK", 150)
    monkeypatch.setattr(committee_service, "WATCHED_OF_EACH", 120)
    found = [(each.project_id, each.name) for each in record.update().drifts if each.subject == "rule"]
    assert found == [(1, "E711")]
    ended = OutcomeLedger(database).ended(newest=1000, of_each=120)
    assert [sum(each.project_id == project for each in ended) for project in (1, 2)] == [100, 120]
    assert ended == sorted(ended, key=lambda each: each.ended_at)


def test_a_drift_is_noticed_once_and_what_it_makes_outdated_counts_no_more(
    database: Database, record: CommitteeRecord
) -> None:
    changes = [replace(each, rule="E711", happened=each.line <= 70 or each.line % 9 == 0) for each in world(140)]
    store(database, changes)
    with database.transaction() as session:
        won = sum(each.happened for each in changes)
        learned = TrackRecord(project_id=1, rule="E711", fixer="linter_safe", name="n", changed_at=NOW)
        learned.successes, learned.failures = won, len(changes) - won
        session.add(learned)
    update = record.update()
    with database.reading() as session:
        pattern = session.exec(select(TrackRecord)).one()
        assert pattern.failures > 40
        assert pattern.successes < 20
    (event,) = [each for each in update.drifts if each.subject == "rule"]
    assert (event.project_id, event.name, event.before > 0.9, event.after < 0.3) == (1, "E711", True, True)
    assert NOW + timedelta(hours=66) < event.forgets_before < NOW + timedelta(hours=75)
    assert list(record.update().drifts) == []
    again = CommitteeRecord(database, lambda: NOW, OutcomeLedger(database), CommitteeChangelog(database, lambda: NOW))
    assert not [each for each in again.update().drifts if each.subject == "rule"]
    with database.reading() as session:
        assert len(session.exec(select(DriftEvent).where(DriftEvent.subject == "rule")).all()) == 1
    assert [each.name for each in record.drifts(1) if each.subject == "rule"] == ["E711"]
