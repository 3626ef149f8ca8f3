"""Answers that take long: one question at a time, the last answer meanwhile."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sigma_core.graph.single_flight import SingleFlight


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def test_an_answer_is_given_again_until_it_is_old_then_asked_for_behind_it(pool: ThreadPoolExecutor):
    moment, answers, go = [0.0], iter("abc"), threading.Event()
    go.set()

    def read() -> str:
        go.wait(120)
        return next(answers)

    remembered = SingleFlight(pool, fresh_s=10, clock=lambda: moment[0])
    assert remembered.ask("q", read).result(10) == "a"
    moment[0] = 9
    assert remembered.ask("q", read).result(10) == "a"
    moment[0] = 11
    go.clear()
    assert remembered.ask("q", read).result(0) == "a"
    assert remembered.ask("q", read).result(0) == "a"
    go.set()
    pool.submit(lambda: None).result(10)
    while remembered.ask("q", read).result(10) == "a":
        pass
    assert remembered.ask("q", read).result(10) == "b"


def test_the_first_answer_is_waited_for_by_all_who_ask(pool: ThreadPoolExecutor):
    go, asked = threading.Event(), []

    def read() -> int:
        asked.append(1)
        go.wait(120)
        return len(asked)

    remembered = SingleFlight(pool)
    first, second = remembered.ask("q", read), remembered.ask("q", read)
    go.set()
    assert first.result(10) == second.result(10) == 1


def test_what_failed_is_asked_for_again(pool: ThreadPoolExecutor):
    outcomes = iter([ValueError("away"), "back"])

    def read() -> str:
        found = next(outcomes)
        if isinstance(found, Exception):
            raise found
        return found

    remembered = SingleFlight(pool)
    with pytest.raises(ValueError, match="away"):
        remembered.ask("q", read).result(10)
    assert remembered.ask("q", read).result(10) == "back"
