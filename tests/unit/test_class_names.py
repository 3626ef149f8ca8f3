"""One class name, one meaning; and docstrings that say what they speak of."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import sigma_core

ROOT = Path(sigma_core.__file__).parent
APART = ("projects/sample", "proposals/verification/probe")
"""Code of another project, and code that other interpreters run."""
FRAGMENT = re.compile(r"(Of (this|these|all|every|each|one|it|the)|As `|In|For|By|None of|They)\b[^,:;(]{0,25}\.\Z")


def test_no_class_name_comes_to_stand_for_two_things() -> None:
    places = defaultdict[str, list[str]](list)
    for file in sorted(ROOT.rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        if not path.startswith(APART):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(path)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_docstring_leaves_its_subject_to_the_reader() -> None:
    """A name's docstring is read alone, in an editor or by `help`: "Of this home." says nothing there."""
    left = []
    for file in sorted(ROOT.rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        if not path.startswith(APART):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    said = ast.get_docstring(node) or "Nothing at all."
                    if FRAGMENT.match(said):
                        left.append(f"{path}: {node.name}: {said.splitlines()[0]}")
    assert left == []
