"""The page Learning: what maintainers want, and what became of changes."""

from collections.abc import Callable

from fakes.app_text import text_of
from streamlit.testing.v1 import AppTest

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.issues.tables import RuleExpectation

Visit = Callable[..., AppTest]


def test_without_anything_learned_it_says_what_makes_it_appear(visit: Visit) -> None:
    app = visit("learning", show="Preferences")
    assert "sigma learn" in text_of(app)
    assert "sigma outcomes" in text_of(visit("learning", show="Outcomes"))


def test_it_lists_preferences_with_what_they_rest_on_and_outcomes(visit: Visit, seeded: Database) -> None:
    with seeded.transaction() as session:
        session.add(
            RuleExpectation(
                project_id=1, rule="S608", wanted=0.2, low=0.1, high=0.35, own_trials=9.0, lives=12, fixed_lives=2,
                pooled=0.3, sources=[{"project": "click", "trials": 4.0, "resemblance": 0.9}], verifies=0.8,
                seconds=11.0, value=0.16, changed_at=utc_now(),
            )
        )  # fmt: skip
    preferences = visit("learning", show="Preferences")
    assert not preferences.exception
    assert "2 of 12 such issues were fixed here" in str(preferences.dataframe[0].value["Rests on"].tolist())
    issue = text_of(visit("issues", issue="1"))
    assert "Worth mending" in issue
    assert "2 of 12 such issues were fixed here" in issue
    assert "counts as 0.5" in text_of(visit("issues", issue="2"))
    outcomes = visit("learning", show="Outcomes").dataframe[0].value
    assert {"Reverted", "Survived ten commits"} <= set(outcomes["What"])
