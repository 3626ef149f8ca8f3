"""Which classes and functions a change of a file touched."""

import pytest

from sigma_core.codebase.part_texts import part_texts, touched_parts

CART = b"""class Cart:
    size = 1

    @property
    def total(self):
        def add():
            return 1
        return add()

def load():
    return Cart()
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"size = 1", b"size = 2", {("Cart", "changed")}),
        (b"return 1", b"return 2", {("Cart.total.add", "changed")}),
        (b"return add()", b"return add() + 1", {("Cart.total", "changed")}),
        (b"@property", b"@cached_property", {("Cart.total", "changed")}),
        (b"def load", b"def read", {("load", "deleted"), ("read", "added")}),
        (b"\n\ndef load", b"\n\nX = 1\n\n\ndef load", set()),
        (
            b"class Cart",
            b"class (Cart",
            set(),
        ),
    ],
)
def test_a_change_touches_the_innermost_definitions_it_lies_in(
    old: bytes, new: bytes, expected: set[tuple[str, str]]
) -> None:
    before, after = part_texts("shop/cart.py", CART), part_texts("shop/cart.py", CART.replace(old, new))
    assert {(part.name, how) for part, how in touched_parts(before, after)} == expected


def test_a_test_is_told_from_a_function_by_its_file() -> None:
    content = b"def test_total(): pass\n"
    assert [part.kind for part in part_texts("tests/test_cart.py", content) or ()] == ["test"]
    assert [part.kind for part in part_texts("shop/cart.py", content) or ()] == ["function"]
