"""All signals together answer made questions as well as the best alone, though a third share no word with the answer.

The weights were fixed on other, real questions: see `benchmarks/recall_real.py`.
"""

import pytest
from fakes.retrieval.evaluation import ARMS, Stored, by_group, found, interval, scores, stored

from sigma_core.database import Database
from sigma_core.graph.embeddings import minilm
from sigma_core.graph.embeddings.minilm import MiniLM

pytestmark = pytest.mark.skipif(not minilm.is_installed(), reason="no wheel of the model for this platform")
Figures = dict[str, dict[int, dict[str, list[float]]]]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, sqlite_template) -> Stored:
    path = tmp_path_factory.mktemp("labelled") / "sigma.db"
    path.write_bytes(sqlite_template.read_bytes())
    return stored(Database(f"sqlite:///{path}"), MiniLM())


@pytest.fixture(scope="module")
def figures(labelled: Stored) -> Figures:
    asked = labelled.halves[1]
    return {
        arm: {
            count: by_group(asked, values) for count, values in scores(found(labelled.recall(weights)), asked).items()
        }
        for arm, weights in ARMS.items()
    }


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_the_set_is_large_and_every_answer_is_there(labelled: Stored) -> None:
    assert len(labelled.asked) >= 200
    assert labelled.documents >= 1000
    assert len({each.text for each in labelled.asked}) >= 230
    assert all(each.answers for each in labelled.asked)


@pytest.mark.parametrize("count", [5, 10])
def test_together_they_are_as_good_as_the_best_over_all(figures: Figures, count: int) -> None:
    means = {arm: mean(of_arm[count]["all"]) for arm, of_arm in figures.items()}
    assert interval(figures["fused"][count]["all"])[1] >= max(means.values()), means
    assert means["fused"] >= {5: 0.65, 10: 0.75}[count]


@pytest.mark.parametrize("count", [5, 10])
@pytest.mark.parametrize("group", ["exact words", "paraphrase", "two steps", "identifier"])
def test_in_no_group_are_they_worse_than_the_best_alone(figures: Figures, group: str, count: int) -> None:
    alone = {arm: mean(of_arm[count][group]) for arm, of_arm in figures.items() if arm != "fused"}
    together = figures["fused"][count][group]
    assert interval(together)[1] >= max(alone.values()), (mean(together), alone)


def test_two_steps_need_the_graph(figures: Figures) -> None:
    two_steps = {arm: mean(of_arm[10]["two steps"]) for arm, of_arm in figures.items()}
    assert two_steps["fused"] > max(two_steps["words"], two_steps["meaning"]) + 0.05
