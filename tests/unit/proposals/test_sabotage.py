"""Defects put in on purpose: ordinary, unmarked, and nothing else in the file changes."""

from random import Random

import pytest

from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.sabotage import DefectKind, defects
from sigma_core.proposals.verification.statements import functions_of
from sigma_core.proposals.verification.variants import varied

TEXT = '''\
"""Doc."""
from __future__ import annotations

import os


def plain(a):
    """Say."""
    # why
    if a:
        return a
    return (
        0
    )


async def stream():
    for n in range(3):
        yield n


class Thing:
    """A thing."""
    size = 1

    @property
    def big(self):
        return self.size > 3

    @big.setter
    def big(self, value):
        self.size = 4


def short(a): return a


def silent():
    """Only says so."""


def refusing(a):
    if not a:
        raise LookupError("nothing")
    return "é", a
'''
LINES = TEXT.splitlines()


def site(text: str) -> Site:
    line = next(number for number, each in enumerate(LINES, 1) if each.strip().startswith(text))
    inside = [each for each in functions_of(TEXT) if each.line == line]
    return Site("a.py", line, inside[0] if inside else None)


def texts(of: Site, kind: DefectKind, seed: int = 1) -> list[str]:
    found = defects(TEXT, of, kind, Random(seed))
    return [varied({"a.py": TEXT}, [each])["a.py"] or "" for each in found]


EVERY = ["def plain", "async def stream", "@property", "@big.setter", "def short", "def silent", "def refusing"]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("kind", list(DefectKind))
def test_only_the_body_changes_and_every_other_line_stays_where_it_was(name: str, kind: DefectKind) -> None:
    where = site(name)
    assert where.function is not None
    for text in texts(where, kind):
        exec(compile(text, "a.py", "exec"), {})
        lines = text.splitlines()
        assert lines[: where.function.defined - 1] == LINES[: where.function.defined - 1]
        assert lines[where.function.end :] == LINES[where.function.end :]


def test_a_function_returns_what_it_never_returns_itself() -> None:
    made = [text.splitlines()[9].strip() for text in texts(site("def plain"), DefectKind.VALUE)]
    assert all(line.startswith("return ") for line in made)
    assert not {"return 0", "return a"} & set(made)


def test_a_function_without_a_value_does_nothing_and_a_generator_stays_one() -> None:
    assert "    def big(self, value):\n        return\n" in texts(site("@big.setter"), DefectKind.VALUE)[0]
    assert "async def stream():\n    return; yield\n" in texts(site("async def stream"), DefectKind.VALUE)[0]
    assert '"""Only says so."""; return\n' in texts(site("def silent"), DefectKind.VALUE)[0]


def test_what_a_function_raises_is_an_ordinary_error_and_later_one_of_its_own() -> None:
    refusing = site("def refusing")
    made = [text.splitlines()[refusing.line].strip() for text in texts(refusing, DefectKind.ERROR)]
    assert all(line.startswith("raise ") for line in made)
    assert made[2] == "raise LookupError('nothing')"
    assert len({line for seed in range(20) for line in [texts(site("def plain"), DefectKind.ERROR, seed)[0]]}) > 3


def test_nothing_marks_a_defect() -> None:
    text = " ".join(each for name in EVERY for kind in DefectKind for each in texts(site(name), kind)).lower()
    assert not any(word in text.replace(TEXT.lower(), "") for word in ("sigma", "control", "sabotage", "token"))


def test_a_place_outside_functions_raises_where_it_stands() -> None:
    top, inside = (texts(site(name), DefectKind.ERROR)[0].splitlines() for name in ("from __future__", "size = 1"))
    assert top[1] == "from __future__ import annotations"
    assert top[3].startswith("raise ")
    assert top[4] == "import os"
    assert inside[inside.index("    size = 1") - 1].startswith("    raise ")
    assert texts(site("import os"), DefectKind.VALUE) == []
