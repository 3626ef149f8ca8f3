"""Vectors are made once for each text, kept with the model's name, and read once, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from fakes.meaning import KnownMeanings
from sqlalchemy import func, select

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.making import VectorMaking
from sigma_core.graph.embeddings.tables import vectors as rows
from sigma_core.graph.embeddings.vectors import Vectors

MEANINGS = {"cache": 0, "index": 1, "login": 2}


@pytest.fixture
def embedder() -> KnownMeanings:
    return KnownMeanings(MEANINGS)


def enter(database: Database, *texts: str) -> dict[str, int]:
    with database.transaction() as session:
        return store.enter(session, texts)


def test_the_same_text_is_one_row_and_is_embedded_once(database: Database, embedder: KnownMeanings) -> None:
    first = enter(database, "a cache", "an index", "a cache")
    assert enter(database, "a cache", "a login")["a cache"] == first["a cache"]
    making = VectorMaking(database, embedder)
    assert (making.figures().waiting, making.tick(), making.figures().waiting) == (3, 3, 0)
    assert making.tick() == 0
    assert sorted(embedder.seen) == ["a cache", "a login", "an index"]


def test_threads_of_one_process_make_no_text_twice(database: Database, embedder: KnownMeanings) -> None:
    texts = [f"a cache {number}" for number in range(150)]
    enter(database, *texts)
    making = VectorMaking(database, embedder)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: making.tick(), range(4)))
    assert (sum(made), sorted(embedder.seen)) == (150, sorted(texts))


def test_what_is_held_is_what_was_made_and_only_new_rows_are_read(database: Database, embedder: KnownMeanings) -> None:
    making, vectors = VectorMaking(database, embedder), Vectors(database, embedder)
    assert vectors.held().rows.shape == (0, 8)
    ids = enter(database, "a cache", "an index")
    making.tick()
    before = vectors.held()
    ids |= enter(database, *(f"login {number}" for number in range(100)), "an index for a cache")
    making.tick()
    after = vectors.held()
    assert (len(before.rows), len(after.rows)) == (2, 103)
    assert np.array_equal(before.rows, after.rows[:2])
    for text, id_ in ids.items():
        (place,) = after.places(np.array([id_]))
        assert after.rows[place] == pytest.approx(embedder.rows([text])[0], abs=1e-3)
    assert list(before.places(np.array([10**6, -1]))) == [-1, -1]


def test_another_embedder_makes_all_anew_and_the_old_vectors_go(database: Database, embedder: KnownMeanings) -> None:
    enter(database, "a cache", "an index")
    VectorMaking(database, embedder).tick()
    other = KnownMeanings({"cache": 5}, "others")
    making = VectorMaking(database, other)
    assert making.figures().waiting == 2
    assert len(Vectors(database, other).held().rows) == 0
    assert making.tick() == 2
    with database.reading() as session:
        assert set(session.execute(select(rows.c.model_id)).scalars()) == {"others"}


def test_an_embedder_that_is_away_is_left_alone_and_nothing_is_lost(
    database: Database, embedder: KnownMeanings, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(database, "a cache")
    making = VectorMaking(database, embedder)
    embedder.away = True
    assert making.tick() == 0
    embedder.away = False
    assert making.tick() == 0
    monkeypatch.setattr("sigma_core.graph.embeddings.making.time.monotonic", lambda: 10.0**9)
    assert (making.tick(), making.figures().waiting) == (1, 0)


def test_two_makers_store_each_vector_once(database: Database, embedder: KnownMeanings) -> None:
    ids = enter(database, "a cache", "an index")
    made = embedder.rows(list(ids))
    assert store.put(database, embedder, list(ids.values()), made) == 2
    assert store.put(database, embedder, [*ids.values(), 999], np.vstack([made, made[:1]])) == 0
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(rows)).scalar() == 2


def test_entities_have_rows_where_their_meanings_have(database: Database, embedder: KnownMeanings) -> None:
    enter(database, "cache", "login")
    VectorMaking(database, embedder).tick()
    matrix, there = Vectors(database, embedder).entities(SimpleNamespace(meanings=["login", "unheard of", "cache"]))
    assert list(there) == [True, False, True]
    assert matrix[0] == pytest.approx(embedder.rows(["login"])[0], abs=1e-3)
    assert not matrix[1].any()
    empty, none = Vectors(database, embedder).entities(SimpleNamespace(meanings=[]))
    assert (empty.shape, none.shape) == ((0, 8), (0,))


def test_rows_of_a_snapshot_are_arranged_once_until_a_vector_is_made(
    database: Database, embedder: KnownMeanings
) -> None:
    enter(database, "cache")
    making, vectors = VectorMaking(database, embedder), Vectors(database, embedder)
    making.tick()
    snapshot = SimpleNamespace(meanings=["cache", "login"])
    first, there = vectors.entities(snapshot)
    assert vectors.entities(snapshot)[0] is first
    assert list(there) == [True, False]
    others = [SimpleNamespace(meanings=["cache"]) for _ in range(3)]
    assert all(vectors.entities(other)[0] is not first for other in others)
    enter(database, "login")
    making.tick()
    assert list(vectors.entities(snapshot)[1]) == [True, True]
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0


def test_a_question_that_is_a_text_already_needs_no_embedder(database: Database, embedder: KnownMeanings) -> None:
    enter(database, "a cache for the login")
    VectorMaking(database, embedder).tick()
    vectors = Vectors(database, embedder)
    expected = embedder.rows(["a cache for the login"])[0]
    vectors.held()
    embedder.away = True
    assert vectors.query("a cache for the login") == pytest.approx(expected, abs=1e-3)
    with pytest.raises(Unavailable):
        vectors.query("another question")
