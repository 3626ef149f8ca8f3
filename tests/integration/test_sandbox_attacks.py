"""The attacks that `sigma doctor` runs, against each sandbox this machine can have."""

import os
import sys
from pathlib import Path

import pytest

from sigma_core.errors import Unavailable
from sigma_core.projects.sandbox import Grade, Sandbox
from sigma_core.projects.sandbox.attacks import ATTACKS, Attack, run_attacks
from sigma_core.projects.sandbox.attacks.model import EVERY_GRADE
from sigma_core.projects.sandbox.cgroup import MemoryGroups, find_memory_groups
from sigma_core.projects.sandbox.reduced import ReducedSandbox
from sigma_core.projects.sandbox.refusing import RefusingSandbox
from sigma_core.projects.sandbox.select import find_full

pytestmark = [pytest.mark.sandbox, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")]


@pytest.fixture(scope="module")
def groups() -> MemoryGroups | None:
    return find_memory_groups()


@pytest.fixture(params=["full, cgroup", "full, watchdog", "reduced"])
def sandbox(request: pytest.FixtureRequest, groups: MemoryGroups | None) -> Sandbox:
    if request.param == "reduced":
        return ReducedSandbox(groups)
    if request.param == "full, cgroup" and groups is None:
        pytest.skip("no memory groups can be made here")
    full, why = find_full(groups if request.param == "full, cgroup" else None)
    return full or pytest.skip(why)


def test_every_attack_is_met_as_promised_and_leaves_nothing(sandbox: Sandbox, groups: MemoryGroups | None) -> None:
    mounts = Path("/proc/self/mountinfo").read_text()
    try:
        results = run_attacks(sandbox)
    except Unavailable as why:
        pytest.skip(str(why))
    assert [f"{result.name}: {result.detail}" for result in results if result.broken] == []
    assert len(results) == len(ATTACKS)
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert groups is None or not list(groups.parent.glob(f"sigma-{os.getpid()}-*"))


def test_the_full_grade_promises_everything() -> None:
    assert all(Grade.FULL in attack.promised for attack in ATTACKS)


def test_a_breach_is_reported_with_what_was_reached(sandbox: Sandbox) -> None:
    try:
        result = run_attacks(sandbox, [Attack("trial", "succeed", "print('BREACH got it')", promised=EVERY_GRADE)])[0]
    except Unavailable as why:
        pytest.skip(str(why))
    assert (result.broken, result.detail) == (True, "got it")


def test_an_attack_that_never_ran_does_not_count_as_held(sandbox: Sandbox) -> None:
    try:
        result = run_attacks(sandbox, [Attack("trial", "run", "raise SystemExit('typing mistake')")])[0]
    except Unavailable as why:
        pytest.skip(str(why))
    assert not result.held
    assert "typing mistake" in result.detail


def test_there_is_nothing_to_attack_where_nothing_runs() -> None:
    assert run_attacks(RefusingSandbox("switched off")) == []
