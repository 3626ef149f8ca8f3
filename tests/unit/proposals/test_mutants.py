"""Which faults are put into a changed statement."""

import ast

import pytest

from sigma_core.proposals.verification.mutation.mutants import Mutant, arms, dumps, mutants
from sigma_core.proposals.verification.statements import statements_at
from sigma_core.proposals.verification.variants import varied


def made(text: str, line: int, *, known: frozenset[str] = frozenset(), seed: str = "s", most: int = 20) -> list[Mutant]:
    (statement,) = statements_at(text, [line])
    return mutants("m.py", text, statement, known, seed, most)


def said(body: str, line: int = 2) -> set[str]:
    text = "def f(a, b, xs):\n" + "".join(f"    {each}\n" for each in body.splitlines())
    found = made(text, line)
    for each in found:
        ast.parse(varied({"m.py": text}, [each.variant])["m.py"] or "")
    return {each.said for each in found}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return a + b", "`a - b` in place of `a + b`"),
        ("return a + b", "`None` in place of `a + b`"),
        ("return a is None", "`a is not None` in place of `a is None`"),
        ("return None", "`True` in place of `None`"),
        ("return a and b", "`a or b` in place of `a and b`"),
        ("return a if b else 2", "`a if not b else 2` in place of `a if b else 2`"),
        ("return not a", "`a` in place of `not a`"),
        ("return any(xs)", "`all(xs)` in place of `any(xs)`"),
        ("return sorted(xs)", "`list()` in place of `sorted(xs)`"),
        ("return g(a, b)", "`g(b, a)` in place of `g(a, b)`"),
        ("return [x for x in xs if x]", "`[]` in place of `[x for x in xs if x]`"),
        ("return [x for x in xs if x]", "`[x for x in xs if not x]` in place of `[x for x in xs if x]`"),
        ('return f"{a}-{b}"', "`f'{a}-'` in place of `f\"{a}-{b}\"`"),
        ("x = 1", "`2` in place of `1`"),
        ("x = True", "`False` in place of `True`"),
        ("x: int = 1", "`2` in place of `1`"),
        ("a.x = b", "nothing in place of `a.x = b`"),
        ("print(a)", "nothing in place of `print(a)`"),
        ("if a > b:\n    pass", "`a <= b` in place of `a > b`"),
        ("if a > b:\n    pass", "`True` in place of `a > b`"),
        ("while a:\n    break", "`False` in place of `a`"),
        ("for x in xs:\n    break", "`()` in place of `xs`"),
        ("yield from xs", "`()` in place of `xs`"),
        ("raise ValueError(a)", "nothing in place of `raise ValueError(a)`"),
        ("with suppress(KeyError):\n    pass", "`KeyError` in place of `suppress(KeyError)`"),
    ],
)
def test_a_fault_of_each_kind(body: str, wanted: str) -> None:
    assert wanted in said(body)


@pytest.mark.parametrize(
    "value",
    ["tuple((a, *xs))", "list([a])", "list([x for x in xs])", "set({a})", "dict({1: a})", 'str(f"{a}")'],
)
def test_what_is_made_of_its_like_is_no_other_without_the_making(value: str) -> None:
    argument = ast.unparse(ast.parse(value, mode="eval").body.args[0])  # type: ignore[attr-defined]
    assert f"`{argument}` in place of `{value}`" not in said(f"return {value}")
    assert "`(a, b)` in place of `list((a, b))`" in said("return list((a, b))")


def test_a_handler_catches_nothing() -> None:
    assert said("try:\n    pass\nexcept (A, B):\n    pass", 4) == {"`()` in place of `(A, B)`"}


@pytest.mark.parametrize("body", ["import os", "pass", "def g(): pass", "return", "..."])
def test_what_could_not_be_otherwise_has_no_mutant(body: str) -> None:
    assert said(body) == set()


def test_only_what_is_new_in_the_statement_is_mutated() -> None:
    before, after = "def f(a, b):\n    return g(a > 3, b)\n", "def f(a, b):\n    return g(a > 3, b or 1)\n"
    known = frozenset(dumps(before, statements_at(before, [2])))
    found = {each.said for each in made(after, 2, known=known)}
    assert "`b and 1` in place of `b or 1`" in found
    assert not any("in place of `a > 3`" in each for each in found)


def test_each_new_arm_of_a_choice_has_mutants_of_its_own() -> None:
    text = "def f(a, b):\n    return sum(a) if b else sum(a) * 2\n"
    (statement,) = statements_at(text, [2])
    one, other = arms("m.py", text, statement, frozenset(), 3)
    assert {"`None` in place of `sum(a)`", "`a` in place of `sum(a)`"} == {each.said for each in one}
    assert "`None` in place of `sum(a) * 2`" in {each.said for each in other}
    known = dumps("def f(a, b):\n    return sum(a)\n", statements_at("def f(a, b):\n    return sum(a)\n", [2]))
    assert len(arms("m.py", text, statement, known, 3)) == 1


def test_a_change_has_the_same_few_mutants_each_time() -> None:
    text = "def f(a, b):\n    return a * 2 + b * 3 - (a or b)\n"
    assert made(text, 2, most=3) == made(text, 2, most=3)
    assert len(made(text, 2, most=3)) == 3
    assert len({tuple(made(text, 2, seed=str(n), most=3)) for n in range(9)}) > 1


def test_what_surely_shows_is_tried_first_and_what_may_never_end_last() -> None:
    text = "def f(a):\n    while a > 1:\n        a -= 1\n    return a\n"
    assert made(text, 2)[0].said == "`False` in place of `a > 1`"
    assert made(text, 3)[-1].said == "nothing in place of `a -= 1`"


def test_nothing_marks_a_mutant() -> None:
    text = "def f(a, b):\n    return a + b\n"
    for each in made(text, 2):
        changed = (varied({"m.py": text}, [each.variant])["m.py"] or "").lower()
        assert not any(word in changed for word in ("sigma", "mutant", "control"))


def test_others_that_shift_a_statement_change_none_of_its_mutants() -> None:
    text = "def f(a, b):\n    return a * 2 + b * 3 - (a or b)\n"
    assert [each.said for each in made(text, 2)] == [each.said for each in made(f"import os\n\n\n{text}", 5)]
