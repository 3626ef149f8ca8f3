"""A test made from a counterexample: it holds what the code did before a change."""

import ast
import builtins
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from sigma_core.errors import Conflict
from sigma_core.parsing import expression_tree
from sigma_core.proposals.evidence import Counterexample, DifferenceState, Evidence
from sigma_core.proposals.tables import Proposal


@dataclass(frozen=True)
class RegressionTest:
    """A file for pytest with one test. It passes on the base of a proposal and fails with its change."""

    proposal_id: int
    path: str
    name: str
    text: str

    @property
    def id(self) -> str:
        """As pytest calls it."""
        return f"{self.path}::{self.name}"


def regression_test(proposal: Proposal, evidence: Evidence | None, files: Collection[str]) -> RegressionTest:
    """The test that the counterexample of a proposal makes; `files` are those of its base.

    Raises `Conflict` where there is none, or where no text stands for its values.
    """
    found = evidence.differential if evidence is not None else None
    if found is None or found.state is not DifferenceState.DIFFERS or found.counterexample is None:
        raise Conflict(f"Proposal {proposal.id} has no counterexample that a test could be made of.")
    example = found.counterexample
    path = _file_of(example, proposal, found.functions)
    called = f"{example.function}({_literal_arguments(example)})"
    name = f"test_{example.function.replace('.', '_').lower()}_as_before_proposal_{proposal.id}"
    folder = "tests/" if any(each.startswith("tests/") for each in files) else ""
    target = f"{folder}test_sigma_proposal_{proposal.id}.py"
    if target in files:
        raise Conflict(f"{target} exists already.")
    head = f'"""What {example.function} does, found where proposal {proposal.id} of SIGMA changes it."""\n\n'
    first = example.function.split(".")[0]
    imports = f"from {_module(path, files)} import {first}\n"
    raised = example.old.removeprefix("raises ") if example.old.startswith("raises ") else ""
    if raised:
        imports = f"import pytest\n\n{imports}"
    body = _raising(raised, called) if raised else _returning(example, called)
    return RegressionTest(proposal.id or 0, target, name, f"{head}{imports}\n\ndef {name}() -> None:\n{body}")


def _file_of(example: Counterexample, proposal: Proposal, functions: Collection[str]) -> str:
    paths = [path for path in proposal.files if f"{example.function} in {path}" in functions]
    if len(paths) != 1:
        raise Conflict(f"The file of {example.function} is not known.")
    return paths[0]


def _literal_arguments(example: Counterexample) -> str:
    """The arguments as they are written. Raises `Conflict` for one that is no literal."""
    if _are_literal(example.arguments):
        return example.arguments
    raise Conflict(f"No test can be written with {example.arguments}: not all of it is plain values.")


def _are_literal(arguments: str) -> bool:
    try:
        call = expression_tree(f"f({arguments})")
        return isinstance(call, ast.Call) and not call.args and all(_is_literal(each) for each in call.keywords)
    except (SyntaxError, ValueError):
        return False


def _is_literal(argument: ast.keyword) -> bool:
    ast.literal_eval(argument.value)
    return argument.arg is not None


def _module(path: str, files: Collection[str]) -> str:
    """The dotted name by which a file is imported: from its topmost package."""
    file = PurePosixPath(path)
    parts = [] if file.name == "__init__.py" else [file.stem]
    folder = file.parent
    while folder.parts and f"{folder}/__init__.py" in files:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def _raising(name: str, called: str) -> str:
    kind = getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise Conflict(f"No test can be written for {name}, which is no exception of Python itself.")
    return f"    with pytest.raises({name}):\n        {called}\n"


def _returning(example: Counterexample, called: str) -> str:
    text = example.old.removeprefix("returns ")
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        raise Conflict(f"No test can be written for what it did before: {example.old}.") from None
    if value is None or isinstance(value, bool):
        return f"    assert {called} is {text}\n"
    return f"    assert {called} == {text}\n"
