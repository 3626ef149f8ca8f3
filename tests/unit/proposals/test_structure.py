"""Changes that mean the same by their structure, and those that only look like it."""

import ast
from pathlib import Path
from random import Random

import pytest
from fakes.branching_functions import behaviour, function, rewritten, spoiled
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from linter_fixes.case import Case
from linter_fixes.changing import CHANGING
from linter_fixes.weak_collections import COLLECTIONS
from linter_fixes.weak_effects import EFFECTS
from linter_fixes.weak_numbers import NUMBERS
from linter_fixes.weak_text import TEXT

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.structure import equal_form

LAW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
RANDOM = st.integers(0, 2**32).map(Random)


def form(before: str, after: str, path: str = "shop.py", root: Path = Path("/nonexistent")) -> str:
    return equal_form([ChangedFile(path, path, before, after, ())], root).words


@LAW
@given(random=RANDOM)
def test_what_is_only_written_otherwise_is_equal(random: Random) -> None:
    tree = function(random)
    other = rewritten(tree, random)
    assume(ast.dump(tree) != ast.dump(other))
    assert behaviour(tree) == behaviour(other)
    assert form(ast.unparse(tree), ast.unparse(other)) == "control flow"
    assert form(ast.unparse(other), ast.unparse(tree)) == "control flow"


@LAW
@given(random=RANDOM)
def test_what_behaves_otherwise_is_never_equal(random: Random) -> None:
    tree = function(random)
    other = spoiled(rewritten(tree, random), random)
    if behaviour(tree) != behaviour(other):
        assert form(ast.unparse(tree), ast.unparse(other)) == ""


@pytest.mark.parametrize(
    "case", [*CHANGING, *COLLECTIONS, *EFFECTS, *NUMBERS, *TEXT], ids=lambda case: f"{case.rule} {case.differs}"
)
def test_no_fix_that_is_known_to_change_behaviour_is_equal(case: Case) -> None:
    assert form(case.function("f", checked=True), case.fixed.function("f", checked=True)) == ""


def body(text: str) -> str:
    return "def f(a, b):\n" + "".join(f"    {line}\n" for line in text.strip().splitlines())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if a:\n    return 1\nelse:\n    return 2", "if a:\n    return 1\nreturn 2"),
        ("if a:\n    return 1\nelif b:\n    return 2\nelse:\n    b()", "if a:\n    return 1\nif b:\n    return 2\nb()"),
        ("if a:\n    raise a\nelse:\n    b()\nreturn b", "if a:\n    raise a\nb()\nreturn b"),
        (
            "for x in a:\n    if x:\n        continue\n    else:\n        b()",
            "for x in a:\n    if x:\n        continue\n    b()",
        ),
        ("if a:\n    if b:\n        b()", "if a and b:\n    b()"),
        ("if a or b:\n    if b:\n        b()", "if (a or b) and b:\n    b()"),
        ("if a:\n    b()\nelif b:\n    b()\nelse:\n    a()", "if a or b:\n    b()\nelse:\n    a()"),
        ("if a is b:\n    return True\nreturn False", "return a is b"),
        ("if a in b:\n    return False\nelse:\n    return True", "return a not in b"),
        ("if a:\n    return True\nreturn False", "return bool(a)"),
        ("if isinstance(a, b):\n    return True\nreturn False", "return isinstance(a, b)"),
        ("if len(a) > 1:\n    return True\nreturn False", "return len(a) > 1"),
        ("if not a:\n    return False\nreturn True", "return bool(a)"),
        ("return not a in b", "return a not in b"),
        ("a()\npass", "a()"),
        ("a()\nreturn None", "a()\nreturn"),
        ("a()\nreturn None", "a()"),
        ("if a:\n    return\nreturn b", "if a:\n    return None\nreturn b"),
        ("if a:\n    return b", "if a:\n    return b\nreturn None"),
        ("for x in a:\n    yield x\nreturn", "for x in a:\n    yield x"),
    ],
)
def test_branches_are_equal_in_one_form(before: str, after: str) -> None:
    assert form(body(before), body(after)) == "control flow"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if a:\n    b()\nelse:\n    return 2", "if a:\n    b()\nreturn 2"),
        ("if a:\n    if b:\n        b()\nelse:\n    a()", "if a and b:\n    b()\nelse:\n    a()"),
        ("if a:\n    if b:\n        b()", "if a or b:\n    b()"),
        ("if a:\n    if b:\n        b()", "if b and a:\n    b()"),
        ("if a:\n    b()\nelif b:\n    a()", "if a or b:\n    b()"),
        ("if a:\n    b()\nif b:\n    b()", "if a or b:\n    b()"),
        ("if a == b:\n    return True\nreturn False", "return a == b"),
        ("if a:\n    return True\nreturn False", "return a"),
        ("if a == b:\n    return False\nreturn True", "return a != b"),
        ("if a and b:\n    return True\nreturn False", "return a and b"),
        ("if a:\n    return 1\nreturn 0", "return bool(a)"),
        ('pass\n"text"', '"text"'),
        ("if a:\n    return\nb()", "if a:\n    pass\nb()"),
        ("for x in a:\n    return\nb()", "for x in a:\n    b()"),
        ("return 0", "return"),
        ("try:\n    a()\nfinally:\n    return", "try:\n    a()\nfinally:\n    pass"),
    ],
)
def test_what_looks_like_it_is_not_equal(before: str, after: str) -> None:
    assert form(body(before), body(after)) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('raise ValueError(f"no value")', 'raise ValueError("no value")'),
        ('a += f"""{{{b}}}""" + f"{{x}}"', 'a += f"""{{{b}}}""" + "{x}"'),
        ('return u"text"', 'return "text"'),
        ("return 60 * 60", "return 3600"),
        ("if a:\n    return (1, 2)[0]\nreturn b", "if a:\n    return 1\nreturn b"),
        ("if not a in b:\n    b()", "if a not in b:\n    b()"),
    ],
)
def test_what_the_compiler_makes_the_same_of_is_equal(before: str, after: str) -> None:
    assert form(body(before), body(after)) in ("the compiler's instructions", "control flow")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('f"said of it"\nreturn a', '"said of it"\nreturn a'),
        ("return 1", "return True"),
        ("return 1.0", "return 1"),
        ("return 0.0", "return -0.0"),
        ("return a in (1, 2)", "return a in (True, 2)"),
        ("return a in {1, 2}", "return a in {1.0, 2}"),
        ('return "a"', 'return b"a"'),
        ("return lambda: 1", "return lambda: 2"),
        ("def g(*, b): return b\nreturn g", "def g(b): return b\nreturn g"),
        ("def g(b=1): return b\nreturn g", "def g(b=2): return b\nreturn g"),
        ("assert a\nreturn b", "return b"),
        ('return f"{a}"', 'return f"{a!r}"'),
    ],
)
def test_what_the_compiler_tells_apart_is_not_equal(before: str, after: str) -> None:
    assert form(body(before), body(after)) == ""


def test_a_builtin_with_another_meaning_in_the_module_proves_nothing() -> None:
    before, after = body("if a:\n    return True\nreturn False"), body("return bool(a)")
    assert form(f"bool = print\n{before}", f"bool = print\n{after}") == ""
    assert form(f"from b import *\n{before}", f"from b import *\n{after}") == ""


LATER = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a): ...", "def f(a) -> None: ..."),
        ("def f(a): ...", "def f(a: int) -> 'Shop': ..."),
        ("class A:\n    def f(self): ...", "class A:\n    def f(self) -> str: ..."),
        ("class A:\n    @property\n    def f(self): ...", "class A:\n    @property\n    def f(self) -> str: ..."),
        (f"{LATER}def f(a: Optional[int]): ...", f"{LATER}def f(a: int | None): ..."),
        ("def f():\n    a: List[int] = []", "def f():\n    a: list[int] = []"),
    ],
)
def test_annotations_that_nothing_reads_are_equal(before: str, after: str) -> None:
    assert form(before, after) == "annotations"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a): ...", "def f(a: Shop): ..."),
        ("def f(a): ...", "def f(a: print(1)): ..."),
        ("def f(a: print(1)): ...", "def f(a): ..."),
        ("int = 1\ndef f(a): ...", "int = 1\ndef f(a: int): ..."),
        ("import typer\ndef f(a): ...", "import typer\ndef f(a: int): ..."),
        ("from pydantic import BaseModel\ndef f(a): ...", "from pydantic import BaseModel\ndef f(a: int): ..."),
        ("x = f.__annotations__\ndef f(a): ...", "x = f.__annotations__\ndef f(a: int): ..."),
        ("@app.get('/')\ndef f(a): ...", "@app.get('/')\ndef f(a: int): ..."),
        ("class A(Base):\n    x: int = 1", "class A(Base):\n    x: str = 1"),
        ("@model\nclass A:\n    x: int = 1", "@model\nclass A:\n    x: str = 1"),
        ("def f(a: int = 1): ...", "def f(a: str = 2): ..."),
    ],
)
def test_annotations_that_something_may_read_or_that_may_fail_are_not_equal(before: str, after: str) -> None:
    assert form(before, after) == ""


def test_a_stub_is_read_by_no_interpreter() -> None:
    assert form("def f(a): ...", "def f(a: Shop) -> int: ...", "shop.pyi") == "type stub"


def test_what_a_type_checker_reads_is_told_from_the_rest() -> None:
    def is_typing(before: str, after: str, path: str = "shop.py") -> bool:
        return equal_form([ChangedFile(path, path, before, after, ())], Path("/nonexistent")).is_typing

    assert is_typing("def f(a): ...", "def f(a: int): ...")
    assert is_typing("def f(a): ...", "def f(a: int): ...", "shop.pyi")
    assert not is_typing("import sys\nimport os\n", "import os\nimport sys\n")


def test_other_forms_hold_where_annotations_are_read() -> None:
    before = "import dataclasses\ndef f(a: int):\n    if a:\n        return 1\n    else:\n        return 2\n"
    after = "import dataclasses\ndef f(a: int):\n    if a:\n        return 1\n    return 2\n"
    assert form(before, after) == "control flow"


def test_imports_of_the_standard_library_have_no_order() -> None:
    assert form("import sys\nimport os\n", "import os\nimport sys\n") == "import order"
    assert form("from os import path, sep\n", "from os import sep\nfrom os import path\n") == "import order"
    assert form("import os, sys\n", "import os\nimport sys\n") == "import order"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import requests\nimport os\n", "import os\nimport requests\n"),
        ("import this\nimport os\n", "import os\nimport this\n"),
        ("import json\nimport simplejson as json\n", "import simplejson as json\nimport json\n"),
        ("from os import open\nfrom io import open\n", "from io import open\nfrom os import open\n"),
        ("import os\n", ""),
        ("from . import os\nfrom . import re\n", "from . import re\nfrom . import os\n"),
        (
            "try:\n    import os\n    import re\nfinally:\n    x()\n",
            "try:\n    import re\n    import os\nfinally:\n    x()\n",
        ),
    ],
)
def test_imports_that_may_have_effects_keep_theirs(before: str, after: str) -> None:
    assert form(before, after) == ""


def test_a_module_of_the_project_is_not_the_standard_library_s(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("print('imported')\n")
    assert form("import os\nimport json\n", "import json\nimport os\n", root=tmp_path) == ""


ASKS = "def f(a, **kw):\n    return a(), kw.get('key', None)\n"


def test_what_keyword_arguments_hold_is_looked_up_with_or_without_none() -> None:
    assert form(ASKS, ASKS.replace(", None", "")) == "look-ups in keyword arguments"
    inner = ASKS.replace("    return", "    def g():\n        return kw.get(a, None)\n\n    return g(),")
    assert form(inner, inner.replace(", None", "")) == "look-ups in keyword arguments"


@pytest.mark.parametrize(
    "before",
    [
        ASKS.replace("**kw", "kw"),
        ASKS.replace("    return", "    kw = a()\n    return"),
        ASKS.replace("    return", "    for kw in a():\n        pass\n    return"),
        "def g(kw, **other):\n    return kw.get('key', None)\n",
        "def f(**kw):\n    return lambda kw: kw.get('key', None)\n",
        "def f(**kw):\n    def g():\n        nonlocal kw\n    return kw.get('key', None)\n",
        "def f(**kw):\n    import a as kw\n    return kw.get('key', None)\n",
        ASKS.replace(".get", ".pop"),
    ],
)
def test_a_look_up_in_something_else_may_differ(before: str) -> None:
    assert form(before, before.replace(", None", "")) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dict()", "{}"),
        ("list()", "[]"),
        ("tuple()", "()"),
        ("dict(key=a, other=b())", '{"key": a, "other": b()}'),
        ("dict([(1, a), (2, b())])", "{1: a, 2: b()}"),
        ("dict((x, y[-1]) for x, y in a() if y is not None)", "{x: y[-1] for x, y in a() if y is not None}"),
        ("set(['one', a])", "{'one', a}"),
        ("set([])", "set()"),
        ("set([x for x in a])", "{x for x in a}"),
        ("list(x for x in a)", "[x for x in a]"),
        ("list([x() for x in a])", "[x() for x in a]"),
        ("tuple([a, b])", "(a, b)"),
        ("[a] + list(map(str, b))", "[a, *map(str, b)]"),
        ("[a] + list(b) + [1]", "[a, *list(b), 1]"),
        ("(a,) + tuple(b)", "(a, *b)"),
    ],
)
def test_a_collection_is_the_same_however_it_is_written(before: str, after: str) -> None:
    words = "how lists, tuples, sets and dictionaries are written"
    assert form(body(f"return {before}"), body(f"return {after}")) == words
    own = "def dict(): ...\ndef list(): ...\ndef set(): ...\ndef tuple(): ...\n"
    assert form(own + body(f"return {before}"), own + body(f"return {after}")) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dict(key=a, **b)", '{"key": a, **b}'),
        ("dict([(a, 1), (b, 2)])", "{a: 1, b: 2}"),
        ("dict((x, y()) for x, y in a)", "{x: y() for x, y in a}"),
        ("dict(pair for pair in a)", "{x: y for x, y in a}"),
        ("set([x() for x in a])", "{x() for x in a}"),
        ("list(next(x) for x in a)", "[next(x) for x in a]"),
        ("tuple([x for x in a])", "tuple(x for x in a)"),
        ("a + [b]", "[*a, b]"),
        ("[a] + b", "[a, *b]"),
        ("[a] + tuple(b)", "[a, *b]"),
        ("list(a) + (b,)", "[*a, b]"),
        ("list(*a)", "[*a]"),
        ("(x for x in a)", "[x for x in a]"),
    ],
)
def test_a_collection_that_may_come_out_otherwise_is_not_the_same(before: str, after: str) -> None:
    assert form(body(f"return {before}"), body(f"return {after}")) == ""


def test_an_error_by_its_old_name_is_the_same() -> None:
    before = body("try:\n    a()\nexcept IOError:\n    raise EnvironmentError(b)")
    after = before.replace("IOError", "OSError").replace("EnvironmentError", "OSError")
    assert form(before, after) == "old names of OSError"
    for own in ("class IOError(Exception): ...\n", "OSError = KeyError\n"):
        assert form(own + before, own + after) == ""
    assert form(before, after.replace("except OSError", "except ValueError")) == ""


def test_several_forms_together_are_named() -> None:
    before = "import sys\nimport os\ndef f(a):\n    if a:\n        return 1\n    else:\n        return 2\n"
    after = "import os\nimport sys\ndef f(a) -> int:\n    if a:\n        return 1\n    return 2\n"
    assert form(before, after) == "control flow, import order and annotations"


def test_new_gone_and_renamed_files_are_not_equal() -> None:
    assert equal_form([ChangedFile("a.py", "b.py", "import os\n", "import os\n", ())], Path("/nonexistent")).words == ""
    assert equal_form([ChangedFile("a.py", "a.py", None, "import os\n", ())], Path("/nonexistent")).words == ""
