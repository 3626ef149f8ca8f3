"""What one file says by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.codebase.module_source import CallSite, ModuleSource, Reference, Root
from sigma_core.codebase.python_reader import parse


def said(source: str) -> ModuleSource:
    made = parse(source.encode())
    assert made is not None
    return made


def calls(source: str) -> set[tuple[str, str, str, str]]:
    return {
        (each.caller, each.callee.root.value, each.callee.name, each.callee.attribute) for each in said(source).calls
    }


def test_definitions_are_named_as_they_nest() -> None:
    source = said("class Cart:\n  '''Of a shop.'''\n  def total(self):\n    def add(): pass\nasync def load(): pass\n")
    assert [(each.name, each.kind) for each in source.definitions] == [
        ("Cart", "class"),
        ("Cart.total", "function"),
        ("Cart.total.add", "function"),
        ("load", "function"),
    ]
    assert source.definitions[0].summary == "Of a shop."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): g()\ndef g(): pass", ("f", "local", "g", "")),
        ("import json as j\ndef f(): j.loads('')", ("f", "import", "j.loads", "")),
        ("class A:\n  def f(self): self.g()", ("A.f", "self", "A", "g")),
        ("class A:\n  @classmethod\n  def f(cls): cls.g()", ("A.f", "self", "A", "g")),
        ("class A(B):\n  def f(self): super().f()", ("A.f", "super", "A", "f")),
        ("class A: pass\ndef f(a: 'A | None'): a.g()", ("f", "instance", "A", "g")),
        ("class A: pass\ndef f():\n  a = A()\n  a.g()", ("f", "instance", "A", "g")),
        ("class A: pass\na = A()\ndef f(): a.g()", ("f", "instance", "A", "g")),
        ("from m import A\ndef f(): A().g()", ("f", "imported instance", "A", "g")),
        ("class A:\n  def g(): pass\n  x = g()", ("", "local", "A.g", "")),
        ("def f():\n  def g(): pass\n  g()", ("f", "local", "f.g", "")),
        ("def d(x): return x\n@d\ndef f(): pass", ("", "local", "d", "")),
        ("def f(x=g()): pass\ndef g(): pass", ("", "local", "g", "")),
        ("def g(): pass\nf = lambda: g()", ("", "local", "g", "")),
    ],
)
def test_calls_are_told_by_what_they_begin_at(source: str, expected: tuple[str, str, str, str]) -> None:
    assert expected in calls(source)


@pytest.mark.parametrize(
    "source",
    [
        "def g(): pass\ndef f(g): g()",
        "def g(): pass\ndef f():\n  for g in (): g()",
        "def g(): pass\ndef f(): return [g() for g in ()]",
        "def g(): pass\ndef f(): return lambda g: g()",
        "class A: pass\ndef f():\n  a = A()\n  a = None\n  a.g()",
        "class A:\n  def f(self):\n    self = None\n    self.g()",
        "class A:\n  @staticmethod\n  def f(self): self.g()",
        "def f():\n  with open('') as g: g()\ndef g(): pass",
    ],
)
def test_a_name_that_is_bound_anew_stands_for_nothing_known(source: str) -> None:
    assert not {each for each in calls(source) if each[2] in ("g", "A") and (each[3] or each[2] == "g")}


def test_a_builtin_is_no_unknown_call() -> None:
    assert said("len(x)\nprint()").calls_unknown == 0
    assert said("def f(len): len()").calls_unknown == 1


def test_what_others_may_see_changes_with_names_and_not_with_bodies() -> None:
    one, other = said("def f(): return 1\ndef g(): pass"), said("def f():\n  return 2\ndef h(): pass")
    assert one.changed(other) == {"g", "h", "*"}
    assert one.changed(said("\n\ndef f(): return 3\ndef g(): pass")) == set()


@given(st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_left_out(content: bytes) -> None:
    made = parse(content)
    assert made is None or isinstance(made, ModuleSource)


@pytest.mark.parametrize(
    "content",
    [b"def f(:", b"\x00", b"\xff\xfe", b"(" * 10_000, b"-" * 100_000 + b"1", b"x = " + b"[" * 5000 + b"]" * 5000],
    ids=["syntax", "nul", "encoding", "parentheses", "minus", "brackets"],
)
def test_what_cannot_be_read_is_left_out(content: bytes) -> None:
    assert parse(content) is None


def test_deep_and_long_files_end() -> None:
    deep = "".join("  " * level + "if x:\n" for level in range(90)) + "  " * 90 + "f()\n"
    assert said(deep + "def f(): pass\n").calls == (CallSite("", Reference(Root.LOCAL, "f")),)
    assert len(said("def f(): pass\n" * 50_000).definitions) == 1
