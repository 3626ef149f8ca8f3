"""Which functions executed lines belong to."""

from sigma_core.codebase.executed_functions import MOST_TESTS, executing, function_lines

SOURCE = b"""import os


def outer(
    x=os.name,
):
    '''Said.'''
    def inner():
        return 1

    return inner


class Cart:
    total = 0

    @property
    def sum(self):
        return self.total


def one(): return 1
"""


def lines(mask: int) -> list[int]:
    return [number for number in range(mask.bit_length()) if mask >> number & 1]


def test_a_function_has_the_lines_of_its_body_without_those_of_functions_in_it() -> None:
    found = {name: lines(mask) for name, mask in function_lines(SOURCE).items()}
    assert found == {"outer": [7, 8, 10, 11], "outer.inner": [9], "Cart.sum": [19], "one": [22]}


def test_of_what_cannot_be_read_there_are_no_functions() -> None:
    assert function_lines(b"def f(:\n") == {}
    assert function_lines(b"(" * 5_000) == {}


def test_tests_that_execute_the_least_are_kept_where_there_are_too_many() -> None:
    masks = {f"t{number:03}": 0b10 for number in range(MOST_TESTS + 10)}
    breadth = dict.fromkeys(masks, 100) | {"t059": 1}
    kept = list(executing({"f": 0b10, "g": 0b100}, masks, breadth))
    assert len(kept) == MOST_TESTS
    assert kept[0] == ("f", "t059")
