"""Who changed what, in the real graph: while it grows, and built anew."""

import time
from pathlib import Path

from fakes.checkout import Checkout

from sigma_core.projects.tables import Project
from sigma_core.runtime.system import System


def read(system: System, project: Project) -> None:
    project = system.projects.service.refresh(project)
    system.codebase.history.read(project, budget_s=0, tell=lambda _: None)
    system.codebase.changes.read(project, ends=time.monotonic() + 600, tell=lambda _: None)
    system.graph.loader.drain()


def told(system: System, predicate: str) -> set[tuple[str, str, bool]]:
    """Facts as subject, object, and whether they still hold."""
    edges = [edge for edge in system.graph.adapter.read("edges") if edge["name"] == predicate]
    return {(edge["subject"], edge["object"], edge["invalid_at"] is None) for edge in edges}


def test_the_graph_tells_who_changed_what(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"cart.py": "x = 1\n", "tax.py": "y = 1\n", "README": "shop\n"})
    first = checkout.git("rev-parse", "HEAD")[:12]
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    read(system, project)
    fix = checkout.commit({"cart.py": "x = 2\n", "tax.py": "y = 2\n"}, "Fix the rounding of tax")
    back = checkout.commit({"cart.py": "x = 1\n", "tax.py": "y = 1\n"}, "As it was")
    read(system, project)
    assert told(system, "TOUCHES") == {
        *((first, name, True) for name in ("cart", "tax", "README")),
        *((commit[:12], name, True) for commit in (fix, back) for name in ("cart", "tax")),
    }
    assert told(system, "MENDS") == {(fix[:12], "cart", True), (fix[:12], "tax", True)}
    assert told(system, "REVERTS") == {(back[:12], fix[:12], True)}
    assert told(system, "KNOWS") == {("A Person", name, True) for name in ("cart", "tax", "README")}
    assert told(system, "CHANGES_WITH") == {("cart", "tax", True), ("tax", "cart", True)}
    grown = system.graph.adapter.checksum()
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == grown
    assert not system.graph.loader.make_up_for_loss()


def test_what_was_pushed_away_never_held(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"cart.py": "x = 1\n"})
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    gone = checkout.commit({"cart.py": "x = 2\n"})
    read(system, project)
    checkout.git("reset", "-q", "--hard", "HEAD~1")
    kept = checkout.commit({"cart.py": "x = 3\n"})
    read(system, project)
    assert {each[0]: each[2] for each in told(system, "TOUCHES")} | {kept[:12]: True, gone[:12]: False} == {
        each[0]: each[2] for each in told(system, "TOUCHES")
    }


def test_a_merge_takes_nothing_back_that_its_commits_do(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"cart.py": "x = 1\n"})
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    change = checkout.commit({"cart.py": "x = 2\n"}, "two")
    checkout.git("checkout", "-qb", "side")
    back = checkout.commit({"cart.py": "x = 1\n"}, "one again")
    checkout.git("checkout", "-q", "main")
    checkout.git("merge", "-q", "--no-ff", "-m", "bring it over", "side")
    read(system, project)
    assert told(system, "REVERTS") == {(back[:12], change[:12], True)}
