"""Strategies asked about code: real repositories of which the right answer is known, the real embedded graph."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.checkout import Checkout
from fakes.code_projects import BLAST, LIKE, SICK, SOUND, WEB, rooms, store
from sqlmodel import select

from sigma_core.codebase.coverage import Measured
from sigma_core.exchange.tables import Knowledge
from sigma_core.experiments.tables import StrategyRun
from sigma_core.projects.tables import Project
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = build(Settings(home=tmp_path_factory.mktemp("home"), sandbox="none"))
    yield made
    made.close()
    made.graph.server.stop()


Register = Callable[[str, Mapping[str, str]], Project]


@pytest.fixture(scope="module")
def register(system: System, tmp_path_factory: pytest.TempPathFactory) -> Register:
    """Has a repository of these files, in one commit, in the graph."""

    def of(name: str, files: Mapping[str, str]) -> Project:
        folder: Path = tmp_path_factory.mktemp(name)
        checkout = Checkout(folder / name, files)
        project = system.projects.service.add(checkout.path, name=name, actor="ann")
        read(system, project)
        return project

    return of


def read(system: System, project: Project) -> None:
    system.codebase.history.read(system.projects.service.refresh(project), budget_s=60, tell=lambda _: None)
    system.graph.loader.drain()
    while system.recall.maintenance.tick():
        pass


def ask(system: System, project: Project, strategy: str, worker: str, **parameters: Any) -> StrategyRun:
    done = system.experiments.strategy_runs.run(strategy, worker, parameters, actor="ann", project_id=project.id)
    assert done.status == "success"
    return done


def cycle(system: System, project: Project, *workers: str) -> None:
    with system.cycles() as run:
        for worker in workers:
            assert run(worker, project, "ann", lambda _: None).error is None


def knowledge(system: System, project: Project, kind: str) -> list[Knowledge]:
    found = select(Knowledge).where(Knowledge.project_id == project.id, Knowledge.type == kind)
    with system.database.reading() as session:
        return list(session.exec(found))


def reasons(rows: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    return {row["name"]: (row["hops"], row["because"]) for row in rows}


@pytest.fixture(scope="module")
def shop(register: Register) -> Project:
    return register("shop", BLAST)


def test_the_blast_radius_of_a_change_names_functions_and_tests_with_the_reason(system: System, shop: Project) -> None:
    done = ask(system, shop, "multi_hop_exploration", "think", changed=["shop.tax.rate"], max_hops=3)
    assert reasons(done.result["functions"]) == {
        "shop.cart.Cart.total": (1, "shop.cart.Cart.total calls shop.tax.rate."),
        "shop.report.monthly": (1, "shop.report.monthly calls shop.tax.rate."),
        "shop.checkout.pay": (2, "shop.checkout.pay calls shop.cart.Cart.total."),
        "shop.cart.Cart": (2, "shop.cart.Cart defines shop.cart.Cart.total."),
        "shop.checkout.refund": (3, "shop.checkout.refund calls shop.checkout.pay."),
        "shop.gift.GiftCart": (3, "shop.gift.GiftCart derives from shop.cart.Cart."),
    }
    assert list(reasons(done.result["tests"]).items()) == [
        ("tests.test_tax.test_rate", (1, "tests.test_tax.test_rate calls shop.tax.rate.")),
        ("tests.test_cart.test_total", (2, "tests.test_cart.test_total calls shop.cart.Cart.total.")),
        ("tests.test_cart.test_clear", (3, "tests.test_cart.test_clear calls shop.cart.Cart.")),
        ("tests.test_tax.test_unused", (3, "tests.test_tax.test_unused is a test in tests.test_tax.")),
    ]
    untested = ["shop.report.monthly", "shop.checkout.pay", "shop.checkout.refund", "shop.gift.GiftCart"]
    assert done.result["untested"] == untested
    assert done.summary == (
        "A change of “shop.tax.rate” may reach 6 functions and 4 tests within 3 steps; no test reaches 4 of 7."
    )
    assert done.metrics["coverage"]["value"] > 0


def test_the_same_radius_comes_from_the_database_alone(system: System, shop: Project) -> None:
    asked = ask(system, shop, "multi_hop_exploration", "think", changed=["shop.tax.rate"], max_hops=3)
    names = system.codebase.changed.names(shop, system.projects.service.get("shop").head, {"shop/tax.py": [2]})
    assert names == ["shop.tax.rate"]
    radius = system.experiments.blast_radius(shop.id or 0, names)
    assert radius is not None
    tests = [radius.code.snapshot.names[test] for test in radius.of("test")]
    assert tests == [row["name"] for row in asked.result["tests"]]
    assert round(radius.risk, 4) == asked.result["risk"]


def test_a_test_that_was_seen_to_run_a_function_is_the_nearest_to_it(system: System, register: Register) -> None:
    project = register("measured", BLAST)
    pair = ("shop/report.py:monthly", "tests/test_tax.py:test_unused")
    measured = Measured(system.projects.service.get("measured").head, ["shop/report.py"], [pair], is_whole=False)
    system.codebase.coverage.enter(project.id or 0, measured, ["tests/test_tax.py::test_unused"])
    system.graph.loader.drain()
    done = ask(system, project, "multi_hop_exploration", "think", changed=["shop.report.monthly"])
    seen = "tests.test_tax.test_unused was seen to run shop.report.monthly."
    assert reasons(done.result["tests"]) == {"tests.test_tax.test_unused": (1, seen)}
    assert done.result["untested"] == []
    radius = system.experiments.blast_radius(project.id or 0, ["shop.report.monthly"])
    assert radius is not None
    assert [radius.because(int(test)) for test in radius.of("test")] == [seen]


def test_nothing_depends_on_what_nobody_uses(system: System, shop: Project) -> None:
    done = ask(system, shop, "multi_hop_exploration", "think", changed=["shop.checkout.refund"], max_hops=3)
    assert done.summary == "Nothing is known to depend on “shop.checkout.refund” within 3 steps."


def test_injected_anomalies_of_the_code_are_found_and_nothing_else(system: System, register: Register) -> None:
    sick = register("sick", SICK)
    done = ask(system, sick, "anomaly_detection", "analysis", look_at="code")
    assert {each["anomaly"]: (each["name"], each["because"]) for each in done.result["found"]} == {
        "untested hub": (
            "shop.core.convert",
            ["shop.core.convert is called by 12 functions, and no test is known to reach it."],
        ),
        "god function": ("shop.all.everything", ["shop.all.everything calls 20 functions and classes of 1 module."]),
        "import circle": (
            "shop.here",
            ["shop.here imports shop.there, shop.there imports shop.over, shop.over imports shop.here."],
        ),
        "ownership circle": (
            "shop.owners.House",
            ["shop.owners.House makes shop.owners.Tenant, shop.owners.Tenant makes shop.owners.House."],
        ),
    }
    assert done.result["anomalies"] == 4


def test_nothing_stands_out_in_sound_code(system: System, register: Register) -> None:
    done = ask(system, register("sound", SOUND), "anomaly_detection", "analysis", look_at="code")
    assert done.summary == "Nothing stands out in the code: no untested hub, no god function, no circle."


def test_analysis_tells_the_others_what_is_wrong_with_the_shape_of_the_code(system: System, register: Register) -> None:
    sick = register("ailing", SICK)
    cycle(system, sick, "analysis", "analysis")
    told = {
        item.data["issue_type"]: item.data["impact"]
        for item in knowledge(system, sick, "issue_pattern")
        if item.data["severity"] == "warning"
    }
    assert told["untested hub: shop.core.convert"] == (
        "shop.core.convert is called by 12 functions, and no test is known to reach it."
    )
    assert {each.partition(":")[0] for each in told} >= {"untested hub", "god function", "import circle"}
    before = len(knowledge(system, sick, "issue_pattern"))
    cycle(system, sick, "analysis")
    assert len(knowledge(system, sick, "issue_pattern")) == before


def test_communities_of_modules_agree_with_clean_packages(system: System, register: Register) -> None:
    done = ask(system, register("clean", rooms()), "graph_community_detection", "analysis", look_at="modules")
    assert done.result["agreement"] == pytest.approx(0.8947)
    assert done.result["drift"] == []
    assert "agree with the packages by 0.89" in done.summary


def test_a_rule_in_a_hot_area_of_the_code_counts_for_more(system: System, register: Register) -> None:
    project = register("hot", {**rooms(), "shop/mail/stamp.py": "def do_stamp(one):\n    return one == None\n"})
    cycle(system, project, "analysis")
    heat = system.workers.strategy_effects("analysis").areas(
        project.id or 0,
        {"E711": ["shop.mail.stamp"], "F401": ["shop.mail.letter", "shop.mail.queue"], "S101": ["shop.stock.count"]},
    )
    assert heat == {"E711": 0.75, "F401": 0.75, "S101": 0.25}


def test_a_module_that_was_moved_into_the_wrong_package_is_named_first(system: System, register: Register) -> None:
    # A folder of scripts, which all use one package and never each other, is none to be moved out of
    script = (
        "from shop.mail.queue import do_queue\nfrom shop.mail.stamp import do_stamp\n\nprint(do_queue(do_stamp(1)))\n"
    )
    project = register("moved", {**rooms("invoice"), **{f"examples/{name}.py": script for name in ("send", "print")}})
    done = ask(system, project, "graph_community_detection", "analysis", look_at="modules")
    first, *others = done.result["drift"]
    assert first["because"] == (
        "shop.stock.invoice lives in shop.stock and belongs to shop.billing: "
        "100% of its ties lead there, 0% to its own package."
    )
    assert not others
    cycle(system, project, "analysis")
    told = {item.data["issue_type"]: item.data["impact"] for item in knowledge(system, project, "issue_pattern")}
    assert told["misplaced module: shop.stock.invoice"] == first["because"]
    assert done.summary.endswith(first["because"])


def flawed(name: str) -> str:
    return f'"""{name}."""\n\n\ndef {name}(value):\n    return value == None\n'


def test_churn_tells_which_module_changed_most_and_its_fix_is_written_first(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "busy", {"a.py": flawed("a"), "b.py": flawed("b"), "c.py": "x = 1\n"})
    project = system.projects.service.add(checkout.path, name="busy", actor="ann")
    for turn in range(3):
        more = "".join(f"\n\ndef more{n}():\n    return {n}\n" for n in range(turn + 1))
        checkout.commit({"b.py": flawed("b") + more}, "change it again")
    read(system, project)
    done = ask(
        system,
        project,
        "temporal_evolution_analysis",
        "analysis",
        entity_name="busy",
        pattern_type="churn",
        time_window_days=30,
    )
    rows = {each["name"]: each["because"] for each in done.result["modules"]}
    assert next(iter(rows)) == "b"
    assert rows["b"] == "b changed in 4 commits of the last 30 days: 4 more definitions."
    assert rows["c"] == "c changed in 1 commit of the last 30 days."
    assert sum(value for _, value in done.result["series"]) == 4

    cycle(system, project, "analysis", "analysis", "analysis", "dream")
    first, second = system.proposals.service.list(project_id=project.id)[::-1]
    assert (first.files, second.files) == (["b.py"], ["a.py"])


@pytest.fixture(scope="module")
def web(register: Register) -> Project:
    return register("web", WEB)


def test_how_a_changed_function_gets_to_a_test_that_fails(system: System, web: Project) -> None:
    done = ask(
        system,
        web,
        "path_explanation",
        "think",
        start="shop.tax.rate",
        end="tests.test_cart.test_total",
        towards="test",
    )
    assert done.summary == (
        "shop.cart.Cart.total calls shop.tax.rate. tests.test_cart.test_total calls shop.cart.Cart.total (90% sure)."
    )
    assert done.metrics["completeness"]["value"] == 1
    nearest = ask(system, web, "path_explanation", "think", start="shop.tax.rate", towards="test")
    assert nearest.summary == "tests.test_tax.test_rate calls shop.tax.rate."


def test_how_a_changed_function_gets_to_an_endpoint(system: System, web: Project) -> None:
    done = ask(system, web, "path_explanation", "think", start="shop.tax.rate", towards="endpoint")
    assert done.summary == (
        "shop.cart.Cart.total calls shop.tax.rate. shop.checkout.pay calls shop.cart.Cart.total (90% sure). "
        "shop.web.buy calls shop.checkout.pay. It reaches POST /pay."
    )
    none = ask(system, web, "path_explanation", "think", start="shop.report.monthly", towards="endpoint")
    assert none.summary == "Nothing connects “shop.report.monthly” and an endpoint within 5 steps."


def test_functions_alike_are_told_with_what_they_share_and_the_fixes_they_had(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "like", LIKE)
    project = system.projects.service.add(checkout.path, name="like", actor="ann")
    checkout.commit({"shop/invoices.py": LIKE["shop/invoices.py"].replace("fee(one)", "2 * fee(one)")}, "Fix the fee")
    cycle(system, project, "analysis")
    system.graph.loader.drain()
    done = ask(
        system, project, "semantic_similarity_search", "dream", function="shop.bills.bill", similarity_threshold=0.2
    )
    first = done.result["entities"][0]
    assert first["name"] == "shop.invoices.invoice"
    assert "shares shop.sums" in first["because"]
    assert first["fixes"], first
    assert "shop.ships.send" not in {each["name"] for each in done.result["entities"][:1]}

    cycle(system, project, "dream")
    told = system.workers.strategy_effects("dream").precedents(project.id or 0, "shop.bills.bill")
    assert told == [first["because"]]


def test_modules_of_another_project_are_like_by_what_surrounds_them_not_by_name(
    system: System, register: Register
) -> None:
    register("teacher", store("archive", "keep"))
    pupil = register("pupil", store("zoo", "feed"))
    done = ask(
        system,
        pupil,
        "cross_domain_transfer",
        "learning",
        source_domain="teacher",
        target_domain="pupil",
        look_at="modules",
    )
    pairs = {each["module"]["name"]: each["nearest"]["name"] for each in done.result["modules"]}
    assert pairs["archive"] == "zoo"
    assert done.result["modules"][0]["similarity"] == 1
    assert {each["because"] for each in done.result["modules"]} >= {
        "archive and zoo have like neighbourhoods and import requests, sqlalchemy both."
    }
