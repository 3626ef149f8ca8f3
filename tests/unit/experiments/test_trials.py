"""Experiments by lot: what helps is promoted and read from then on, what hurts is undone, what does nothing is left."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from fakes.runner_parts import add_projects
from sqlmodel import Session, col, select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid, NotFound
from sigma_core.experiments.service import Experiments
from sigma_core.experiments.tables import Experiment, ExperimentUnit
from sigma_core.experiments.trial_terms import TrialBudget, TrialCost, TrialPlan, TrialTerms
from sigma_core.experiments.trial_watch import TrialWatch
from sigma_core.experiments.trials import ExperimentTrials
from sigma_core.experiments.tunable_catalog import DREAM_ASKED, DREAM_RECALLED, installed
from sigma_core.experiments.tunable_values import TunableLookup
from sigma_core.experiments.tunables import Tunable, TunableRegistry

RISKY = Tunable("dream.risky", "Something risky.", 1.0, "dream", ("answered",), 0.0, 2.0, risk="high")
TERMS = TrialTerms("answered", sample_size=60)


class RecordedOutcomes:
    """Outcomes as a test records them: by unit."""

    patience = timedelta(days=1)

    def __init__(self) -> None:
        self.known: dict[int, float | None] = {}

    def settled(self, _session: Session, units: Sequence[int]) -> Mapping[int, float | None]:
        return {unit: self.known[unit] for unit in units if unit in self.known}


class House:
    """One process's view of the store, and the runs that read from it."""

    def __init__(self, database: Database) -> None:
        registry = TunableRegistry((*installed(), RISKY))
        self.database, self.outcomes, self.spent = database, RecordedOutcomes(), TrialCost()
        self.values = TunableLookup(database, utc_now)
        self.trials = ExperimentTrials(database, utc_now, registry, self.values)
        self.experiments = Experiments(database, utc_now)
        self.watch = TrialWatch(database, utc_now, registry, {"answered": self.outcomes}, lambda *_: self.spent)
        self.runs = 0

    def begin(self, setting: object = 2, tunable: str = DREAM_RECALLED.name, **terms: object) -> int:
        plan = TrialPlan(tunable, (setting,), "It helps.", TrialTerms(**{**vars(TERMS), **terms}))
        return self.trials.start(self.trials.propose(plan, actor="ada").id or 0, actor="ada").id or 0

    def read(self, unit: int, tunable: Tunable = DREAM_RECALLED) -> object:
        return self.values.value(tunable, 1, unit)

    def run(self, times: int, good: Mapping[object, float], tunable: Tunable = DREAM_RECALLED) -> list[object]:
        """Runs one after the other that go as well as the value they read lets them; the values."""
        read = []
        for _ in range(times):
            self.runs += 1
            read.append(self.read(self.runs, tunable))
            self.outcomes.known[self.runs] = good[read[-1]]
            self.watch.advance()
        return read

    def get(self, key: int) -> Experiment:
        return self.experiments.get(key)


@pytest.fixture
def house(sqlite_database: Database) -> House:
    add_projects(sqlite_database, (1, 2))
    return House(sqlite_database)


@pytest.fixture
def house_on_both(database: Database) -> House:
    add_projects(database, (1, 2))
    return House(database)


def acts(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(each.actor, each.action) for each in session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))]


def test_what_helps_is_promoted_and_every_later_run_reads_it(house_on_both: House) -> None:
    house, database = house_on_both, house_on_both.database
    key = house.begin()
    assert set(house.run(40, {2: 1.0, 5: 0.0})) == {2, 5}
    found = house.get(key)
    assert (found.standing, found.verdict, found.decided_by) == ("promoted", "helps", "dreamer")
    assert found.low > 0
    assert "100 % of" in (found.reason or "")
    other_process = TunableLookup(database, utc_now)
    assert other_process.in_force(DREAM_RECALLED, 1) == 2
    assert house.run(20, {2: 1.0, 5: 0.0}).count(2) > 14, "a little is held back, to watch it"
    assert acts(database) == [("ada", "propose"), ("ada", "running"), ("dreamer", "promoted")]


def test_what_hurts_is_stopped_and_nothing_is_set(house: House) -> None:
    key = house.begin()
    read = house.run(30, {2: 0.0, 5: 1.0})
    assert (house.get(key).standing, house.get(key).verdict) == ("rolled_back", "harms")
    assert read.count(2) < 12
    assert house.values.in_force(DREAM_RECALLED, 1) == 5
    assert set(house.run(5, {5: 1.0})) == {5}


def test_what_does_nothing_is_left_alone(house: House) -> None:
    key = house.begin()
    house.run(60, {2: 1.0, 5: 1.0})
    assert (house.get(key).standing, house.get(key).verdict) == ("no_difference", "unclear")
    assert house.values.in_force(DREAM_RECALLED, 1) == 5


def test_a_promotion_that_hurts_later_is_taken_back(house: House) -> None:
    key = house.begin()
    house.run(40, {2: 1.0, 5: 0.0})
    assert house.get(key).standing == "promoted"
    house.run(60, {2: 0.0, 5: 1.0})
    assert (house.get(key).standing, house.get(key).verdict) == ("rolled_back", "harms")
    assert set(house.run(3, {5: 1.0})) == {5}
    assert acts(house.database)[-1] == ("dreamer", "rolled_back")
    with pytest.raises(Forbidden):
        house.experiments.promote(key, actor="ada")


def test_people_undo_and_redo_what_was_promoted(house: House) -> None:
    key = house.begin()
    house.run(40, {2: 1.0, 5: 0.0})
    house.experiments.roll_back(key, actor="ada", reason="not now")
    assert set(house.run(3, {5: 1.0})) == {5}
    house.experiments.promote(key, actor="ada", reason="now")
    assert house.values.in_force(DREAM_RECALLED, 1) == 2


def test_a_promotion_on_top_of_another_is_undone_to_that_one(house: House) -> None:
    first = house.begin()
    house.run(40, {2: 1.0, 5: 0.0})
    second = house.begin(7)
    house.run(60, {7: 1.0, 2: 0.0, 5: 0.0})
    assert house.values.in_force(DREAM_RECALLED, 1) == 7
    house.experiments.roll_back(second, actor="ada", reason="too long")
    assert house.values.in_force(DREAM_RECALLED, 1) == 2
    house.experiments.roll_back(first, actor="ada", reason="as it was")
    assert house.values.in_force(DREAM_RECALLED, 1) == 5


def test_what_is_of_high_risk_waits_for_a_person(house: House) -> None:
    key = house.begin(2.0, RISKY.name, sample_size=300)
    read = house.run(60, {2.0: 1.0, 1.0: 0.0}, RISKY)
    assert read.count(2.0) < 25, "a fifth at most is tried"
    assert (house.get(key).standing, house.get(key).verdict) == ("running", "helps")
    assert house.experiments.promote(key, actor="ada", reason="seen").standing == "promoted"
    assert house.values.in_force(RISKY, 1) == 2.0


def test_a_used_up_budget_ends_it_undecided(house: House) -> None:
    key = house.begin(budget=TrialBudget(calls=10))
    house.spent = TrialCost(calls=10)
    house.run(3, {2: 1.0, 5: 1.0})
    assert house.get(key).standing == "stopped"
    assert house.get(key).reason == "Its budget is used up: 10 of 10 calls."


def test_a_unit_keeps_its_arm_in_every_process_and_each_project_has_its_own(house_on_both: House) -> None:
    house, database = house_on_both, house_on_both.database
    plan = TrialPlan(DREAM_RECALLED.name, (2,), "It helps.", TERMS)
    house.trials.start(house.trials.propose(plan, 1, actor="ada").id or 0, actor="ada")
    read = [house.read(unit) for unit in range(1, 20)]
    other = TunableLookup(database, utc_now)
    assert [other.value(DREAM_RECALLED, 1, unit) for unit in range(1, 20)] == read
    assert {other.value(DREAM_RECALLED, 2, unit) for unit in range(1, 20)} == {5}
    with database.reading() as session:
        assert len(session.exec(select(ExperimentUnit)).all()) == 19


def test_two_schedulers_promote_once(house_on_both: House) -> None:
    house, database = house_on_both, house_on_both.database
    house.begin()
    while house.runs < 40:
        house.runs += 1
        house.outcomes.known[house.runs] = float(house.read(house.runs) == 2)
    start = Barrier(2)

    def look() -> None:
        start.wait()
        house.watch.advance()

    both = [Thread(target=look) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert acts(database).count(("dreamer", "promoted")) == 1


def test_nothing_is_set_outside_of_its_bounds(house: House) -> None:
    for setting in (-1, 16, 2.5, True, "2", None):
        with pytest.raises(Invalid):
            house.begin(setting)
    with pytest.raises(NotFound):
        house.begin(1, "thresholds.approve_at")
    for wrong in ({"outcome": "merged"}, {"direction": "left"}, {"sample_size": 3}, {"minimal_effect": 0.0}):
        with pytest.raises(Invalid):
            house.begin(**wrong)
    key = house.begin()
    with house.database.transaction() as session:
        stored = session.get_one(Experiment, key)
        stored.arms = [{**each, "setting": 99} for each in stored.arms]
    assert TunableLookup(house.database, utc_now).value(DREAM_RECALLED, 1, 1) == DREAM_RECALLED.default


def test_one_thing_is_tried_once_at_a_time_and_few_at_once(house: House) -> None:
    key = house.begin()
    with pytest.raises(Conflict, match=r"tries dream\.recalled already"):
        house.begin(3)
    house.begin(5, DREAM_ASKED.name)
    house.begin(160, "dream.lines_around")
    with pytest.raises(Conflict, match="3 experiments run"):
        house.begin(10, "analysis.assessed")
    with pytest.raises(Invalid):
        house.trials.stop(key, actor="ada", reason=" ")
    assert house.trials.stop(key, actor="ada", reason="enough").standing == "stopped"
    with pytest.raises(Conflict):
        house.trials.stop(key, actor="ada", reason="again")
    assert house.read(1) == 5


def test_late_outcomes_hold_back_what_comes_after_until_they_are_given_up(house: House) -> None:
    key = house.begin()
    first = house.read(1)
    house.runs = 1
    house.run(10, {2: 1.0, 5: 1.0})
    assert sum(arm["n"] for arm in house.get(key).arms) == 0, f"the first, with {first}, is not known yet"
    with house.database.transaction() as session:
        unit = session.exec(select(ExperimentUnit).where(ExperimentUnit.unit == 1)).one()
        unit.assigned_at -= timedelta(days=2)
    house.watch.advance()
    assert sum(arm["n"] for arm in house.get(key).arms) == 10
