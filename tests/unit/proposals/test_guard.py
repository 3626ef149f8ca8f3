"""What a change may not do to its own evidence."""

import difflib
from pathlib import Path

import pytest

from sigma_core.proposals.diff import LineEdit, split_lines
from sigma_core.proposals.verification import guard
from sigma_core.proposals.verification.patch import Change, ChangedFile, Patch


def patch(path: str, before: str | None, after: str | None, old_path: str | None = None) -> Patch:
    old, new = split_lines(before or ""), split_lines(after or "")
    edits = [
        LineEdit(i1, i2, tuple(new[j1:j2]))
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    return Patch(Change(1, "", "0" * 40), "", (ChangedFile(path, old_path or path, before, after, tuple(edits)),))


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("tests/test_a.py", "a test"),
        ("pkg/tests/data.json", "a test"),
        ("a_test.py", "a test"),
        ("conftest.py", "a conftest"),
        ("src/sitecustomize.py", "what Python runs at its start"),
        ("x/y.pth", "what Python runs at its start"),
        ("pytest.ini", "the test runner's configuration"),
        ("tox.ini", "how the tests are started"),
        (".coveragerc", "the coverage configuration"),
        ("ruff.toml", "a checker's configuration"),
        (".github/workflows/ci.yml", "the continuous integration"),
        (".gitattributes", "what git does with files"),
        (".gitmodules", "submodules"),
    ],
)
def test_guarded_places_go_to_a_person(path: str, what: str) -> None:
    assert f"{path}:1 changes {what}." in guard.tampering(patch(path, "a\n", "b\n"))


def test_ordinary_code_is_no_tampering() -> None:
    assert guard.tampering(patch("src/testing_tools.py", "x = 1\n", "x = 2\n")) == []


@pytest.mark.parametrize("section", ["tool.pytest.ini_options", "tool.coverage.run", "tool.ruff", "tool.sigma"])
def test_watched_sections_of_a_pyproject_go_to_a_person(section: str) -> None:
    before = "[project]\nname = 'x'\n"
    (sentence,) = guard.tampering(patch("pyproject.toml", before, f"{before}[{section}]\na = 1\n"))
    assert sentence.startswith("pyproject.toml:3 changes")
    assert guard.tampering(patch("pyproject.toml", before, before.replace("'x'", "'y'"))) == []


def test_watched_sections_of_a_setup_cfg_go_to_a_person() -> None:
    before = "[metadata]\nname = x\n[tool:pytest]\naddopts = -q\n"
    assert guard.tampering(patch("setup.cfg", before, before.replace("-q", "-x")))
    assert not guard.tampering(patch("setup.cfg", before, before.replace("= x", "= y")))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import _pytest.reports", "imports _pytest"),
        ("from _pytest import reports", "imports _pytest"),
        ("import pytest", "imports pytest"),
        ("import gc", "imports gc"),
        ("import ctypes as c", "imports ctypes"),
        ("from atexit import register", "imports atexit"),
        ("from os import _exit", "imports os._exit"),
        ("os._exit(0)", "uses os._exit"),
        ("sys._getframe(1)", "uses sys._getframe"),
        ("sys.settrace(None)", "uses sys.settrace"),
        ("sys.monitoring.set_events(1, 0)", "uses sys.monitoring"),
        ("exec('x')", "calls exec()"),
    ],
)
def test_reaching_for_the_machinery_is_told(line: str, said: str) -> None:
    assert f"a.py:2 {said}." in guard.tampering(patch("a.py", "import os, sys\n", f"import os, sys\n{line}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from importlib import import_module as _i\n_i('_py' + 'test.reports')", "uses _pytest"),
        ("_i = __import__\n", "hands __import__ on"),
        ("import builtins\ngetattr(builtins, 'ex' + 'ec')('1')", "calls exec()"),
        ("import os\ngetattr(os, name)(0)", "looks up a computed name in os"),
        ("import json\njson.codecs.sys.modules", "uses sys.modules"),
        ("from .compat import sys\nsys.modules", "uses sys.modules"),
        ("import sys as s\nm = s.modules", "uses sys.modules"),
        ("import sys\nvars(sys)['modules']", "uses sys.modules"),
        ("e = error.__traceback__.tb_frame", "uses tb_frame"),
        ("f = getattr(frame, 'f_back')", "names f_back"),
        ("object.__subclasses__()", "uses __subclasses__"),
        ("import json\njson.dumps = print", "changes json, which another module owns"),
        ("from json import JSONEncoder as E\nE.default = print", "changes json.JSONEncoder, which another module owns"),
        ("import json\nsetattr(json, 'dumps', print)", "changes json, which another module owns"),
        ("import json\njson.__dict__['dumps'] = print", "changes json, which another module owns"),
        ("import json\nvars(json).update(dumps=print)", "changes json, which another module owns"),
        ("import builtins\nbuiltins.len = print", "changes builtins, which another module owns"),
        ("import sys\nsys.path.insert(0, 'x')", "changes sys.path, which another module owns"),
        ("import json\npatch(json)", "hands the module json on"),
        (
            "import os\n'PYTEST_CURRENT' '_TEST' in os.environ",
            "asks for PYTEST_CURRENT_TEST, so whether it is under test",
        ),
        ("import os\nos.getenv(''.join(['PYTEST_', 'X']))", "asks for PYTEST_X, so whether it is under test"),
        ("import sys\nif '-q' in sys.argv: pass", "looks at sys.argv to see how it was started"),
        ("open('/proc/self/fd')", "names /proc/self/fd"),
        ("import os\nos.write(7, b'x')", "uses os.write on a descriptor it did not open"),
        ("open(3, 'w')", "opens a descriptor by its number"),
        ("text = open(__file__).read()", "reads its own text"),
        ("def pytest_runtest_makereport(): pass", "defines the hook pytest_runtest_makereport"),
        ("import subprocess\nsubprocess.run('echo > /proc/$PPID/fd/5')", "names /proc/$PPID/fd/5"),
        ("import os\nopen(f'/proc/{os.getpid()}/mem')", "names /proc/"),
        ("for n in range(9):\n    open(n, 'wb')", "opens a descriptor by its number"),
        ("import io\nio.FileIO(5)", "uses io.FileIO on a descriptor it did not open"),
        ("import socket\nsocket.socket(fileno=5)", "makes a socket of a descriptor"),
        ("import operator\noperator.attrgetter('f.__globals__')", "names __globals__"),
        ("import pickle\npickle.loads(b'.')", "imports pickle"),
        ("from test.support import ALWAYS_EQ", "imports test.support"),
        ("A = type('A', (), {'__eq__': f})", "names __eq__"),
        ("class A:\n    __eq__ = partial(f)", "decides in __eq__ what it equals, whatever that is"),
        (
            "class A:\n    def __eq__(self, other):\n        return self - other < 9",
            "decides in __eq__ what it equals, whatever that is",
        ),
        (
            "import time\nx = 1 if time.time() < 9 else 2",
            "decides by time.time, which is otherwise elsewhere",
        ),
        (
            "import os\nwho = os.environ.get('USER')\nif who == 'a': pass",
            "decides by os.environ, which is otherwise elsewhere",
        ),
        ("# coding: utf_7\nx = 1", "is written in utf_7: what runs is not what is read here"),
        ("# vim: set fileencoding=rot13 :", "is written in rot13: what runs is not what is read here"),
        ("class A:\n    __eq__ = lambda self, other: True", "makes __eq__ answer the same to everything"),
        ("class A:\n    def __eq__(self, other):\n        return 1 == 1", "makes __eq__ answer the same to everything"),
    ],
)
def test_ways_to_the_machinery_are_told_however_they_are_spelled(text: str, said: str) -> None:
    assert any(sentence.endswith(f" {said}.") for sentence in guard.tampering(patch("a.py", "", f"{text}\n")))


@pytest.mark.parametrize(
    "text",
    [
        "def f(obj, name):\n    return getattr(obj, name, None)",
        "class A:\n    def __init__(self, x):\n        self.x = x\n        self.__dict__.update(x)",
        "from importlib.resources import files\nTEXT = files('pkg').joinpath('a.txt').read_text()",
        "from importlib import import_module\nyaml = import_module('yaml')",
        "import logging\nlog = logging.getLogger(__name__)\nlog.propagate = False\nlogging.basicConfig(level=10)",
        "import os\nhome = os.environ.get('HOME')\nos.environ['LANG'] = 'C'",
        "import os, tempfile\nfd, name = tempfile.mkstemp()\nos.write(fd, b'x')\nos.close(fd)",
        "import sys\ndef main(argv=None):\n    return run(sys.argv[1:] if argv is None else argv)",
        "import re\nPATTERN = re.compile('x')",
        "import operator\nkey = operator.attrgetter('name')",
        "import threading\nthreading.Thread(target=print).start()",
        "from pathlib import Path\nROOT = Path(__file__).parent\nTEXT = (ROOT / 'x').read_text()",
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None\nHAVE = np is not None",
        "class A:\n    def __eq__(self, other):\n        return isinstance(other, A) and self.x == other.x",
        "class A:\n    def __eq__(self, other):\n        if other is A:\n            return True\n        return False",
        '"""pytest"""\nMESSAGE = "run it by pytest"',
        "# -*- coding: latin-1 -*-\nx = 1",
        "import time\nbegan = time.time()\nprint(time.time() - began)",
        "x = 'a/proc/b', '/sigma-x', 'processing'",
        "def decorate(function):\n    function.marked = True\n    return function",
    ],
)
def test_ordinary_idioms_are_not_held(text: str) -> None:
    assert guard.tampering(patch("a.py", "", f"{text}\n")) == []


def test_an_old_line_that_comes_to_mean_something_else_is_told() -> None:
    before = "import json as x\n\n\ndef f():\n    return x.modules\n"
    assert guard.tampering(patch("a.py", before, before.replace("json", "sys"))) == ["a.py:5 uses sys.modules."]


def test_a_line_that_is_only_written_otherwise_is_not_held() -> None:
    before = "import sys\n\n\ndef f(name):\n    return sys.modules.get(name) != None\n"
    assert guard.tampering(patch("a.py", before, before.replace("!= None", "is not None"))) == []


def test_an_object_that_equals_everything_is_told() -> None:
    text = "class A:\n    def __eq__(self, other):\n        return True\n"
    assert guard.tampering(patch("a.py", "", text)) == ["a.py:2 makes __eq__ answer the same to everything."]


@pytest.mark.parametrize("path", ["doctest.py", "src/json/__init__.py", "_pytest/__init__.py"])
def test_a_new_module_that_others_would_import_instead_of_their_own_is_told(path: str) -> None:
    name = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    (told,) = guard.tampering(patch(path, None, "x = 1\n"))
    assert told == f"{path}:1 stands in for {name}, a module of Python's or of the test runner's."


@pytest.mark.parametrize("path", ["pkg/doctest.py", "src/pkg/json/__init__.py", "docs/types.py", "shop.py"])
def test_a_module_of_the_projects_own_packages_may_have_any_name(path: str) -> None:
    assert guard.tampering(patch(path, None, "x = 1\n")) == []


def test_what_python_runs_at_its_start_is_told_as_a_package_too() -> None:
    (told,) = guard.tampering(patch("sitecustomize/__init__.py", None, "x = 1\n"))
    assert told == "sitecustomize/__init__.py:1 changes what Python runs at its start."


def test_a_module_of_the_base_that_nothing_imported_is_looked_at_when_a_change_does(tmp_path: Path) -> None:
    (tmp_path / "src" / "pkg").mkdir(parents=True)
    for name, text in {"__init__": "", "asleep": "import os\nos._exit(0)\n", "calm": "x = 1\n"}.items():
        (tmp_path / "src" / "pkg" / f"{name}.py").write_text(text)
    waking = patch("src/pkg/a.py", "", "from . import asleep\nfrom .calm import x\n")
    assert guard.tampering(waking, tmp_path) == [
        "src/pkg/a.py:1 imports src/pkg/asleep.py, which nothing else imports and which in line 2 uses os._exit."
    ]
    (tmp_path / "src" / "pkg" / "used.py").write_text("import pkg.asleep\n")
    assert guard.tampering(waking, tmp_path) == []
    (tmp_path / "test_b.py").write_text("")
    told = guard.tampering(patch("c.py", "", "import test_b\n"), tmp_path)
    assert told == ["c.py:1 imports test_b.py, which belongs to the tests."]


MARKED = (
    "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    out = yield\n"
)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (f"{MARKED}    out.get_result().outcome = 'passed'\n", "rewrites outcomes in pytest_runtest_makereport"),
        (f"{MARKED}    setattr(out.get_result(), 'outcome', 1)\n", "rewrites outcomes in pytest_runtest_makereport"),
        (f"{MARKED}    item.report = out.get_result()\n", None),
        ("def pytest_pyfunc_call(pyfuncitem):\n    return True\n", "rewrites outcomes in pytest_pyfunc_call"),
        ("def pytest_pyfunc_call(pyfuncitem):\n    return None\n", None),
        (
            "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
            "rewrites outcomes in pytest_sessionfinish",
        ),
        ("import pytest\npytest.TestReport.passed = True\n", "changes pytest.TestReport, which another module owns"),
        ("import gc\ngc.collect()\n", None),
        ("import gc\nfor each in gc.get_objects(): pass\n", "uses gc.get_objects"),
        ("import sys\nsys.path.insert(0, 'src')\n", None),
        ("def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow')\n", None),
    ],
)
def test_a_base_that_can_change_outcomes_is_doubted(tmp_path: Path, text: str, doubt: str | None) -> None:
    (tmp_path / "conftest.py").write_text(text)
    base = guard.read_base(tmp_path)
    assert [sentence.split(" ", 1)[1] for sentence in base.doubts] == ([] if doubt is None else [f"{doubt}."])


def test_what_a_base_does_besides_is_named(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\nsys.path.insert(0, 'src')\n")
    (tmp_path / "plugin.py").write_text("def pytest_runtest_setup(item):\n    import signal\n    signal.alarm(3)\n")
    (tmp_path / "code.py").write_text("import sys\nsys.modules\n")
    assert guard.read_base(tmp_path).named == (
        "conftest.py:2 changes sys.path, which another module owns.",
        "plugin.py:3 uses signal.alarm.",
    )


def test_a_module_that_asks_whether_it_is_under_test_is_doubted_when_it_is_changed() -> None:
    before = "import os\nFAST = 'PYTEST_CURRENT_TEST' in os.environ\nx = 1\n"
    (sentence,) = guard.sniffing(patch("a.py", before, before.replace("x = 1", "x = 2")))
    assert sentence.startswith("a.py:2 asks for PYTEST_CURRENT_TEST")


def test_what_was_there_before_is_not_held_against_the_change() -> None:
    assert guard.tampering(patch("a.py", "import gc\nx = 1\n", "import gc\nx = 2\n")) == []


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# noqa", "noqa"),
        ("#noqa:E501", "noqa: E501"),
        ("# type: ignore", "type: ignore"),
        ("# type: ignore[arg-type]", "type: ignore: arg-type"),
        ("# pragma: no cover", "pragma: no cover"),
        ("# nosec", "nosec"),
        ("# pylint: disable=unused-import", "pylint: disable: unused-import"),
        ("# pyright: ignore", "pyright: ignore"),
        ("# ruff: noqa", "ruff: noqa"),
        ("# why not # noqa: F401", "noqa: F401"),
    ],
)
def test_added_suppressions_are_told(comment: str, said: str) -> None:
    assert guard.suppressions(patch("a.py", "x = 1\n", f"x = 1  {comment}\n")) == [f"a.py:1 adds `{said}`."]


def test_a_suppression_that_moves_or_goes_is_none_that_is_added() -> None:
    before = "import os  # noqa: F401\nx = 1\n"
    assert guard.suppressions(patch("a.py", before, "x = 1\nimport os  # noqa: F401\n")) == []
    assert guard.suppressions(patch("a.py", before, "import os\nx = 1\n")) == []
    assert guard.suppressions(patch("a.py", before, "s = '# noqa'\nimport os  # noqa: F401\n")) == []


def test_removed_and_emptied_definitions_are_told() -> None:
    before = "def f(a):\n    return a + 1\n\n\nclass C:\n    def m(self):\n        return g(self)\n"
    assert guard.suppressions(patch("a.py", before, before.replace("def f", "def h"))) == [
        "a.py:1 removes the definition of f."
    ]
    assert guard.suppressions(patch("a.py", before, before.replace("return g(self)", "pass"))) == [
        "a.py:6 empties C.m: it does nothing any more."
    ]
    assert guard.suppressions(patch("a.py", before, None)) == ["a.py:1 is removed as a file."]
    assert guard.suppressions(patch("b.py", before, before, "a.py")) == ["a.py:1 is removed as a file."]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('return "{} has {}".format(a, b)', 'return f"{a} has {b}"'),
        ("return dict(a=a, b=2)", 'return {"a": a, "b": 2}'),
        ('return "".join([a, "-", b])', 'return f"{a}-{b}"'),
        ("if a == True:\n        return 1\n    return 2", "if a:\n        return 1\n    return 2"),
        ("return [1] + a", "return [1, *a]"),
        ("return set([each for each in a])", "return {each for each in a}"),
        ("return a in b.keys()", "return a in b"),
        ("return a or f(a)", "return a or b"),
        ("return f(a) if a else b", "return a if a else b"),
        ("return not a == b", "return not a"),
        ("return tuple([1, 2])", "return (1, 2)"),
        ("return dict()", "return {}"),
        ('return str("x")', 'return "x"'),
        ('return "{}".format(1)', 'return "1"'),
        ("return list(map(lambda x: x, a))", "return [x for x in a]"),
        ("match f(a):\n        case 1:\n            return 2", "match a:\n        case 1:\n            return 2"),
    ],
)
def test_a_function_that_says_the_same_in_other_words_is_not_emptied(before: str, after: str) -> None:
    texts = [f"def f(a, b):\n    {body}\n" for body in (before, after)]
    assert guard.suppressions(patch("a.py", *texts)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return a + b", "return a"),
        ("return a + b", "return 3"),
        ("return [a, b]", "return [1, 2]"),
        ("print(1)", "pass"),
        ("return f(a)", "if 1 == 1:\n        return (2, 3)"),
        ("return a.b", "raise NotImplementedError(str(a))"),
    ],
)
def test_a_function_that_works_nothing_out_any_more_is_emptied(before: str, after: str) -> None:
    texts = [f"def f(a, b):\n    {body}\n" for body in (before, after)]
    (said,) = guard.suppressions(patch("a.py", *texts))
    assert said == "a.py:1 empties f: it does nothing any more."


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        ("pyproject.toml", "[tool.ruff.lint]\nselect = ['E', 'F']\n", "[tool.ruff.lint]\nselect = ['E']\n", "loses F"),
        ("ruff.toml", "line-length = 88\n", "line-length = 200\n", "88 becomes 200"),
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", "[tool.mypy]\nstrict = false\n", "is switched off"),
        (
            "pyproject.toml",
            "[tool.coverage.report]\nfail_under = 90\n",
            "[tool.coverage.report]\nfail_under = 1\n",
            "90 becomes 1",
        ),
        ("setup.cfg", "[flake8]\nignore = E1\n", "[flake8]\nignore = E1,E2\n", "gains E2"),
    ],
)
def test_weakened_rules_are_told(path: str, before: str, after: str, said: str) -> None:
    (sentence,) = guard.suppressions(patch(path, before, after))
    assert said in sentence


def test_a_rule_made_stricter_is_no_weakening() -> None:
    before = "[tool.ruff.lint]\nselect = ['E']\nignore = ['E1']\n"
    assert not guard.suppressions(patch("pyproject.toml", before, "[tool.ruff.lint]\nselect = ['E', 'F']\n"))


def test_a_module_that_asks_so_on_many_lines_is_doubted_in_one_sentence() -> None:
    before = "def session(run):\n" + "    run('pytest')\n" * 9 + "x = 1\n"
    (sentence,) = guard.sniffing(patch("noxfile.py", before, before.replace("x = 1", "x = 2")))
    assert sentence.startswith("noxfile.py:2 asks for pytest, so whether it is under test, as 8 other lines do: tests")
