"""Registering a repository while others work on the same database."""

import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.errors import Conflict
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    system = build(Settings(home=home))
    yield system
    system.database.dispose()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"shop.py": "x = 1\n"})


def test_a_fetch_that_takes_long_keeps_nobody_from_writing(system: System, checkout: Checkout) -> None:
    project = system.projects.service.add(checkout.path, actor="ada")
    with (system.projects.service.clone(project).path / "fetching").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        adding = threading.Thread(target=system.projects.service.add, args=(checkout.path,), kwargs={"actor": "grace"})
        adding.start()
        # It has to be in the fetch by now, where it waits for us
        adding.join(1)
        assert adding.is_alive()
        system.projects.service.permit(project.id or 0, actor="ada", model_allowed=True)
    adding.join(120)
    assert system.projects.service.get(project.id or 0).model_allowed


def test_what_a_process_that_died_has_left_is_not_taken_for_the_clone(system: System, checkout: Checkout) -> None:
    left = system.settings.home / "clones" / "1.git"
    left.mkdir(parents=True)
    (left / "half").write_text("")
    project = system.projects.service.add(checkout.path, actor="ada")
    assert system.projects.service.clone(project).read(project.head, "shop.py") == b"x = 1\n"
    assert [path.name for path in left.parent.iterdir()] == ["1.git"]


def test_a_name_that_is_taken_leaves_no_clone(system: System, checkout: Checkout, tmp_path: Path) -> None:
    system.projects.service.add(checkout.path, actor="ada")
    other = Checkout(tmp_path / "other" / "shop", {"shop.py": "x = 1\n"})
    with pytest.raises(Conflict):
        system.projects.service.add(other.path, actor="ada")
    assert [path.name for path in (system.settings.home / "clones").iterdir()] == ["1.git"]
