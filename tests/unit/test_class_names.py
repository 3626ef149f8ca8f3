"""One class name, one meaning."""

import ast
from collections import defaultdict
from pathlib import Path

import sigma_core

ROOT = Path(sigma_core.__file__).parent
APART = ("projects/sample", "proposals/verification/probe")
"""Code of another project, and code that other interpreters run."""


def test_no_class_name_comes_to_stand_for_two_things() -> None:
    places = defaultdict[str, list[str]](list)
    for file in sorted(ROOT.rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        if not path.startswith(APART):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(path)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
