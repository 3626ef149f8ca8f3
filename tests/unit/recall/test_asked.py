"""Questions about the code are told from others by how they are put."""

import pytest

from sigma_core.recall.asked import Asking, CodeQuestion, understood


@pytest.mark.parametrize(
    ("question", "asking", "subject"),
    [
        ("what breaks if I touch `load_orders`", Asking.BREAKS, "load_orders"),
        ("What would break when somebody renames shop.orders.load_orders()?", Asking.BREAKS, "shop.orders.load_orders"),
        ("who calls the function rounded", Asking.BREAKS, "rounded"),
        ("blast radius of changing shop/tax.py", Asking.BREAKS, "shop/tax.py"),
        ("who last changed tax rounding and why", Asking.CHANGED, "tax rounding"),
        ("Why was tax rounding changed?", Asking.CHANGED, "tax rounding"),
        ("who knows the importer", Asking.CHANGED, "importer"),
        ("the latest changes to the importer", Asking.CHANGED, "importer"),
        ("which tests cover the importer", Asking.TESTS, "importer"),
        ("Which tests must I run if I change load_orders?", Asking.TESTS, "load_orders"),
        ("is tax rounding tested?", Asking.TESTS, "tax rounding"),
        ("what was tried on E711 here", Asking.TRIED, "E711"),
        ("What did we already try against rule E711?", Asking.TRIED, "E711"),
    ],
)
def test_what_is_asked_and_of_what(question: str, asking: Asking, subject: str) -> None:
    assert understood(question) == CodeQuestion(asking, subject)


@pytest.mark.parametrize(
    "question",
    [
        "tax rounding",
        "E711",
        "what did Ann say about the tests",
        "where are orders kept",
        "who is Ann?",
        "",
        "what breaks",
    ],
)
def test_other_questions_ask_nothing_of_the_code(question: str) -> None:
    assert understood(question) is None
