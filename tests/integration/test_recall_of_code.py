"""The code under care is recalled by what it is called and says of itself, and follows the commits."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.projects.tables import Project
from sigma_core.recall.search import Hit
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

ORDERS = '''"""Orders of customers."""

from shop.tax import rounded


def load_orders(path, limit):
    """Read the orders of a day
    from its file. The newest come first."""
    return [rounded(each) for each in open(path)][:limit]
'''
TAX = '''def rounded(amount):
    """Bring an amount to whole cents."""
    return round(amount, 2)
'''


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    made = build(load_settings(home))
    yield made
    made.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"shop/__init__.py": "", "shop/orders.py": ORDERS, "shop/tax.py": TAX})


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    return system.projects.service.add(checkout.path, name="shop", actor="ann")


def read(system: System, project: Project) -> None:
    system.codebase.history.read(system.projects.service.refresh(project), budget_s=60, tell=lambda _: None)


def found(system: System, question: str, **options: object) -> list[Hit]:
    return [hit for hit in system.recall.search.search(question, **options) if hit.id.startswith("code/")]


def test_a_function_is_found_by_its_docstring_its_name_and_what_it_is_given(system: System, project: Project) -> None:
    read(system, project)
    said = "shop.orders.load_orders (function in shop/orders.py): Read the orders of a day from its file."
    for question in ("reading the file of a day", "load_orders", "shop.orders.load_orders", "orders limit", "loads"):
        assert found(system, question)[0].text == said, question
    assert found(system, "whole cents")[0].text.startswith("shop.tax.rounded (function in shop/tax.py): Bring an")


def test_what_a_commit_changes_is_found_as_it_is_now(system: System, project: Project, checkout: Checkout) -> None:
    read(system, project)
    then = datetime.fromisoformat(checkout.git("log", "-1", "--format=%cI"))
    assert found(system, "whole cents")
    checkout.commit({"shop/tax.py": TAX.replace("whole cents", "full pennies"), "shop/orders.py": None})
    read(system, project)
    assert [hit.text for hit in found(system, "whole pennies")] == [
        "shop.tax.rounded (function in shop/tax.py): Bring an amount to full pennies."
    ]
    assert not found(system, "load_orders")
    assert found(system, "load_orders", as_of=then)


def test_history_that_was_taken_back_leaves_no_description(
    system: System, project: Project, checkout: Checkout
) -> None:
    first = checkout.git("rev-parse", "HEAD")
    checkout.commit({"shop/tax.py": TAX.replace("whole cents", "full pennies")})
    read(system, project)
    assert "full pennies" in found(system, "rounded amount")[0].text
    checkout.git("reset", "-q", "--hard", first)
    read(system, project)
    assert "whole cents" in found(system, "rounded amount")[0].text
