"""What is decided because of what the facts about the code say: real repositories, the real sandbox."""

import sys
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.small_repository import QUICK

from sigma_core.proposals.tables import Decision
from sigma_core.runtime.build import build
from sigma_core.settings import Settings

TAX = '''"""Tax."""


def rate(country):
    if country == None:
        return 2
    return 3
'''
TEST = "from tax import rate\n\n\ndef test_rate():\n    assert rate(None) == 2\n    assert rate('x') == 3\n"
BILLS = "from tax import rate\n\n\n" + "\n\n".join(f"def bill{n}():\n    return rate('x') * {n}\n" for n in range(30))
SHOP = {"tax.py": TAX, "test_tax.py": TEST, ".gitignore": "__pycache__\n"}


def decided(folder: Path, files: dict[str, str], approve_at: float) -> Decision:
    """How the one fix of this repository is decided by the whole loop."""
    system = build(Settings(home=folder / "home", approve_at=approve_at))
    checkout = Checkout(folder / "shop", files)
    project = system.projects.service.add(checkout.path, python=sys.executable, test_command=QUICK, actor="ann")
    with system.cycles() as run:
        for worker in ("analysis", "dream", "think"):
            assert run(worker, project, "ann", lambda _: None).error is None
    (proposal,) = system.proposals.service.list(project_id=project.id)
    decision = system.proposals.service.latest_decision(proposal)
    system.database.dispose()
    return decision


@pytest.mark.sandbox
def test_a_fix_waits_for_a_person_where_much_depends_on_it_that_no_test_reaches(tmp_path: Path) -> None:
    narrow = decided(tmp_path / "narrow", SHOP, approve_at=0.7)
    assert narrow.verdict == "approved"
    assert narrow.rules["precedents"]["reach"]["changed"] == ["tax.rate"]
    assert narrow.rules["precedents"]["reach"]["dependents"] == 0
    wide = decided(tmp_path / "wide", {**SHOP, "bills.py": BILLS}, approve_at=narrow.score or 0)
    assert wide.verdict == "needs_human"
    reach = wide.rules["precedents"]["reach"]
    assert (reach["dependents"], reach["untested"], reach["tests"]) == (30, 30, 1)
    assert decided(tmp_path / "again", SHOP, approve_at=narrow.score or 0).verdict == "approved"
