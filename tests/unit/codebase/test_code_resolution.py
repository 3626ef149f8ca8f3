"""What names stand for across files."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.codebase.module_names import module_names
from sigma_core.codebase.python_reader import parse
from sigma_core.codebase.resolution import SourceTree, tree_of


def tree(files: Mapping[str, str]) -> SourceTree:
    return tree_of({path: parse(text.encode()) for path, text in files.items()})


def imported(files: Mapping[str, str], path: str) -> set[str]:
    return {target.path or f"package {target.name}" for target in tree(files).imports(path)}


def called(files: Mapping[str, str], path: str) -> set[tuple[str, str, str]]:
    return {(each.caller, each.callee.path, each.callee.name) for each in tree(files).calls(path)}


@pytest.mark.parametrize(
    ("path", "files", "name"),
    [
        ("shop/cart.py", ["shop/__init__.py"], "shop.cart"),
        ("src/shop/cart.py", ["src/shop/__init__.py"], "shop.cart"),
        ("src/shop/__init__.py", [], "shop"),
        ("src/shop/cart.py", [], "shop.cart"),
        ("tests/test_cart.py", [], "tests.test_cart"),
        ("deep/er/shop/__init__.py", [], "shop"),
        ("setup.py", [], "setup"),
        ("__init__.py", [], "__init__"),
    ],
)
def test_a_module_is_named_as_it_is_imported(path: str, files: list[str], name: str) -> None:
    assert module_names([path, *files]).by_path[path] == name


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import shop.cart", {"shop/cart.py", "shop/__init__.py"}),
        ("from shop import cart", {"shop/cart.py"}),
        ("from shop import VERSION", {"shop/__init__.py"}),
        ("from shop.cart import Cart as C", {"shop/cart.py"}),
        ("from shop.cart import *", {"shop/cart.py"}),
        ("import requests.adapters, json", {"package requests"}),
        ("def f():\n  from shop import cart", {"shop/cart.py"}),
        ("if True:\n  import shop", {"shop/__init__.py"}),
    ],
)
def test_imports_lead_to_files_and_packages(statement: str, expected: set[str]) -> None:
    files = {"shop/__init__.py": "VERSION = 1\n", "shop/cart.py": "class Cart: pass\n", "main.py": statement}
    assert imported(files, "main.py") == expected


def test_relative_imports_count_their_dots() -> None:
    files = {
        "a/__init__.py": "from .b import c\nfrom . import d\n",
        "a/b/__init__.py": "",
        "a/b/c.py": "from .. import d\nfrom ... import nothing\nfrom ..d import f\n",
        "a/d.py": "def f(): pass\n",
    }
    assert imported(files, "a/__init__.py") == {"a/b/c.py", "a/d.py"}
    assert imported(files, "a/b/c.py") == {"a/d.py"}


def test_scripts_see_their_neighbours_and_packages_do_not() -> None:
    files = {"tools/run.py": "import helper\n", "tools/helper.py": "", "p/__init__.py": "", "p/m.py": "import helper\n"}
    files["p/helper.py"] = ""
    assert imported(files, "tools/run.py") == {"tools/helper.py"}
    assert imported(files, "p/m.py") == {"package helper"}


def test_calls_are_followed_over_exports_and_bases() -> None:
    files = {
        "p/__init__.py": "from .impl import work as work, Base\nfrom .more import *\n",
        "p/impl.py": "def work(): pass\nclass Base:\n  def run(self): self.step()\n  def step(self): pass\n",
        "p/more.py": "def extra(): pass\n",
        "use.py": (
            "import p\nfrom p import work, Base, extra\n"
            "class Mine(Base):\n  def go(self):\n    self.run()\n    super().run()\n    self.step()\n"
            "  def step(self): pass\n"
            "def f(base: Base):\n  work()\n  p.work()\n  extra()\n  base.run()\n  Mine().run()\n  p.nothing()\n"
        ),
    }
    assert called(files, "use.py") == {
        ("Mine.go", "p/impl.py", "Base.run"),
        ("Mine.go", "use.py", "Mine.step"),
        ("f", "p/impl.py", "work"),
        ("f", "p/more.py", "extra"),
        ("f", "p/impl.py", "Base.run"),
        ("f", "use.py", "Mine"),
    }
    assert {each.callee.name: each.callee.certainty for each in tree(files).calls("p/impl.py")} == {"Base.step": 0.95}


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "from b import x\n", "b.py": "from a import x\n"},
        {"a.py": "from a import x\nx()\n"},
        {"a.py": "from b import *\nx()\n", "b.py": "from a import *\n"},
        {"a.py": "class A(B): pass\nclass B(A): pass\nA().x()\n"},
        {"p/__init__.py": "from . import p\nfrom .p import p\np.p()\n", "p/p.py": "from . import p\n"},
        {"a.py": "def __getattr__(name): pass\n", "b.py": "import a\na.x()\n"},
    ],
    ids=["circle", "itself", "star", "bases", "names", "getattr"],
)
def test_circles_end(files: dict[str, str]) -> None:
    made = tree(files)
    for path in files:
        list(made.imports(path))
        list(made.calls(path))


NAMES = st.sampled_from(["a", "b", "c"])
STATEMENTS = st.one_of(
    st.builds("from {} import {}\n".format, NAMES, NAMES),
    st.builds("from . import {}\n".format, NAMES),
    st.builds("from {} import *\n".format, NAMES),
    st.builds("import {}.{}\n".format, NAMES, NAMES),
    st.builds("def {}(): {}()\n".format, NAMES, NAMES),
    st.builds("class {}({}):\n  def {}(self): self.{}()\n".format, NAMES, NAMES, NAMES, NAMES),
    st.builds("{}.{}()\n".format, NAMES, NAMES),
)
PATHS = ["a.py", "b.py", "c.py", "a/__init__.py", "a/b.py", "b/__init__.py", "b/a.py"]


@given(st.dictionaries(st.sampled_from(PATHS), st.lists(STATEMENTS, max_size=5).map("".join)))
def test_whatever_names_what_only_things_of_the_tree_are_found(files: dict[str, str]) -> None:
    made = tree(files)
    for path in files:
        for target in made.imports(path):
            assert target.path in files or (not target.path and target.name)
        for call in made.calls(path):
            assert call.callee.name in made.source(call.callee.path).by_name
            assert 0 < call.callee.certainty <= 1
