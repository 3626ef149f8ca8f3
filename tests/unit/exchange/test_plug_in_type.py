"""A type of knowledge that somebody adds: one class, and all the rest follows."""

from pathlib import Path
from typing import Any

import pytest
from fakes.fingerprint import fingerprint
from fakes.plugin_package import install
from sqlalchemy import select

from sigma_core.errors import Invalid
from sigma_core.exchange.message import Draft
from sigma_core.exchange.payload import ConflictStrategy, Detail, Fraction, Label, Payload, Persistence, Propagation
from sigma_core.exchange.registry import Registry, installed
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Knowledge
from sigma_core.exchange.types import BUILT_IN
from sigma_core.recall.tables import document
from sigma_core.runtime.build import build
from sigma_core.settings import Settings

DAY = 86_400


class FlakyTest(Payload):
    """A test that passes and fails on the same commit."""

    name = "flaky_test"
    recipients = ("think", "learning", "dream")
    propagation = Propagation.MULTICAST
    persistence = Persistence.MEDIUM
    decay_s = 2 * DAY
    subject = ("test",)
    claim = ("cause",)
    volatile = ("rate",)
    prose = ("remarks",)
    conflict = ConflictStrategy.HIGHEST_CONFIDENCE

    test: Label
    cause: Label
    rate: Fraction
    remarks: Detail
    confidence: Fraction = 1.0

    def audience(self) -> tuple[str, ...]:
        """Rare ones concern only who decides."""
        return self.recipients if self.rate >= 0.1 else ("think",)


def flaky(**changed: Any) -> dict[str, Any]:
    return {"test": "test_login", "cause": "time", "rate": 0.3, "remarks": "the clock is read twice"} | changed


@pytest.fixture
def exchange(bench) -> Exchange:
    return bench.reopened(Registry((*BUILT_IN, FlakyTest)))


def test_it_is_routed_by_its_content_and_comes_out_as_its_own_class(exchange: Exchange) -> None:
    assert exchange.publish("learning", "flaky_test", flaky()).recipients == ("dream", "think")
    rare = FlakyTest(**flaky(test="test_rare", rate=0.01))
    assert exchange.publish("learning", rare).recipients == ("think",)
    assert [one.payload for one in exchange.receive("think")] == [FlakyTest(**flaky()), rare]


def test_its_bad_payloads_are_refused_by_field_and_leave_nothing(bench, exchange: Exchange) -> None:
    before = fingerprint(bench.database, leaving_out="knowledge_validation")
    with pytest.raises(Invalid) as refused:
        exchange.publish("learning", "flaky_test", {"test": "", "rate": 2, "more": 1, "confidence": True})
    assert set(refused.value.fields) == {"test", "cause", "rate", "remarks", "more", "confidence"}
    assert fingerprint(bench.database, leaving_out="knowledge_validation") == before


def test_its_duplicates_exact_and_near_are_one_item(bench, exchange: Exchange) -> None:
    first = exchange.publish("learning", "flaky_test", flaky())
    for repetition in (flaky(test=" TEST_login"), flaky(rate=0.4), flaky(remarks="Clock is read twice.")):
        assert exchange.publish("dream", "flaky_test", repetition).message_id == first.message_id
    with bench.database.reading() as session:
        assert session.get_one(Knowledge, first.message_id).evidence_count == 4


def test_its_contradictions_are_ruled_by_its_strategy(exchange: Exchange) -> None:
    sure = exchange.publish("learning", "flaky_test", flaky(confidence=0.9))
    exchange.publish_many([Draft("dream", "flaky_test", flaky(cause="order", confidence=0.4))] * 5)
    [entry, *_] = exchange.conflicts()
    assert (entry.type, entry.strategy, entry.winner_id) == ("flaky_test", "highest_confidence", sure.message_id)
    assert [one.payload.cause for one in exchange.receive("think")] == ["time"]


def test_its_freshness_and_its_end_follow_its_decay_time_and_persistence(bench, exchange: Exchange) -> None:
    exchange.publish("operator", "flaky_test", flaky(), targets=["recall"])
    bench.forward(2 * DAY)
    [message] = exchange.receive("recall")
    assert message.freshness == pytest.approx(0.3679, abs=0.001)
    exchange.acknowledge("recall", message)
    bench.forward(29 * DAY)
    assert exchange.retain(dry_run=True).archived["flaky_test"] == 1


def test_its_form_and_its_place_in_the_list_of_types_come_from_the_class(exchange: Exchange) -> None:
    [listed] = [kind for kind in exchange.types() if kind.name == "flaky_test"]
    schema = listed.model_json_schema()
    assert list(schema["properties"]) == ["test", "cause", "rate", "remarks", "confidence"]
    assert schema["required"] == ["test", "cause", "rate", "remarks"]
    assert schema["properties"]["rate"] | {"title": ""} == {"type": "number", "minimum": 0, "maximum": 1, "title": ""}
    assert schema["description"] == "A test that passes and fails on the same commit."


def test_without_it_its_stored_messages_are_dead_letters_and_hold_nobody(bench, exchange: Exchange) -> None:
    exchange.publish("operator", "flaky_test", flaky(), targets=["recall"])
    without = bench.reopened()
    assert without.receive("recall") == []
    [letter] = without.dead("recall")
    assert "'flaky_test' is not a type of knowledge" in letter.error
    bench.reopened(Registry((*BUILT_IN, FlakyTest))).replay(letter.delivery_id, actor="ann")
    assert len(bench.reopened(Registry((*BUILT_IN, FlakyTest))).receive("recall")) == 1


PACKAGE = """
from sigma_core.exchange.payload import Label, Payload

class Rumour(Payload):
    \"\"\"What somebody heard somewhere.\"\"\"
    name = "rumour"
    recipients = ("recall",)
    decay_s = 3600.0
    content: Label
"""


def test_an_installed_package_adds_its_type_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "rumour" not in Registry(installed())
    install(tmp_path, "hearsay", {"hearsay.py": PACKAGE}, {"sigma.knowledge": {"rumour": "hearsay:Rumour"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    assert Registry(installed())["rumour"].recipients == ("recall",)


def test_it_is_recalled_as_long_as_it_says_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigma_core.exchange.registry.installed", lambda: (*BUILT_IN, FlakyTest))
    system = build(Settings(home=tmp_path / "home", database_url=None, embedder="none"))
    system.exchange.service.publish("learning", "flaky_test", flaky())
    assert [hit.source for hit in system.recall.search.search("clock read twice")] == ["learning"]
    with system.database.reading() as session:
        assert session.execute(select(document.c.decay_s)).scalars().all() == [FlakyTest.decay_s]
    system.close()
