"""A share that is no longer what it was is noticed; one that stays is left alone; thin rules speak together."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sigma_core.learning.committee.judged import JudgedChange
from sigma_core.learning.drift.adwin import DELTA, drifts
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.learning.drift.watching import FEWEST_ALONE, new_drifts, remembered, watched

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def shares(seed: int, *parts: tuple[int, float]) -> list[float]:
    chance = Random(seed)
    return [float(chance.random() < share) for n, share in parts for _ in range(n)]


def test_a_fall_from_nine_tenths_to_seven_is_noticed_and_dated() -> None:
    found = [drifts(shares(seed, (200, 0.9), (300, 0.7))) for seed in range(20)]
    assert sum(bool(each) for each in found) >= 17
    first = [each[0] for each in found if each]
    assert all(abs(each.cut - 200) < 80 and each.after < each.before for each in first)
    assert sorted(each.noticed - 200 for each in first)[len(first) // 2] < 120


@pytest.mark.parametrize("share", [0.05, 0.6, 0.9, 1.0])
def test_a_share_that_stays_is_left_alone(share: float) -> None:
    assert sum(bool(drifts(shares(seed, (300, share)))) for seed in range(15)) <= 15 * DELTA + 1


def test_what_comes_later_changes_nothing_that_was_noticed() -> None:
    figures = shares(3, (100, 0.95), (100, 0.3), (100, 0.95))
    found = drifts(figures)
    assert len(found) >= 2
    assert drifts(figures[: found[0].noticed + 1]) == found[:1]
    assert drifts([]) == []


def change(line: int, happened: bool, rule: str = "E711", project_id: int = 1, tester: float = 0.9) -> JudgedChange:
    return JudgedChange(
        line, project_id, rule, "linter_safe", "bug", NOW + timedelta(hours=line), happened, {"tester": tester}, {}, {}
    )


def test_thin_rules_are_watched_together_and_others_alone() -> None:
    changes = [change(line, True) for line in range(FEWEST_ALONE)]
    changes += [change(100 + line, True, rule=f"R{line % 9}") for line in range(45)]
    changes += [change(300 + line, True, project_id=2) for line in range(5)]
    found = {(each.project_id, each.subject, each.name): len(each.figures) for each in watched(changes, ["tester"])}
    assert found == {
        (1, "rule", "E711"): 40,
        (1, "family", "bug"): 45,
        (2, "project", "thin rules"): 5,
        (None, "member", "tester"): 90,
    }


def test_a_drift_forgets_what_is_outdated_and_nothing_else() -> None:
    figures = shares(1, (100, 0.95), (100, 0.2))
    changes = [change(line, bool(figure)) for line, figure in enumerate(figures)]
    others = [change(500 + line, True, rule="F401") for line in range(50)]
    (series,) = [each for each in watched([*changes, *others], []) if each.name == "E711"]
    ((drift, moment),) = new_drifts(series)
    event = DriftEvent(
        project_id=1,
        subject="rule",
        name="E711",
        before=drift.before,
        before_n=drift.before_n,
        after=drift.after,
        after_n=drift.after_n,
        forgets_before=moment,
        created_at=NOW,
    )
    kept = remembered([*changes, *others], [event])
    assert [each.line for each in kept] == [*range(drift.cut, 200), *range(500, 550)]
    assert not [each for each in watched(kept, []) if new_drifts(each)]
    of_member = event.model_copy(update={"project_id": None, "subject": "member", "name": "tester"})
    assert [bool(each.scores) for each in remembered(changes, [of_member])] == [
        line >= drift.cut for line in range(200)
    ]
