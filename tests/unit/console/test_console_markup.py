import pytest

from sigma_core.console.components.blocks import alert, card, command_line, empty, facts, page_head
from sigma_core.console.components.diff import diff_view
from sigma_core.console.markup import Html, element, join, markdown, text, with_code

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def test_text_is_escaped_and_markup_is_not():
    assert element("p", "a < b", element("b", "c & d")) == "<p>a &lt; b<b>c &amp; d</b></p>"


def test_joining_keeps_what_is_markup_already():
    assert join(Html("<i></i>"), "<i></i>", None) == "<i></i>&lt;i&gt;&lt;/i&gt;"


def test_attribute_values_cannot_close_their_attribute():
    assert element("p", title='" onclick="x') == '<p title="&quot; onclick=&quot;x"></p>'


@pytest.mark.parametrize("code", ["202E", "202D", "2066", "200F", "061C", "200B", "FEFF", "0000", "001B"])
def test_hidden_characters_are_shown_by_their_code(code: str):
    shown = text(f"a{chr(int(code, 16))}b")
    assert f"U+{code}" in shown
    assert chr(int(code, 16)) not in shown


def test_scripts_written_right_to_left_stay_as_they_are():
    assert text("שלום") == "שלום"


@pytest.mark.parametrize(
    "drawn",
    [
        card(HOSTILE, HOSTILE, aside=HOSTILE, badge=HOSTILE),
        page_head(HOSTILE, HOSTILE),
        empty(HOSTILE, HOSTILE),
        command_line(HOSTILE),
        alert(HOSTILE, HOSTILE, [(HOSTILE, HOSTILE)], aside=HOSTILE),
        facts([(HOSTILE, HOSTILE)]),
        diff_view(HOSTILE, split=True),
    ],
)
def test_no_component_lets_a_hostile_text_become_markup(drawn: str):
    assert "<script" not in drawn
    assert "<img" not in drawn


@pytest.mark.parametrize("hostile", ["**bold**", ":red[x]", "[link](http://x)", ":material/home:", "`code`", "# head"])
def test_a_native_label_reads_nothing_as_markdown(hostile: str):
    escaped = markdown(hostile)
    for sign in "*[]():`#":
        assert escaped.count(sign) == escaped.count(f"\\{sign}")


def test_code_between_backticks_is_code_and_escaped_like_any_text():
    assert with_code("Use `a < b`, not `<b>`") == "Use <code>a &lt; b</code>, not <code>&lt;b&gt;</code>"
    assert with_code("one ` alone") == "one ` alone"
