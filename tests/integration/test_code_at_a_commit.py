"""The code as it was at a commit or tag, and how these are named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.code_projects import rooms

from sigma_core.errors import NotFound
from sigma_core.projects.tables import Project
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings
from sigma_core.strategies.module_communities import module_communities


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    made = build(Settings(home=home, sandbox="none"))
    yield made
    made.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Three packages at v1; then a module of one is put into another, and a file gets another name."""
    made = Checkout(tmp_path / "shop", rooms())
    made.git("tag", "v1")
    moved = rooms(moved="tax")
    gone: dict[str, str | None] = dict.fromkeys(set(rooms()) - set(moved))
    made.commit({**gone, **moved}, "Put tax into stock")
    made.git("tag", "-a", "-m", "words", "v2")
    return made


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    system.codebase.history.read(project, budget_s=60, tell=lambda _: None)
    return project


def names_at(system: System, project: Project, name: str) -> set[str]:
    at = system.codebase.commit_line.find(project.id or 0, name).at
    return set(system.codebase.snapshots.of(project.id or 0, at).names)


def test_a_snapshot_at_a_tag_says_what_was_there_then_under_its_names_of_then(system: System, project: Project) -> None:
    first, second = names_at(system, project, "v1"), names_at(system, project, "v2")
    assert "shop.billing.tax.do_tax" in first
    assert "shop.stock.tax.do_tax" not in first
    assert "shop.stock.tax.do_tax" in second
    assert second == set(system.codebase.snapshots.of(project.id or 0).names)


def test_a_module_is_out_of_place_since_the_commit_that_moved_it(system: System, project: Project) -> None:
    line, id_ = system.codebase.commit_line, project.id or 0
    drift = {
        tag: [seen.names[each.module] for each in module_communities(seen, 1).drift]
        for tag in ("v1", "v2")
        for seen in [system.codebase.snapshots.of(id_, line.find(id_, tag).at)]
    }
    assert drift == {"v1": [], "v2": ["shop.stock.tax"]}


def test_commits_are_called_by_their_tags_or_their_first_characters(
    system: System, project: Project, checkout: Checkout
) -> None:
    line, id_ = system.codebase.commit_line, project.id or 0
    newest, oldest = line.named(id_)
    assert (newest.name, newest.subject, oldest.name) == ("v2", "Put tax into stock", "v1")
    head = checkout.git("rev-parse", "HEAD")
    assert line.find(id_, head[:8]) == newest == line.at(id_, [newest.at])[newest.at]
    for wrong in ("v3", "", "%", "_"):
        with pytest.raises(NotFound):
            line.find(id_, wrong)


def test_without_its_repository_commits_have_no_tags(system: System, project: Project, checkout: Checkout) -> None:
    checkout.path.rename(checkout.path.with_name("away"))
    newest, _ = system.codebase.commit_line.named(project.id or 0)
    assert newest.tags == ()
    assert newest.commit.startswith(newest.name)
