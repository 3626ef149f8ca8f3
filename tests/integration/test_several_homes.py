"""Hosts on one database have homes of their own: whichever claims a cycle finds what the others have fetched."""

from pathlib import Path

from fakes.checkout import Checkout

from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

OWN = '[tool.sigma]\ntest-command = "pytest -q"\n'


def host(folder: Path, name: str) -> System:
    """SIGMA as it starts there, on the database of all."""
    settings = {"database_url": f"sqlite:///{folder / 'of-all.db'}", "sandbox": "none", "embedder": "none"}
    return build(Settings.model_validate({"home": folder / name, **settings}))


def test_a_host_that_never_saw_a_project_fetches_it_when_it_is_needed(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": "x = 1\n", "pyproject.toml": OWN})
    first, second = host(tmp_path, "first"), host(tmp_path, "second")
    project = first.projects.service.add(checkout.path, actor="ann")
    assert second.projects.service.config(project, project.head).test_command == "pytest -q"
    checkout.commit({"m.py": "x = 2\n"})
    moved = first.projects.service.refresh(project)
    assert second.projects.service.clone(moved).read(moved.head, "m.py") == b"x = 2\n"
    for each in (first, second):
        each.close()


def test_what_was_fetched_is_read_though_the_repository_is_gone(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": "x = 1\n"})
    only = host(tmp_path, "only")
    project = only.projects.service.add(checkout.path, actor="ann")
    checkout.path.rename(tmp_path / "elsewhere")
    only.close()
    again = host(tmp_path, "only")
    assert again.projects.service.clone(project).read(project.head, "m.py") == b"x = 1\n"
    again.close()
