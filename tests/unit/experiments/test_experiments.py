"""Experiments: promoted where they measurably help, rolled back where they harm, and as people say."""

from dataclasses import replace

import pytest
from fakes.runner_parts import add_projects
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Forbidden, Invalid, NotFound
from sigma_core.experiments.service import Design, Experiments
from sigma_core.experiments.share_difference import Share
from sigma_core.experiments.tables import Experiment

DESIGN = Design("try it", "dreamer", "it helps", "compare both", "accepted share", "low", "leave it")
BETTER, WORSE, ALIKE = Share(18, 20), Share(2, 20), Share(10, 20)


@pytest.fixture
def experiments(database: Database) -> Experiments:
    add_projects(database, (1, 2))
    return Experiments(database, utc_now)


@pytest.fixture
def measure(experiments: Experiments, database: Database) -> object:
    def measured(result: Share, baseline: Share = ALIKE, project_id: int | None = 1) -> Experiment:
        with database.transaction() as session:
            return experiments.measure(DESIGN, project_id, result, baseline, session=session)[0]

    return measured


def test_what_is_measured_again_is_the_same_experiment_and_each_project_has_its_own(
    experiments: Experiments, measure: object
) -> None:
    first, again, other = measure(ALIKE), measure(BETTER), measure(BETTER, project_id=2)
    assert first.id == again.id != other.id
    assert (again.baseline, again.result) == ({"value": 0.5, "n": 20}, {"value": 0.9, "n": 20})
    assert [each.id for each in experiments.list(project_id=2)] == [other.id]
    assert len(experiments.list()) == 2


def test_standing_follows_the_interval_until_a_person_decides(experiments: Experiments, measure: object) -> None:
    assert experiments.standing("try it", 1) is None
    assert measure(ALIKE).standing == "running"
    assert (measure(BETTER).standing, measure(BETTER).decided_by) == ("promoted", "dreamer")
    assert measure(ALIKE).standing == "promoted"
    assert measure(WORSE).standing == "rolled_back"
    again = measure(BETTER)
    assert again.standing == "promoted"
    experiments.roll_back(again.id or 0, actor="ada", reason="not here")
    assert measure(BETTER).standing == "rolled_back"
    assert experiments.standing("try it", 1) == "rolled_back"
    assert experiments.promote(again.id or 0, actor="ada").standing == "promoted"


def test_only_what_is_shown_to_help_is_promoted_and_every_promotion_can_be_undone(
    experiments: Experiments, measure: object, database: Database
) -> None:
    for share in (Share(3, 3), ALIKE, WORSE):
        with pytest.raises(Forbidden):
            experiments.promote(measure(share).id or 0, actor="ada")
    helps = measure(BETTER).id or 0
    with pytest.raises(Invalid):
        experiments.roll_back(helps, actor="ada", reason=" ")
    undone = experiments.roll_back(helps, actor="ada", reason="it is slow")
    assert (undone.standing, undone.decided_by, undone.reason) == ("rolled_back", "ada", "it is slow")
    with database.reading() as session:
        acts = [(each.actor, each.action) for each in session.exec(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts == [("dreamer", "rolled_back"), ("dreamer", "promoted"), ("ada", "rolled_back")]


def test_there_is_no_experiment_of_another_name(experiments: Experiments, measure: object) -> None:
    measure(ALIKE)
    for key in (99, "x", "-1", "1e3"):
        with pytest.raises(NotFound):
            experiments.get(key)
    assert experiments.standing(replace(DESIGN, name="other").name, 1) is None
    assert experiments.standing("try it", None) is None
