"""Small projects under care that go on being changed."""

import subprocess
import sys
from pathlib import Path

from sigma_core.runtime.system import System

FLAWED = "def scaled(values, into=[]):\n    return into + [value * 2 for value in values]\n"
TEST = "from shop import part{0}\n\n\ndef test_scaled():\n    assert part{0}.scaled([1, 2]) == [2, 4]\n"


class Checkout:
    """A person's repository; each change brings a module with a flaw, and its test."""

    def __init__(self, path: Path) -> None:
        self.path, self._changes = path, 0
        for name in ("shop", "tests"):
            (path / name).mkdir(parents=True)
        (path / "shop" / "__init__.py").write_text("")
        self._git("init", "-q", "-b", "main")
        self.change()

    def change(self) -> None:
        """One commit."""
        self._changes += 1
        (self.path / "shop" / f"part{self._changes}.py").write_text(FLAWED)
        (self.path / "tests" / f"test_part{self._changes}.py").write_text(TEST.format(self._changes))
        self._git("add", "-A")
        self._git("-c", "user.name=A Person", "-c", "user.email=a@example.org", "commit", "-qm", "a change")

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.path, check=True)


def register(system: System, folder: Path, count: int, parts: int = 1) -> dict[int, Checkout]:
    """So many, by the numbers of their projects, each of so many parts."""
    found = {}
    for number in range(count):
        checkout = Checkout(folder / f"project{number}")
        for _ in range(parts - 1):
            checkout.change()
        project = system.projects.service.add(
            checkout.path, python=sys.executable, test_command="PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 pytest", actor="ann"
        )
        found[project.id or 0] = checkout
    return found
