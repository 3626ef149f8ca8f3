"""Fixes that were proved together are proved again alone before one of them becomes a branch."""

from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.small_repository import QUICK

FLAWS = "\n\n".join(f"def f{n}(x=[]):\n    return x\n" for n in range(3))
TESTS = "import m\n\n\ndef test_all():\n    assert m.f0() == m.f1() == m.f2() == []\n"


@pytest.mark.sandbox
def test_a_member_of_a_group_is_verified_again_alone_before_it_is_applied(tmp_path: Path, home: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": FLAWS, "test_m.py": TESTS})
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
    text = checkout.git("show", f"{applied['branch']}:m.py")
    assert text.count("=[]") == 2
