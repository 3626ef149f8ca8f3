"""What was imported is found while it holds, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.graph.tables import facts
from sigma_core.recall.facts import FactSource
from sigma_core.recall.search import Recall


@pytest.fixture
def recall(database: Database) -> Recall:
    now = utc_now()
    rows = [
        ("holds", "The checkout calls the ledger service", now - timedelta(days=2), None),
        ("ended", "The checkout calls the billing monolith", now - timedelta(days=9), now - timedelta(days=1)),
        ("not yet", "The checkout calls the settlement queue", now + timedelta(days=3), None),
    ]
    with database.transaction() as session:
        session.execute(
            insert(facts),
            [
                {
                    "digest": digest,
                    "subject": "checkout",
                    "predicate": "calls",
                    "object": "service",
                    "text": text,
                    "source": "import",
                    "valid_at": valid_at,
                    "invalid_at": invalid_at,
                    "created_at": now,
                }
                for digest, text, valid_at, invalid_at in rows
            ],
        )
    return Recall(database, utc_now, (FactSource(),))


def test_an_imported_fact_is_found_by_its_words_with_its_source(recall: Recall) -> None:
    [hit] = recall.search("ledger service")
    assert (hit.id.partition("/")[0], hit.source) == ("fact", "import")
    assert "ledger service" in hit.text


def test_a_fact_that_has_ended_or_has_not_begun_is_not_found(recall: Recall) -> None:
    assert recall.search("billing monolith settlement queue") == []
