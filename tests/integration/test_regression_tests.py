"""A counterexample proposed as a test, in the real sandbox."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.small_repository import QUICK

from sigma_core.proposals.tables import ProposalState
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

pytestmark = pytest.mark.sandbox

CODE = "def first(queue):\n    return list(queue)[0]\n"
TESTS = "from queues import first\n\n\ndef test_first():\n    assert first([1, 2]) == 1\n"


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    built = build(Settings(home=home))
    yield built
    built.close()


def test_a_counterexample_is_proposed_as_a_test_that_tells_old_from_new(system: System, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "queues", {"queues.py": CODE, "tests/test_queues.py": TESTS, "conftest.py": ""})
    project = system.projects.service.add(checkout.path, python=sys.executable, test_command=QUICK, actor="ada")
    diff = checkout.diff("queues.py", CODE.replace("list(queue)[0]", "next(iter(queue), None)"))
    change = system.proposals.service.propose(project, diff, title="Take the first", actor="ada", keeps_behaviour=True)
    assert system.verify(change.id, actor="ada", progress=lambda _: None).decision.verdict == "rejected"

    made = system.proposals.regression_tests.of(change.id)
    assert made.text.endswith("    with pytest.raises(IndexError):\n        first(queue=[])\n")
    proposed = system.proposals.regression_tests.propose(change.id, actor="ada").proposal
    assert proposed.state == ProposalState.NEEDS_HUMAN
    assert proposed.files == ["tests/test_sigma_proposal_1.py"]
    assert "passes on" in proposed.description
    assert "fails with proposal 1" in proposed.description
