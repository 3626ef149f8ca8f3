"""Text from outside: stored, shown, cut, read as an id."""

import sys
import unicodedata

import pytest
from sqlmodel import select

from sigma_core.database import Database
from sigma_core.runtime.tables import Run
from sigma_core.text import (
    HIDDEN,
    cut,
    escaped,
    is_storable,
    storable,
    storable_values,
    utf8,
    visible,
    visible_line,
    why_unstorable,
)


def test_whatever_steers_a_terminal_or_hides_is_known_as_hidden() -> None:
    hiding = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    every = map(chr, range(sys.maxunicode + 1))
    assert [each for each in every if unicodedata.category(each) in hiding and not HIDDEN.match(each)] == []


@pytest.mark.parametrize("text", ["plain", "Grüße – 日本語 🐍", "a\nb\tc"])
def test_what_is_seen_anyway_stays(text: str) -> None:
    assert visible(text) == text


def test_hidden_characters_are_spelled_out() -> None:
    assert visible("a\x1b[31mb\r\x9b\u202ec\U000e0041\ud800") == "a\\x1b[31mb\\x0d\\x9b\\u202ec\\U000e0041\\ud800"
    assert visible_line("two\nlines\tand more") == "two\\x0alines\\x09and more"


def test_what_no_database_holds_is_replaced() -> None:
    assert storable("a\0b\ud83d!", 4) == "a\ufffdb\ufffd"
    assert is_storable("a\ufffd")
    assert not is_storable("\udc80")
    assert storable_values({"a\0": ["\ud800", 1, None]}) == {"a\ufffd": ["\ufffd", 1, None]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("plain", ""),
        ("Grüße 🐍", ""),
        ("a\0", "holds a NUL character"),
        ("ü\0", "holds a NUL character"),
        ("\ud800", "holds an unpaired surrogate"),
    ],
)
def test_it_is_told_what_no_database_holds(text: str, why: str) -> None:
    assert why_unstorable(text) == why


def test_what_is_no_plain_text_can_be_named_in_ascii() -> None:
    assert escaped("plain name", 80) == "plain name"
    assert escaped("ü\0\ud800\n", 80) == "\\xfc\\x00\\ud800\\n"
    assert len(escaped("\ud800" * 80, 40)) == 40
    assert utf8("ü\ud800").decode() == "ü?"


def test_what_is_cut_says_so() -> None:
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "ab…")


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_json_with_what_no_database_holds_is_stored(backend: str, request: pytest.FixtureRequest) -> None:
    database = Database(request.getfixturevalue(f"{backend}_copy"))
    with database.transaction() as session:
        now = database.now(session)
        figures = {"said": "NUL \0, half \ud800, pair 🐍, escape \\u0000"}
        session.add(Run(slot="x", worker="analysis", state="success", due_at=now, queued_at=now, figures=figures))
    with database.reading() as session:
        (run,) = session.exec(select(Run)).all()
    assert run.figures == {"said": "NUL \ufffd, half \ufffd, pair 🐍, escape \\u0000"}
    database.dispose()
