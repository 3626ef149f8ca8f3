"""Facts that rest on what was measured: issues that were found, tests that were seen to execute a function."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from sqlmodel import select

from sigma_core.codebase.coverage import Measured
from sigma_core.issues.detectors import detect
from sigma_core.issues.tables import Issue
from sigma_core.projects.tables import CodeSnapshot, Project
from sigma_core.runtime.system import System

CLEAN = "def first(value):\n    return value is None\n"
FLAWED = "def first(value):\n    return value == None\n"
TESTS = "from shop import first\n\n\ndef test_one():\n    first(1)\n\n\ndef test_two():\n    first(2)\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"shop.py": CLEAN, "test_shop.py": TESTS})


@pytest.fixture
def look(system: System, checkout: Checkout) -> Callable[[], Project]:
    """Read the code and look for issues, as analysis does; the project at that commit."""
    added = system.projects.service.add(checkout.path, name="shop", actor="ann")

    def seen() -> Project:
        project = system.projects.service.refresh(added)
        system.codebase.history.read(project, budget_s=60, tell=lambda _: None)
        with system.projects.service.clone(project).tree(project.head) as tree:
            found = [each for each in detect(tree).found if each.rule == "E711"]
        with system.database.transaction() as session:
            system.issues.service.update(project.id or 0, project.head, found, session=session)
            session.add(
                CodeSnapshot(
                    project_id=project.id or 0, commit=project.head, files=1, lines=1, created_at=system.clock()
                )
            )
        return project

    return seen


def held(system: System, predicate: str) -> dict[str, tuple[str, str, bool]]:
    """Facts by their sentence: subject, object, and whether they hold."""
    system.graph.loader.drain()
    return {
        edge["fact"]: (edge["subject"], edge["object"], edge["invalid_at"] is None)
        for edge in system.graph.adapter.read("edges")
        if edge["name"] == predicate
    }


def test_a_function_has_an_issue_from_the_commit_that_brought_it_to_the_one_that_ended_it(
    system: System, checkout: Checkout, look: Callable[[], Project]
) -> None:
    look()
    brought = checkout.commit({"shop.py": FLAWED})
    look()
    said = f"shop.py:first has E711 (warning) since commit {brought[:12]}"
    assert held(system, "HAS_ISSUE") == {said: ("shop.first", "E711", True)}
    (edge,) = [each for each in system.graph.adapter.read("edges") if each["name"] == "HAS_ISSUE"]
    assert edge["attributes"].keys() == {"severity", "fingerprint", "since_known"}
    ended = checkout.commit({"shop.py": CLEAN})
    look()
    assert held(system, "HAS_ISSUE") == {f"{said} until commit {ended[:12]}": ("shop.first", "E711", False)}

    again = checkout.commit({"shop.py": FLAWED})
    look()
    lives = held(system, "HAS_ISSUE")
    assert lives[f"shop.py:first has E711 (warning) since commit {again[:12]}"] == ("shop.first", "E711", True)
    assert len(lives) == 2
    told = system.graph.adapter.checksum()
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == told


def test_where_the_commit_before_was_not_looked_at_an_issue_is_there_since_then_at_latest(
    system: System, checkout: Checkout, look: Callable[[], Project]
) -> None:
    head = checkout.commit({"shop.py": FLAWED})
    look()
    assert list(held(system, "HAS_ISSUE")) == [f"shop.py:first has E711 (warning) since at latest commit {head[:12]}"]


def test_an_ignored_issue_ends_with_its_code(system: System, checkout: Checkout, look: Callable[[], Project]) -> None:
    checkout.commit({"shop.py": FLAWED})
    look()
    with system.database.reading() as session:
        (issue,) = session.exec(select(Issue)).all()
    system.issues.service.ignore(issue.id or 0, "so it is", "ann")
    checkout.commit({"shop.py": CLEAN})
    look()
    assert [holds for _, _, holds in held(system, "HAS_ISSUE").values()] == [False]


def test_a_function_is_tested_by_what_executes_it_until_a_run_does_not_show_it(
    system: System, checkout: Checkout, look: Callable[[], Project]
) -> None:
    project = look()

    def measure(*tests: str, commit: str, is_whole: bool = True) -> None:
        pairs = [("shop.py:first", f"test_shop.py:{test}") for test in tests]
        ran = sorted(tests)
        if not system.codebase.coverage.is_known(project.id or 0, commit, ["shop.py"], ran):
            seen = Measured(commit, ["shop.py"], pairs, is_whole)
            system.codebase.coverage.enter(project.id or 0, seen, ran)

    one, two = "first is executed by test_one", "first is executed by test_two"
    first = project.head
    measure("test_one", "test_two", commit=first)
    assert held(system, "TESTED_BY") == {
        one: ("shop.first", "test_shop.test_one", True),
        two: ("shop.first", "test_shop.test_two", True),
    }
    measure("test_one", commit=first, is_whole=False)
    assert [holds for _, _, holds in held(system, "TESTED_BY").values()] == [True, True]
    checkout.commit({"README": "x"})
    newer = look().head
    measure("test_one", commit=newer)
    assert {said: holds for said, (_, _, holds) in held(system, "TESTED_BY").items()} == {one: True, two: False}
    measure("test_two", commit=first)
    assert {said: holds for said, (_, _, holds) in held(system, "TESTED_BY").items()} == {one: True, two: False}
    checkout.git("rm", "-q", "shop.py")
    checkout.commit({"more.py": "def more():\n    pass\n"})
    system.codebase.coverage.enter(project.id or 0, Measured(look().head, ["more.py"], [], True), ["x"])
    assert [holds for _, _, holds in held(system, "TESTED_BY").values()] == [False, False]
    told = system.graph.adapter.checksum()
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == told
