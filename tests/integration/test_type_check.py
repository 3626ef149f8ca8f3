"""The project's own type checker, for real, on changes of nothing but annotations."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.sums import Repository, verifier

from sigma_core.projects.interpreter import Interpreter, find_interpreter
from sigma_core.projects.sandbox import Sandbox
from sigma_core.proposals.evidence import Evidence, TypeCheckState
from sigma_core.proposals.verification.patch import Change

pytestmark = pytest.mark.sandbox
FILES = {
    "pyproject.toml": "[tool.mypy]\nstrict = true\n",
    "shop/__init__.py": "",
    "shop/prices.py": "def net(price: int) -> int:\n    return price\n\n\ndef gross(price):\n    return price + 1\n",
    "shop/till.py": "from shop.prices import net\n\n\ndef total(price: int) -> int:\n    return net(price)\n",
    "tests/test_till.py": "from shop.till import total\n\n\ndef test_total():\n    assert total(1) == 1\n",
}


def test_annotations_are_proved_where_the_project_s_checker_finds_nothing_new(
    repository: Repository, sandbox: Sandbox
) -> None:
    small = repository(FILES)
    right = small.replacing(1, "shop/prices.py", "gross(price)", "gross(price: int) -> int")
    wrong = small.replacing(2, "shop/prices.py", "net(price: int) -> int", "net(price: int) -> str")
    found = verifier(sandbox, small).verify(small.project, [right, wrong])
    assert found[1].type_check.state is TypeCheckState.AGREES
    assert found[1].type_check.checker.startswith("mypy ")
    assert found[1].equal_by_structure == "annotations"
    assert found[1].tests is None
    assert found[1].insufficient == []
    assert found[2].type_check.state is TypeCheckState.DISAGREES
    assert found[2].type_check.new_errors == [
        'shop/prices.py: Incompatible return value type (got "int", expected "str") [return-value]',
        'shop/till.py: Incompatible return value type (got "str", expected "int") [return-value]',
    ]
    assert found[2].tests is None


def test_without_its_checker_annotations_take_the_way_of_all_changes(repository: Repository, sandbox: Sandbox) -> None:
    small = repository(FILES)

    def without(checkout: Path, operator: str | None, project: str | None) -> Interpreter:
        found = find_interpreter(checkout, operator, project)
        return replace(found, packages={name: each for name, each in found.packages.items() if name != "mypy"})

    evidence = _one(sandbox, small, small.replacing(1, "shop/prices.py", "price):", "price: int) -> int:"), without)
    assert evidence.type_check.state is TypeCheckState.NOT_CHECKED
    assert evidence.type_check.detail == "mypy is not installed in the project's environment."
    assert evidence.equal_by_structure == ""
    assert evidence.tests is not None


def _one(sandbox: Sandbox, small: object, change: Change, without: object) -> Evidence:
    return verifier(sandbox, small, find_interpreter=without).verify(small.project, [change])[change.proposal_id]
