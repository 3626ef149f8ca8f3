"""The page Learning: what maintainers want, and what became of changes."""

from collections.abc import Callable
from dataclasses import asdict

import pytest
from fakes.app_text import text_of
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.issues.tables import RuleExpectation
from sigma_core.proposals.calibration.changelog import CommitteeChangelog, LearnedCalibration
from sigma_core.proposals.calibration.scoring import Forecast, scores
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS

Visit = Callable[..., AppTest]


def test_without_anything_learned_it_says_what_makes_it_appear(visit: Visit) -> None:
    assert "sigma project add PATH" in text_of(visit("learning", show="Preferences"))
    assert "sigma outcomes" in text_of(visit("learning", show="Outcomes"))


def test_it_lists_preferences_with_what_they_rest_on_and_outcomes(
    visit: Visit, seeded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seeded.transaction() as session:
        session.add(
            RuleExpectation(
                project_id=1,
                rule="S608",
                wanted=0.2,
                low=0.1,
                high=0.35,
                own_trials=9.0,
                lives=12,
                fixed_lives=2,
                pooled=0.3,
                sources=[{"project": "click", "trials": 4.0, "resemblance": 0.9}],
                verifies=0.8,
                seconds=11.0,
                value=0.16,
                changed_at=utc_now(),
            )
        )
    preferences = visit("learning", show="Preferences")
    assert not preferences.exception
    assert "2 of 12 such issues were fixed here" in str(preferences.dataframe[0].value["Rests on"].tolist())
    issue = text_of(visit("issues", issue="1"))
    assert "Worth mending" in issue
    assert "2 of 12 such issues were fixed here" in issue
    assert "counts as 0.5" in text_of(visit("issues", issue="2"))
    outcomes = visit("learning", show="Outcomes").dataframe[0].value
    assert {"Reverted", "Survived ten commits"} <= set(outcomes["What"])
    monkeypatch.setattr("sigma_core.console.learning.outcomes.MOST_SHOWN", 1)
    cut = visit("learning", show="Outcomes")
    assert len(cut.dataframe[0].value) == 1
    assert "Only the first 1 are shown; sigma outcomes --offset 1 goes on." in text_of(cut)


def test_how_votes_count_is_shown_and_a_change_is_taken_back_for_a_reason(visit: Visit, seeded: Database) -> None:
    said = scores([Forecast(line, 0.9, line % 3 > 0, utc_now()) for line in range(60)])
    told = asdict(said) if said else {}
    weights = {**DEFAULT_WEIGHTS, "tester": DEFAULT_WEIGHTS["tester"] + 0.1}
    changelog = CommitteeChangelog(seeded, utc_now)
    with seeded.transaction() as session:
        record = {"whole": told, "members": {"tester": {**told, "skill": 0.25}}}
        changelog.learn(session, LearnedCalibration(Calibration(weights), 60, "The tester foretells best.", record))
    app = visit("learning", show="Committee")
    assert not app.exception
    with seeded.reading() as session:
        scored = session.execute(
            text("SELECT count(*) FROM decision WHERE decided_by = 'committee' AND score IS NOT NULL")
        ).scalar_one()
    assert scored > 1
    assert f"of {scored} decisions scored between" in text_of(app)
    for part in ("skill +0.25", "by 60 outcomes", "learned", "The tester foretells best.", "On 60 changes"):
        assert part.lower() in text_of(app).lower()
    app.button(key="committee-undo-1").click().run()
    app.button(key="committee-submit").click().run()
    assert changelog.changes()[0].kind == "learned", "without a reason nothing is undone"
    app.text_area(key="committee-reason").set_value("Too few outcomes.")
    app.button(key="committee-submit").click().run()
    newest = changelog.changes()[0]
    assert (newest.kind, newest.undoes_id, newest.frozen) == ("undone", 1, True)
    assert newest.weights == dict(DEFAULT_WEIGHTS)
    assert "Too few outcomes." in text_of(app)
    app.button(key="committee-release").click().run()
    app.text_area(key="committee-reason").set_value("Enough by now.")
    app.button(key="committee-submit").click().run()
    assert not changelog.changes()[0].frozen
