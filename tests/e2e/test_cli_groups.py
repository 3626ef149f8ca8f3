"""Fixes that were proved together are proved again alone before one of them becomes a branch."""

from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.small_repository import QUICK

FLAWS = {f"m{n}.py": f"def f{n}(x=[]):\n    return list(x)\n" for n in range(3)}
TESTS = (
    "import m0\nimport m1\nimport m2\n\n\ndef test_all():\n"
    "    assert m0.f0() == m1.f1() == m2.f2() == []\n    assert m0.f0([1]) == m1.f1([1]) == m2.f2([1]) == [1]\n"
)


@pytest.mark.sandbox
def test_a_member_of_a_group_is_verified_again_alone_before_it_is_applied(tmp_path: Path, home: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {**FLAWS, "test_m.py": TESTS})
    sigma = Command(home)
    sigma("project", "add", checkout.path, "--test-command", QUICK)
    sigma("run")
    approved = sigma.json("proposals", "--state", "approved")["proposals"]
    assert len(approved) == 3
    number = approved[0]["proposal_id"]
    together = sigma.json("proposal", number)["proposal"]
    assert len(together["evidence"]["verified_with"]) == 2

    applied = sigma.json("apply", number)
    alone = sigma.json("proposal", number)["proposal"]
    assert alone["state"] == "applied"
    assert alone["evidence"]["verified_with"] == []
    assert len(alone["decisions"]) == len(together["decisions"]) + 1
    texts = [checkout.git("show", f"{applied['branch']}:{name}") for name in FLAWS]
    assert sum("=[]" in text for text in texts) == 2
