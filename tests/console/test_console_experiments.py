"""The page Experiments: a strategy asked through its form, followed, read, judged, repeated, compared."""

import getpass
import re
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from fakes.app_text import click_dot, figure_of, labels_of, text_of
from fakes.seed import seed
from fakes.seed_experiments import seed_experiments
from fakes.seed_graph import seed_graph
from streamlit.testing.v1 import AppTest

from sigma_core.graph.server import EmbeddedServer
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

Visit = Callable[..., AppTest]
ALERT = 'role="alert"'


class Silent:
    """Nobody listens."""

    def progress(self, text: str) -> None:
        """Not even to this."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded home with its graph and some runs, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    built = build(load_settings(folder))
    seed(built.database)
    seed_graph(built)
    seed_experiments(built)
    built.close()
    assert EmbeddedServer(folder).stop()
    return folder


@pytest.fixture
def system(home: Path, filled: Path) -> System:
    """SIGMA on a copy."""
    shutil.copytree(filled, home, dirs_exist_ok=True)
    return build(load_settings(home))


def strategies_of(app: AppTest) -> list[str]:
    return [
        (button.key or "").removeprefix("strategy-")
        for button in app.button
        if (button.key or "").startswith("strategy-") and button.key != "strategy-run"
    ]


def test_without_a_run_the_page_shows_forms_and_teaches_the_history(visit: Visit, home: Path):
    app = visit("experiments")
    assert not app.exception
    assert "Not run yet." in text_of(app)
    assert "No strategy has run yet" in text_of(visit("experiments", view="History"))
    assert "No experiment yet" in text_of(visit("experiments", view="Dreamer"))
    assert not EmbeddedServer(home).socket.exists()


def test_a_worker_is_offered_what_it_may_run_with_risk_and_advice(visit: Visit, home: Path):
    app = visit("experiments", worker="learning")
    assert strategies_of(app) == [
        "semantic_similarity_search",
        "temporal_evolution_analysis",
        "cross_domain_transfer",
    ]
    labels = {button.key: button.label for button in app.button}
    assert "high risk" in labels["strategy-cross_domain_transfer"]
    shown = text_of(app)
    assert "Not for learning" in shown
    assert "could be judged yet" in shown
    app.selectbox(key="context").select("evolution_tracking").run()
    assert "is the strategy for evolution tracking" in text_of(app)


def test_the_form_follows_from_the_parameters(visit: Visit, home: Path):
    app = visit("experiments", worker="think", strategy="multi_hop_exploration")
    hops = app.number_input(key="ask-multi_hop_exploration-max_hops")
    assert (hops.value, hops.min, hops.max) == (3, 1, 6)
    assert "Steps to walk at most." in hops.help
    assert app.selectbox(key="ask-multi_hop_exploration-direction").options == ["both", "out", "in"]


def test_a_strategy_is_asked_followed_and_read(visit: Visit, system: System):
    app = visit("experiments", worker="think", strategy="multi_hop_exploration")
    app.text_input(key="ask-multi_hop_exploration-start_entity").set_value("shop/orders.py")
    app.text_input(key="ask-multi_hop_exploration-relationship_types").set_value("CALLS, BREAKS_RULE")
    app.button(key="strategy-run").click().run()
    assert "Requested" in text_of(app)
    (run,) = system.experiments.strategy_runs.record.list(status="queued")
    assert (run.parameters["relationship_types"], run.requested_by) == (["CALLS", "BREAKS_RULE"], getpass.getuser())
    system.experiments.strategy_runs.work_off(1, Silent())
    app.run()
    shown = text_of(app)
    assert "Succeeded" in shown
    assert "within 3 steps of “shop/orders.py”" in shown
    assert "Not available" in shown
    assert system.experiments.strategy_runs.record.get(run.id or 0).opened_at is not None
    system.close()


def test_what_waits_can_be_called_off(visit: Visit, system: System):
    app = visit("experiments", worker="analysis", strategy="graph_community_detection")
    app.button(key="strategy-run").click().run()
    app.button(key="cancel-strategy-run").click().run()
    assert "Cancelled" in text_of(app)


def test_every_refusal_stands_at_its_field_and_nothing_is_asked(visit: Visit, system: System):
    app = visit("experiments", worker="think", strategy="path_explanation")
    app.button(key="strategy-run").click().run()
    assert text_of(app).count('sg-refusal" role="alert"') == 1
    assert system.experiments.strategy_runs.record.list(status="queued") == []


def test_a_result_has_its_course_its_metrics_and_where_it_comes_from(visit: Visit, system: System):
    shown = text_of(visit("experiments", worker="learning", strategy="temporal_evolution_analysis", run="2"))
    assert "More and more facts about “S608” hold" in shown
    assert "Trend accuracy" in shown
    assert "entity name S608" in shown
    groups = text_of(visit("experiments", worker="analysis", strategy="graph_community_detection"))
    assert "communities; the largest has" in groups


def test_a_failed_run_says_why(visit: Visit, system: System):
    shown = text_of(visit("experiments", worker="think", strategy="multi_hop_exploration", run="5"))
    assert "This run has failed" in shown
    assert "start entity S60" in shown


def test_a_run_is_saved_judged_and_repeated(visit: Visit, system: System):
    app = visit("experiments", worker="think", strategy="multi_hop_exploration", run="1")
    app.button(key="save-run").click().run()
    app.button(key="judge-True").click().run()
    run = system.experiments.strategy_runs.record.get(1)
    assert (run.saved, run.useful) == (True, True)
    assert "Unsave" in labels_of(app)
    app.button(key="rerun").click().run()
    (again,) = system.experiments.strategy_runs.record.list(status="queued")
    assert (again.rerun_of, again.parameters) == (1, run.parameters)


def test_two_runs_are_compared_by_link_or_choice(visit: Visit, system: System):
    app = visit("experiments", worker="think", strategy="multi_hop_exploration", run="4")
    app.selectbox(key="compare-4").select("1").run()
    shown = text_of(app)
    for said in ("Run 4 beside run 1", "max hops 3 → 1", "Only in run 1:", "worse"):
        assert said in shown
    shown = text_of(visit("experiments", worker="think", strategy="multi_hop_exploration", run="4", compare="5"))
    assert "has no result to compare" in shown


def test_the_history_is_filtered_and_leads_to_a_run(visit: Visit, system: System):
    def rows(app: AppTest) -> list[str]:
        keys = [button.key or "" for button in app.button]
        return [key.removeprefix("strategy-run-") for key in keys if key.startswith("strategy-run-")]

    app = visit("experiments", view="History")
    assert rows(app) == ["5", "4", "3", "2", "1"]
    app.selectbox(key="by-status").select("error").run()
    assert rows(app) == ["5"]
    app.selectbox(key="by-worker").select("learning").run()
    assert "No run matches these filters." in text_of(app)
    app = visit("experiments", view="History")
    app.button(key="strategy-run-2").click().run()
    assert "More and more facts about “S608” hold" in text_of(app)


def test_a_metric_is_drawn_over_the_runs_of_a_strategy_and_a_dot_leads_to_its_run(visit: Visit, system: System):
    app = visit("experiments", worker="think", strategy="multi_hop_exploration", run="4")
    assert not app.get("plotly_chart")
    app.button(key="over-runs").click().run()
    assert "Multi-hop exploration" in app.query_params["by-strategy"]
    (dots,) = figure_of(app)["data"]
    assert dots["mode"] == "lines+markers"
    assert [said.split(",")[0] for said in dots["customdata"]] == ["run 1 for think", "run 4 for think"]
    assert "max hops 1" in dots["customdata"][1]
    assert re.search(r"0\.\d+ in the last of 2 runs, worse than 0?\.?\d+ at first\.", text_of(app))
    # What another strategy measures is another choice
    app.selectbox(key="metric").select("novelty").run()
    app.selectbox(key="by-strategy").select("temporal_evolution_analysis").run()
    assert not app.exception
    assert not app.get("plotly_chart")
    assert app.selectbox(key="metric").value == "trend_accuracy"
    assert "The next one makes a line of it" in text_of(app)
    app.selectbox(key="by-strategy").select("path_explanation").run()
    assert "No run matches these filters." in text_of(app)
    app.selectbox(key="by-strategy").select("multi_hop_exploration").run()
    click_dot(app, 0)
    assert not app.exception
    assert app.query_params["run"] in ("1", ["1"])
    assert "within 3 steps of “S608”" in text_of(app)


def test_anomalies_lie_on_a_strip_beside_the_others_and_a_dot_leads_into_the_graph(visit: Visit, system: System):
    run = system.experiments.strategy_runs.run("anomaly_detection", "analysis", {}, actor="ada", project_id=1)
    system.close()
    result = run.result or {}
    app = visit("experiments", worker="analysis", strategy="anomaly_detection")
    figure, found = figure_of(app), result["found"]
    odd, others = figure["data"]
    assert odd["x"] == [each["score"] for each in found]
    assert others["x"] == result["others"]
    assert max(others["x"]) <= result["threshold"] == min(odd["x"])
    assert len(set(odd["y"])) == len(found)
    said = [each["text"] for each in figure["layout"]["annotations"]]
    assert f"odd from {result['threshold']:.3g}" in said
    assert {escape(each["name"][-20:]) for each in found[:5]} <= {each[-20:] for each in said}
    assert "Found" in text_of(app)
    click_dot(app, 1)
    assert not app.exception
    assert app.query_params["entity"] in (found[1]["uuid"], [found[1]["uuid"]])
    assert f"<h2>{found[1]['name']}</h2>" in text_of(app)


@pytest.mark.parametrize("key", ["999", "x' OR 1=1", "-1"])
def test_a_link_to_no_run_says_so(visit: Visit, system: System, key: str):
    app = visit("experiments", worker="think", strategy="multi_hop_exploration", run=key)
    assert not app.exception
    assert "Not found" in text_of(app)


def test_the_dreamers_experiments_show_their_verdict_and_are_rolled_back_with_a_reason(visit: Visit, system: System):
    app = visit("experiments", view="Dreamer")
    shown = text_of(app) + text_of(visit("experiments", experiment="1"))
    for said in (
        "Helps",
        "accepted share +32.0 percentage points, 95 % interval +11.0 to +49.0",
        "Too few cases",
        "50.0\u202f% of 40 decided",
        "82.0\u202f% of 44 decided",
        "nothing decided yet",
    ):
        assert said in shown
    assert "<b>really" not in shown
    app = visit("experiments", experiment="1")
    app.button(key="roll-back-1").click().run()
    app.text_area(key="trial-reason").set_value("the sample was odd")
    app.button(key="trial-submit").click().run()
    found = system.experiments.service.get(1)
    assert (found.standing, found.reason, found.decided_by) == ("rolled_back", "the sample was odd", getpass.getuser())
