"""Code that is made to hold a reader up: what takes more than its length would not come to an end here."""

import pytest

from sigma_core.codebase.code_facts import CodeFact
from sigma_core.codebase.tree_state import ParsedFiles, read_afresh

MANY = 40


def facts(files: dict[str, str]) -> set[CodeFact]:
    state = read_afresh({path: path for path in files}, ParsedFiles(lambda blob: files[blob].encode()), {})
    return {fact for said in state.facts.values() for fact in said}


def calls(files: dict[str, str]) -> set[tuple[str, str]]:
    return {
        (f"{fact.subject.file}:{fact.subject.name}", f"{fact.object.file}:{fact.object.name}")
        for fact in facts(files)
        if fact.predicate == "CALLS"
    }


def test_modules_that_take_everything_from_each_other_are_each_looked_through_once() -> None:
    stars = {
        f"m{number}.py": "".join(f"from m{other} import *\n" for other in range(MANY) if other != number)
        for number in range(MANY)
    }
    stars["m7.py"] += "def found(): pass\n"
    asks = "from m0 import found, missing\nfound()\nmissing()\n"
    assert calls({**stars, "main.py": asks}) == {("main.py:", "m7.py:found")}


def test_a_name_that_is_taken_round_in_a_circle_is_nobodys() -> None:
    ring = {f"r{number}.py": f"from r{(number + 1) % MANY} import x\nx()\n" for number in range(MANY)}
    assert calls({**ring, "own.py": "from own import y\ny()\n"}) == set()


def test_classes_that_derive_from_each_other_have_what_one_of_them_has() -> None:
    files = {
        "a.py": "from b import B\nclass A(B):\n    def run(self): self.stop()\n",
        "b.py": "from a import A\nclass B(A):\n    def stop(self): self.nothing()\n",
        "own.py": "class C(C):\n    def run(self): self.run()\nclass D(D.E):\n    class E(D): pass\nD.E.E.x()\n",
    }
    assert calls(files) == {("a.py:A.run", "b.py:B.stop"), ("own.py:C.run", "own.py:C.run")}


def test_a_module_that_makes_names_when_asked_is_imported_and_not_guessed_at() -> None:
    files = {
        "lazy.py": "def __getattr__(name):\n    return print\n\n\ndef there(): pass\n",
        "use.py": "import lazy\nfrom lazy import made\nmade()\nlazy.other()\nlazy.there()\n",
    }
    assert calls(files) == {("use.py:", "lazy.py:there")}
    imported = {(fact.subject.file, fact.object.file) for fact in facts(files) if fact.predicate == "IMPORTS"}
    assert imported == {("use.py", "lazy.py")}


def test_packages_without_a_file_of_their_own_and_imports_that_lead_out_of_all() -> None:
    files = {
        "space/one/a.py": "from space.two import b\nb.run()\n",
        "space/two/b.py": "from ....... import nothing\nfrom . import *\ndef run(): nothing()\n",
        "pkg/__init__.py": "from . import *\nfrom .inner import *\nfrom pkg import pkg\n",
        "pkg/inner.py": "from pkg import *\nfrom .. import pkg\n",
    }
    assert calls(files) == {("space/one/a.py:", "space/two/b.py:run")}


@pytest.mark.parametrize(
    "text",
    [
        "x = a" + ".b" * 20_000,
        "x = f" + "()" * 5_000,
        "x = 1" + "+1" * 200_000,
        "x = " + "lambda: " * 5_000 + "f()",
        "x = " + "[" * 5_000,
        "if a: pass\n" + "elif b: f()\n" * 5_000,
        "".join("    " * depth + f"def f{depth}():\n" for depth in range(95)) + "    " * 95 + "f0()",
        "".join("    " * depth + f"class C{depth}:\n" for depth in range(95)) + "    " * 95 + "pass",
        "@f\n" * 20_000 + "def g(): pass",
        "def f(" + ", ".join(f"a{number}" for number in range(20_000)) + "): pass",
        "def f(): g()\n" * 25_000 + "def g(): f()\n" * 25_000,
        "".join(f"def f{number}(): f{number - 1}()\n" for number in range(50_000)),
        "".join(f"import n{number}\n" for number in range(20_000)),
        "x: '" + "(" * 5_000 + "'\nx.y()",
        "\f" * 50_000,
        "\x00",
    ],
    ids=lambda text: text[:12],
)
def test_of_a_tree_with_one_hostile_file_the_rest_is_read(text: str) -> None:
    files = {"hostile.py": text, "a.py": "from b import f\nf()\n", "b.py": "def f(): pass\n"}
    assert ("a.py:", "b.py:f") in calls(files)
