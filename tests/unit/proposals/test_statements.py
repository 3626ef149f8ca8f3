"""Which statements a change touches."""

import pytest

from sigma_core.proposals.verification.statements import statements_at
from sigma_core.proposals.verification.syntax import Unreadable, same_code

TEXT = '''\
"""A module."""
import os  # unused


@decorated
def work(
    a,
    b,
):
    """Say something."""
    # a comment
    total = (
        a
        + b
    )
    if total:
        return 1
    else:
        return 2


class Thing:
    size = 1

    def grow(self):
        global count
        count = 1
        note: int
        try:
            pass
        except ValueError:
            return
        return
        unreachable()
'''


def spans(*lines: int) -> list[tuple[int, int]]:
    return [(each.line, each.end) for each in statements_at(TEXT, lines)]


@pytest.mark.parametrize(
    ("line", "span"),
    [
        (2, (2, 2)),
        (13, (12, 15)),
        (5, (5, 9)),
        (8, (5, 9)),
        (16, (16, 16)),
        (17, (17, 17)),
        (18, (16, 16)),
        (19, (19, 19)),
        (23, (23, 23)),
        (30, (30, 30)),
        (31, (31, 31)),
    ],
)
def test_a_line_belongs_to_its_innermost_statement(line: int, span: tuple[int, int]) -> None:
    assert spans(line) == [span]


def test_the_docstring_of_a_function_shows_where_the_function_is_defined() -> None:
    assert spans(10) == [(5, 9)]


def test_a_global_declaration_shows_in_the_body() -> None:
    assert spans(26) == [(27, 27)]


@pytest.mark.parametrize("line", [3, 11, 28, 34])
def test_comments_blank_lines_and_what_compiles_to_nothing_are_no_statements(line: int) -> None:
    assert spans(line) == []


def test_a_statement_is_named_once_and_knows_its_function() -> None:
    found = statements_at(TEXT, [12, 13, 14, 27])
    assert [each.function.name for each in found if each.function] == ["work", "Thing.grow"]
    assert found[0].mask == 0b1111 << 12


def test_layout_is_no_change_and_docstrings_are() -> None:
    assert same_code("x = ('a',)  # one\n", 'x = (\n    "a",\n)\n')
    assert not same_code('def f():\n    "a"\n', 'def f():\n    "b"\n')


def test_what_is_not_python_is_said_with_its_line() -> None:
    with pytest.raises(Unreadable, match=r"line 2"):
        statements_at("x = 1\ny = = 2\n", [1])
