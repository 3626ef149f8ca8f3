"""What a change itself made dead is named: it goes to a person."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.deltas import read_tree
from sigma_core.proposals.verification.static.left_behind import disordered, left_behind
from sigma_core.proposals.verification.static.modules import Modules

LOGS = "from math import log\n\n\ndef bits(x):\n    return log(x, 2)\n"

Read = Callable[..., list[str]]


@pytest.fixture
def said(tmp_path: Path) -> Read:
    """What is said where `path` becomes `after`, beside other files."""

    def read(before: str, after: str, path: str = "pkg/a.py", **others: str) -> list[str]:
        for name, text in {**others, path: before}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        modules, old = Modules(tmp_path), read_tree(tmp_path, [path]).found
        assert modules.texts
        (tmp_path / path).write_text(after)
        new = read_tree(tmp_path, [path]).found
        return list(left_behind(ChangedFile(path, path, before, after, ()), old, new, modules))

    return read


def test_an_import_that_only_the_old_code_used_is_named(said: Read) -> None:
    after = "import math\n" + LOGS.replace("log(x, 2)", "math.log2(x)")
    assert said(LOGS, after) == ["pkg/a.py:2 is left behind: `math.log` imported but unused"]
    # One that was unused before is not of this change, and one that goes leaves room for no other
    assert said("import os\n" + LOGS, after.replace("import math", "import math\nimport os")) == [
        "pkg/a.py:3 is left behind: `math.log` imported but unused"
    ]
    assert said("import os\n" + LOGS, LOGS) == []


def test_whatever_the_project_selects(said: Read) -> None:
    after = "import math\n" + LOGS.replace("log(x, 2)", "math.log2(x)")
    settings = {"ruff.toml": 'lint.select = ["E"]\nlint.ignore = ["F401"]\n'}
    assert len(said(LOGS, after, **settings)) == 1


def test_a_variable_that_nothing_reads_any_more_is_named(said: Read) -> None:
    before = "def f(x):\n    y = x + 1\n    return y\n"
    (sentence,) = said(before, before.replace("return y", "return x"))
    assert sentence == "pkg/a.py:2 is left behind: local variable `y` is assigned to but never used"


@pytest.mark.parametrize(
    "helper",
    ["def _twice(x):\n    return 2 * x\n", "class _twice(int):\n    pass\n", "_twice = str\n"],
    ids=["function", "class", "variable"],
)
def test_a_private_helper_that_nothing_uses_any_more_is_named(said: Read, helper: str) -> None:
    before = helper + "\n\ndef f(x):\n    return _twice(x)\n"
    after = before.replace("return _twice(x)", "return x")
    assert said(before, after) == ["pkg/a.py:1 is left behind: nothing uses `_twice` any more."]
    assert said(before, after, **{"pkg/b.py": "from pkg.a import _twice\n"}) == []


def test_a_function_within_a_function_is_a_helper_of_it(said: Read) -> None:
    before = "def f(x):\n    def twice():\n        return 2 * x\n\n    return twice()\n"
    after = before.replace("return twice()", "return x + x")
    assert said(before, after) == ["pkg/a.py:2 is left behind: nothing uses `twice` any more."]


def test_what_others_may_use_is_not_dead(said: Read) -> None:
    before = "def twice(x):\n    return 2 * x\n\n\ndef f(x):\n    return twice(x)\n"
    assert said(before, before.replace("return twice(x)", "return x")) == []
    named = before.replace("twice", "_twice")
    assert said(named, named.replace("return _twice(x)", "return globals()['_twice'](x)")) == []
    kept = named.replace("def _twice", "@register\ndef _twice")
    assert said(kept, kept.replace("return _twice(x)", "return x")) == []


def test_imports_that_isort_would_put_otherwise_are_named(tmp_path: Path) -> None:
    before, after = "import a\nimport z\n", "import m\nimport a\nimport z\n"
    file = ChangedFile("m.py", "m.py", before, after, ())
    assert list(disordered(file, tmp_path)) == []
    (tmp_path / ".isort.cfg").write_text("[settings]\nprofile = black\n")
    assert list(disordered(file, tmp_path)) == ["m.py:1 leaves imports in another order than the project's isort."]
    unsorted = ChangedFile("m.py", "m.py", "import z\nimport a\n", "import m\nimport z\nimport a\n", ())
    assert list(disordered(unsorted, tmp_path)) == []
