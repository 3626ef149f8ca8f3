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
        # As a stranger types them
        ("what breaks if I touch `make_context`", Asking.BREAKS, "make_context"),
        ("what could break when I change Option.type_cast_value?", Asking.BREAKS, "Option.type_cast_value"),
        ("what happens if I remove `echo`?", Asking.BREAKS, "echo"),
        ("What will happen when we rename the Option class?", Asking.BREAKS, "Option"),
        ("what depends on click.utils", Asking.BREAKS, "click.utils"),
        ("who uses `style`", Asking.BREAKS, "style"),
        ("where is echo used?", Asking.BREAKS, "echo"),
        ("where is style called from", Asking.BREAKS, "style"),
        ("is it safe to change prompt?", Asking.BREAKS, "prompt"),
        ("can I safely remove get_binary_stderr?", Asking.BREAKS, "get_binary_stderr"),
        ("what would be affected by changing parse_args", Asking.BREAKS, "parse_args"),
        ("if I change `echo`, what breaks?", Asking.BREAKS, "echo"),
        ("what's the blast radius of Command.main", Asking.BREAKS, "Command.main"),
        ("show me the callers of Context.invoke", Asking.BREAKS, "Context.invoke"),
        ("what else do I have to change if I touch Parameter.consume_value", Asking.BREAKS, "Parameter.consume_value"),
        ("which functions call Context.invoke()", Asking.BREAKS, "Context.invoke"),
        ("who last changed echo and why", Asking.CHANGED, "echo"),
        ("who wrote ParamType", Asking.CHANGED, "ParamType"),
        ("why was `prompt` changed", Asking.CHANGED, "prompt"),
        ("when did CliRunner last change", Asking.CHANGED, "CliRunner"),
        ("who should I ask about shell completion", Asking.CHANGED, "shell completion"),
        ("who knows shell_completion best", Asking.CHANGED, "shell_completion"),
        ("show me the history of Context.invoke", Asking.CHANGED, "Context.invoke"),
        ("what changed in termui recently", Asking.CHANGED, "termui"),
        ("last commits to src/click/core.py", Asking.CHANGED, "src/click/core.py"),
        ("who broke help formatting", Asking.CHANGED, "help formatting"),
        ("who is the expert on the parser", Asking.CHANGED, "parser"),
        ("git blame confirm", Asking.CHANGED, "confirm"),
        ("tell me who last touched `echo`", Asking.CHANGED, "echo"),
        ("why does `_pipepager` look the way it does", Asking.CHANGED, "_pipepager"),
        ("which tests cover the CliRunner", Asking.TESTS, "CliRunner"),
        ("what tests exist for progressbar", Asking.TESTS, "progressbar"),
        ("do we have tests for echo_via_pager", Asking.TESTS, "echo_via_pager"),
        ("are there any tests for edit?", Asking.TESTS, "edit"),
        ("is edit tested?", Asking.TESTS, "edit"),
        ("what test should I run after changing the parser", Asking.TESTS, "parser"),
        ("which test covers style", Asking.TESTS, "style"),
        ("does anything test launch?", Asking.TESTS, "launch"),
        ("what tests fail if I break Option.get_default", Asking.TESTS, "Option.get_default"),
        ("what was tried on F401 here", Asking.TRIED, "F401"),
        ("was E711 ever fixed here?", Asking.TRIED, "E711"),
        ("any proposals for UP007?", Asking.TRIED, "UP007"),
        ("what did you try for B006 so far", Asking.TRIED, "B006"),
        ("why was the fix for E711 rejected", Asking.TRIED, "E711"),
        ("have we tried to fix SIM108 before", Asking.TRIED, "SIM108"),
        ("what has SIGMA proposed for core.py", Asking.TRIED, "core.py"),
        ("how did fixes of RUF012 go?", Asking.TRIED, "RUF012"),
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
        "how do I read a file",
        "fix the parser",
        "why is the sky blue",
        "can I use click with asyncio",
        "is prompt thread safe",
    ],
)
def test_other_questions_ask_nothing_of_the_code(question: str) -> None:
    assert understood(question) is None
