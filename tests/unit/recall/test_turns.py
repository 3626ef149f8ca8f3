"""Turns of a conversation are found by what was said around them; notes that only lie beside each other are not."""

from datetime import UTC, datetime, timedelta

import pytest

from sigma_core.database import Database
from sigma_core.graph import imported
from sigma_core.graph.imported import TextLine
from sigma_core.recall.facts import FactSource
from sigma_core.recall.search import Recall

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ASKED = "Where did Ann spend her holidays?"


@pytest.fixture
def recall(database: Database) -> Recall:
    return Recall(database, lambda: NOW, (FactSource(),))


def take(database: Database, *lines: TextLine) -> None:
    with database.transaction() as session:
        imported.store(session, [(line, None) for line in lines], NOW)


def test_an_answer_without_a_word_of_the_question_is_found_beside_it(database: Database, recall: Recall) -> None:
    take(
        database,
        TextLine(text="Bob: The train was late again.", at=NOW - timedelta(days=3)),
        TextLine(text="Bob: Where did you spend your holidays, Ann?", at=NOW),
        TextLine(text="Ann: At a lake in the north!", at=NOW),
    )
    first, second = recall.search(ASKED)
    assert first.text.startswith("Bob: Where")
    assert second.text == "Ann: At a lake in the north!"
    assert "said beside 0." in second.reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TextLine(text="Holidays are entered in a list", at=NOW), TextLine(text="At a lake in the north", at=NOW)),
        (
            TextLine(text="Bob: Where were your holidays?", at=NOW - timedelta(days=1)),
            TextLine(text="Ann: Lake Como", at=NOW),
        ),
    ],
    ids=["notes", "another conversation"],
)
def test_what_is_no_part_of_the_conversation_is_not(
    database: Database, recall: Recall, one: TextLine, other: TextLine
) -> None:
    take(database, one, other)
    assert other.text not in {hit.text for hit in recall.search("holidays")}


def test_texts_of_one_named_source_are_a_conversation_without_speakers(database: Database, recall: Recall) -> None:
    take(
        database,
        TextLine(text="Where were your holidays?", at=NOW, source="chat-7"),
        TextLine(text="Lake Como", at=NOW, source="chat-7"),
    )
    assert [hit.text for hit in recall.search("holidays")] == ["Where were your holidays?", "Lake Como"]
