"""From an approval to a branch, while somebody else decides otherwise."""

from pathlib import Path

import pytest
from fakes.judged_case import Case

from sigma_core.errors import Conflict
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings


@pytest.mark.sandbox
def test_what_is_rejected_while_it_is_being_applied_gets_no_branch(home: Path, tmp_path: Path) -> None:
    system = build(load_settings(home))
    case = Case(system, tmp_path / "checkout", {})
    number = case.decide().proposal.id or 0
    system.proposals.service.approve(number, reason="fine", actor="ada")
    branches = case.checkout.git("branch", "--list")

    def reject(said: str) -> None:
        if said.startswith("creating"):
            system.proposals.service.reject(number, reason="no, wait", actor="bob")

    with pytest.raises(Conflict, match="is rejected by now"):
        system.proposals.applying.apply(number, actor="ada", progress=reject)
    assert case.checkout.git("branch", "--list") == branches
    assert system.proposals.service.get(number).state == "rejected"
    system.close()
