"""Strategies asked about code: real repositories of which the right answer is known, the real embedded graph."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.checkout import Checkout
from fakes.code_projects import BLAST

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


def test_nothing_depends_on_what_nobody_uses(system: System, shop: Project) -> None:
    done = ask(system, shop, "multi_hop_exploration", "think", changed=["shop.checkout.refund"], max_hops=3)
    assert done.summary == "Nothing is known to depend on “shop.checkout.refund” within 3 steps."
