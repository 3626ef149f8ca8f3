"""What the code says, in the real graph: while it grows, when a file is renamed, and built anew."""

from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.projects.tables import Project
from sigma_core.runtime.system import System

CART = "from shop.tax import rate\n\n\ndef total():\n    return rate() + 1\n"
TAX = "def rate():\n    return 2\n\n\ndef unused():\n    return 3\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"shop/__init__.py": "", "shop/cart.py": CART, "shop/tax.py": TAX})


def read(system: System, project: Project) -> None:
    system.codebase.history.read(system.projects.service.refresh(project), budget_s=60, tell=lambda _: None)
    system.graph.loader.drain()


def told(system: System) -> dict[str, bool]:
    """All facts as sentences, and whether they still hold."""
    return {edge["fact"]: edge["invalid_at"] is None for edge in system.graph.adapter.read("edges")}


def test_the_graph_follows_the_code_and_is_the_same_when_built_anew(system: System, checkout: Checkout) -> None:
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    read(system, project)
    assert told(system) == {
        "shop defines shop": True,
        "shop defines shop.cart": True,
        "shop defines shop.tax": True,
        "shop.cart defines shop.cart.total": True,
        "shop.tax defines shop.tax.rate": True,
        "shop.tax defines shop.tax.unused": True,
        "shop.cart imports shop.tax": True,
        "shop.cart.total calls shop.tax.rate": True,
    }
    checkout.commit({"shop/tax.py": TAX.partition("\n\n\ndef unused")[0] + "\n"}, "take it away")
    read(system, project)
    assert [fact for fact, holds in told(system).items() if not holds] == ["shop.tax defines shop.tax.unused"]

    before = {entity["uuid"]: entity["name"] for entity in system.graph.adapter.read("entities")}
    checkout.git("mv", "shop/tax.py", "shop/duty.py")
    checkout.commit({"shop/cart.py": CART.replace("tax", "duty")}, "rename it")
    read(system, project)
    after = {entity["uuid"]: entity["name"] for entity in system.graph.adapter.read("entities")}
    assert before.keys() == after.keys()
    changed = {before[each]: after[each] for each in before if before[each] != after[each]}
    assert changed == {"shop.tax": "shop.duty", "shop.tax.rate": "shop.duty.rate"}

    grown = system.graph.adapter.checksum()
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == grown
    assert not system.graph.loader.make_up_for_loss()


def test_a_renamed_file_takes_the_names_in_all_its_facts_along(system: System, checkout: Checkout) -> None:
    more = "def one():\n    return 1\n\n\ndef two():\n    return 2\n" + "\n# as it is" * 20
    checkout.commit({"shop/more.py": more})
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    read(system, project)
    checkout.commit({"shop/more.py": more.replace("return 1", "return two()")}, "call it")
    read(system, project)
    checkout.git("mv", "shop/more.py", "shop/other.py")
    checkout.commit({}, "rename it")
    read(system, project)
    assert "shop.other.one calls shop.other.two" in told(system)
    grown = system.graph.adapter.checksum()
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == grown


def test_what_a_project_depends_on_and_its_other_files_are_facts_with_the_commits_that_changed_them(
    system: System, checkout: Checkout
) -> None:
    def declared(bounds: str) -> str:
        return f'[project]\ndependencies = ["Requests{bounds}"]\n[dependency-groups]\ndev = ["pytest"]\n'

    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    script = "import './more';\nimport 'react';\n"
    checkout.commit({"pyproject.toml": declared(">=1"), "web/app.js": script, "web/more.ts": ""})
    checkout.commit({"pyproject.toml": declared(">=2, <3")})
    read(system, project)
    held = {fact: holds for fact, holds in told(system).items() if "shop d" not in fact or "depends" in fact}
    assert {fact: holds for fact, holds in held.items() if "web/" in fact or "depends" in fact} == {
        "shop depends on requests >=1, by pyproject.toml": False,
        "shop depends on requests >=2,<3, by pyproject.toml": True,
        "shop depends on pytest for dev, by pyproject.toml": True,
        "web/app.js imports web/more.ts": True,
        "web/app.js imports react": True,
    }
    (edge,) = [each for each in system.graph.adapter.read("edges") if "requests >=2" in each["fact"]]
    assert edge["attributes"] == {"version": ">=2,<3", "declared_in": "pyproject.toml"}
    kinds = {each["name"]: each["kinds"] for each in system.graph.adapter.read("entities")}
    assert (kinds["web/app.js"], kinds["requests"]) == (["file"], ["package"])


def test_a_commit_is_an_episode_with_what_it_began(system: System, checkout: Checkout) -> None:
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    head = checkout.commit({"shop/more.py": "import shop.cart\n"}, "Sell more")
    read(system, project)
    episodes = {each["name"]: each for each in system.graph.adapter.read("episodes")}
    assert episodes[f"commit/{project.id}/{head}"]["content"].startswith("Sell more\n\nCommit ")
    begun = set(episodes[f"commit/{project.id}/{head}"]["entity_edges"])
    facts = {edge["fact"] for edge in system.graph.adapter.read("edges") if edge["uuid"] in begun}
    assert facts == {"shop defines shop.more", "shop.more imports shop.cart", "shop.more imports shop"}
