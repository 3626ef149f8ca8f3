"""A repository with a change, taken the whole way to its decision, and whether the machine is well afterwards."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fakes.checkout import Checkout
from fakes.leftovers import processes_that_name
from fakes.small_repository import QUICK

from sigma_core.projects.sandbox import ResourceLimits
from sigma_core.projects.sandbox.cgroup import MemoryGroups
from sigma_core.proposals.review import Reviewed
from sigma_core.proposals.tables import Proposal
from sigma_core.proposals.verification.verifier import Verifier
from sigma_core.runtime.system import System

CODE = 'def greet(name):\n    if name == None:\n        return "Hello"\n    return "Hello, " + name\n'
FIXED = CODE.replace("== None", "is None")
BROKEN = CODE.replace('"Hello, " + name', '"Bye, " + name')
TEST = (
    "from hello import greet\n\n\ndef test_greets():\n    assert greet('Ada') == 'Hello, Ada'\n    assert greet(None)\n"
)


class Case:
    """One repository under care; `hello.py` and its test unless `files` say otherwise (None: left out)."""

    def __init__(
        self,
        system: System,
        folder: Path,
        files: Mapping[str, str | None],
        *,
        python: Callable[[Checkout], str] = lambda _: sys.executable,
        test_command: str = QUICK,
        limits: ResourceLimits | None = None,
    ) -> None:
        self.system = system
        if limits is not None:
            system.proposals.verifier = Verifier(
                projects=system.projects.service,
                sandbox=system.projects.sandbox,
                home=system.settings.home,
                limits=limits,
            )
        whole = {"hello.py": CODE, "test_hello.py": TEST, **files}
        self.checkout = Checkout(folder, {name: text for name, text in whole.items() if text is not None})
        interpreter = python(self.checkout)
        self.before = self.checkout.fingerprint()
        self.project = system.projects.service.add(
            self.checkout.path, python=interpreter, test_command=test_command, actor="ada"
        )

    def propose(self, changed: str = "hello.py", to: str = FIXED) -> Proposal:
        """Hand in the change that makes `to` of a file."""
        return self.system.proposals.service.propose(
            self.project, self.checkout.diff(changed, to), title=None, actor="ada"
        )

    def decide(self, changed: str = "hello.py", to: str = FIXED) -> Reviewed:
        """Hand it in and verify; the person's repository stays as it was."""
        # A file's own time goes back as well: `diff` writes it for a moment
        proposal = self.propose(changed, to)
        self.before = self.checkout.fingerprint()
        judged = self.system.verify(proposal.id or 0, actor="ada", progress=lambda _: None)
        assert self.checkout.fingerprint() == self.before
        return judged


class Machine:
    """What a verification could leave behind, seen from outside. `mark` names all of this test."""

    def __init__(self, mark: Path, temporary: Path, groups: MemoryGroups | None) -> None:
        self._mark, self._temporary, self._groups = mark, temporary, groups
        self._mounts = Path("/proc/self/mountinfo").read_text()

    def left_behind(self) -> list[str]:
        """Processes, temporary folders, memory groups and mounts; killed processes get a moment to go."""
        patience = time.monotonic() + 120
        while (left := self._processes()) and time.monotonic() < patience:
            time.sleep(0.05)
        left += [str(path) for path in self._temporary.glob("sigma-*")]
        if self._groups is not None:
            left += [str(path) for path in self._groups.parent.glob(f"sigma-{os.getpid()}-*")]
        if Path("/proc/self/mountinfo").read_text() != self._mounts:
            left.append("mounts")
        return left

    def _processes(self) -> list[str]:
        return processes_that_name(self._mark) + [
            str(process) for process in Path("/proc").glob("[0-9]*") if self._works_here(process)
        ]

    def _works_here(self, process: Path) -> bool:
        try:
            place = (process / "cwd").readlink()
        except OSError:  # it has gone
            return False
        return place.is_relative_to(self._mark) and int(process.name) != os.getpid()


def said(judged: Reviewed) -> str:
    """All reasons of the decision."""
    return " ".join(judged.decision.reasons)
