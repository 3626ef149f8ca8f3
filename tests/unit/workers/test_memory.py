"""What is remembered stays bounded."""

from datetime import UTC, datetime

from fakes.knowledge import risk

from sigma_core.exchange.message import Message
from sigma_core.workers.memory import MOST_ITEMS, MOST_KEYS, remembered

KEEPS = {"risk_pattern": "pattern"}


def message(id_: int, subject: int = 0) -> Message:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(id_, id_, f"{id_}.a", "risk_pattern", risk(subject), "operator", "normal", 1, 1, None, now, now, now)


def test_the_newest_items_of_the_newest_subjects_are_kept_and_all_are_counted() -> None:
    memory = remembered({}, [message(number, number) for number in range(MOST_KEYS + 50)], KEEPS)
    memory = remembered(memory, [message(1000 + number, 60) for number in range(MOST_ITEMS + 2)], KEEPS)
    kept = memory["kept"]["risk_pattern"]
    assert len(kept) == MOST_KEYS
    assert "pattern 0" not in kept
    assert list(kept)[-1] == "pattern 60"
    assert kept["pattern 60"] == [1000 + number for number in range(2, MOST_ITEMS + 2)]
    assert memory["taken"] == {"risk_pattern": MOST_KEYS + 50 + MOST_ITEMS + 2}


def test_an_item_heard_again_is_remembered_once() -> None:
    memory = remembered(remembered({}, [message(1)], KEEPS), [message(1)], KEEPS)
    assert memory["kept"] == {"risk_pattern": {"pattern 0": [1]}}


def test_what_is_not_for_keeping_is_only_counted() -> None:
    assert remembered({}, [message(1)], {}) == {"kept": {}, "taken": {"risk_pattern": 1}}
