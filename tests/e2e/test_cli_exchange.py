"""The exchange from the command line. Start-up is what costs, so most calls are made in this process."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.command import Answer, Command
from fakes.knowledge import VALID
from prometheus_client.parser import text_string_to_metric_families

from sigma_core.cli import main
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.jobs import WORKERS
from sigma_core.settings import load_settings


class Here(Command):
    """The command without another process."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(home)
        self._capsys = capsys

    def __call__(self, *arguments: str | bytes | Path | int, stdin: bytes = b"", code: int | None = 0) -> Answer:  # noqa: ARG002 (the base's)
        done = main(["--home", str(self.home), *map(str, arguments)])
        answer = Answer(done, *self._capsys.readouterr())
        assert code in (None, done), answer
        return answer


@pytest.fixture
def sigma(home: Path, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(home, capsys)


@pytest.fixture
def exchange(sigma: Here) -> Iterator[Exchange]:
    """The same exchange from within a process, as workers use it; a message is dead after one failure."""
    database = Database(load_settings(sigma.home).database_location)
    yield Exchange(database, utc_now, Registry(), attempts=1)
    database.dispose()


def publish(sigma: Here, name: str = "risk_pattern", **changes: object) -> int:
    payload = json.dumps(VALID[name] | changes)
    number = sigma.json("publish", name, "--source", "operator", "--payload", payload)["message_id"]
    assert isinstance(number, int)
    return number


def kill(exchange: Exchange, worker: str) -> None:
    for message in exchange.receive(worker):
        exchange.reject(worker, message, "boom\nwith a traceback")


def test_types_tell_every_attribute(sigma: Here) -> None:
    types = {one["type"]: one for one in sigma.json("exchange", "types")["types"]}
    assert len(types) == 9
    risk = types["risk_pattern"]
    assert risk["workers"] == ["think", "learning"]
    assert (risk["propagation"], risk["persistence"], risk["validation"]) == ("broadcast", "long", "required")
    assert (risk["decay_s"], risk["life_s"], risk["conflicts"]) == (7 * 86_400, None, "evidence_weighted")
    assert (risk["subject"], risk["claim"], risk["volatile"]) == (["pattern"], ["severity"], ["confidence"])
    assert risk["payload"]["required"] == ["pattern", "severity", "confidence", "context"]
    said = sigma("exchange", "types").out
    assert "context_enrichment" in said
    assert "6 h" in said


def test_stats_tell_lag_validation_rate_freshness_and_dead_letters(sigma: Here, exchange: Exchange) -> None:
    publish(sigma)
    sigma("publish", "risk_pattern", "--source", "operator", "--payload", "{}", code=2)
    kill(exchange, "think")
    [learning] = sigma.json("exchange", "stats", "learning")["workers"]
    [think] = sigma.json("exchange", "stats", "think")["workers"]
    [operator] = sigma.json("exchange", "stats", "operator")["workers"]
    assert (learning["ready"], think["dead"], operator["validation_rate"]) == (1, 1, 0.5)
    assert learning["lag_s"] >= 0
    assert learning["mean_freshness"] == pytest.approx(1, abs=0.01)
    assert "50%" in sigma("exchange", "stats", "operator").out


def test_dead_letters_are_shown_with_their_error_and_replayed_one_or_all(sigma: Here, exchange: Exchange) -> None:
    for number in range(3):
        publish(sigma, pattern=f"pattern {number}")
    kill(exchange, "think")
    kill(exchange, "learning")
    letters = sigma.json("exchange", "dead", "think")["dead"]
    assert {one["error"] for one in letters} == {"boom\nwith a traceback"}
    said = sigma("exchange", "dead").out
    assert "boom" in said
    assert "traceback" not in said
    first = letters[0]["delivery_id"]
    assert sigma.json("exchange", "replay", first) == {"delivery_id": first, "replayed": 1}
    assert "not dead" in sigma.refused(4, "exchange", "replay", first)
    assert sigma.json("exchange", "replay", "--all", "--worker", "think") == {"replayed": 2}
    assert sigma.json("exchange", "replay", "--all") == {"replayed": 3}
    assert sigma.json("exchange", "replay", "--all") == {"replayed": 0}
    assert len(sigma.json("receive", "think", "--ack")["messages"]) == 3


@pytest.mark.parametrize("words", [(), ("--worker", "think"), ("1", "--all")])
def test_replay_wants_one_id_or_all(sigma: Here, words: tuple[str, ...]) -> None:
    assert sigma("exchange", "replay", *words, "--json", code=2).complaint["fields"].keys() == {"delivery"}


def test_replaying_for_nobody_is_not_found(sigma: Here) -> None:
    sigma.refused(3, "exchange", "replay", "--all", "--worker", "nobody")


def test_a_conflict_is_read_decided_and_overturned_with_a_reason(sigma: Here) -> None:
    high, low = publish(sigma, severity="high"), publish(sigma, severity="low", confidence=0.1)
    [entry] = sigma.json("exchange", "conflicts")["conflicts"]
    assert (entry["standing_id"], entry["challenger_id"], entry["winner_id"]) == (high, low, high)
    said = sigma("exchange", "conflicts").out
    assert f"{high} high" in said
    assert f"{low} low" in said
    number = entry["id"]
    assert sigma("exchange", "conflicts", "--overturn", number, "--json", code=2).complaint["fields"].keys() == {
        "reason"
    }
    settled = sigma.json("exchange", "conflicts", "--overturn", number, "--reason", "seen otherwise")["conflict"]
    assert (settled["winner_id"], settled["reason"]) == (low, "seen otherwise")
    settled = sigma.json("exchange", "conflicts", "--decide", number, "--winner", high, "--reason", "again")["conflict"]
    assert settled["winner_id"] == high
    assert sigma.json("exchange", "conflicts", "--open")["conflicts"] == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, ("--decide", "1", "--reason", "r")),
        (2, ("--decide", "1", "--overturn", "1", "--reason", "r")),
        (3, ("--overturn", "99", "--reason", "r")),
        (3, ("--overturn", "x", "--reason", "r")),
        (3, ("--decide", "1", "--winner", "-7", "--reason", "r")),
    ],
)
def test_deciding_wrongly_is_told_by_the_contract(sigma: Here, code: int, words: tuple[str, ...]) -> None:
    publish(sigma, severity="high")
    publish(sigma, severity="low")
    sigma.refused(code, "exchange", "conflicts", *words)


def test_retention_counts_first_and_the_archive_stays_readable(sigma: Here) -> None:
    database = Database(load_settings(sigma.home).database_location)
    then = Exchange(database, lambda: utc_now() - timedelta(days=40), Registry())
    old = then.publish("operator", "issue_pattern", VALID["issue_pattern"]).message_id
    then.acknowledge("analysis", then.receive("analysis"))
    database.dispose()
    counted = sigma.json("retention", "--dry-run")
    assert (counted["dry_run"], counted["ended"]) == (True, 1)
    assert sigma.json("exchange", "list", "--archived")["items"] == []
    done = sigma.json("retention")
    assert done["ended"] == 1
    assert {"type": "issue_pattern", "how": "archived", "items": 1} in done["types"]
    [item] = sigma.json("exchange", "list", "--archived")["items"]
    assert item["id"] == old
    shown = sigma.json("exchange", "show", old)
    assert shown["item"]["data"]["issue_type"] == "B006"
    assert [copy["state"] for copy in shown["copies"]] == ["done"]
    assert "archived" in sigma("exchange", "show", old).out


def test_the_list_is_the_newest_or_the_freshest_of_a_type(sigma: Here) -> None:
    publish(sigma, "successful_fix")
    publish(sigma, "context_enrichment")
    assert [one["type"] for one in sigma.json("exchange", "list")["items"]] == ["context_enrichment", "successful_fix"]
    freshest = sigma.json("exchange", "list", "--freshest")["items"]
    assert [one["type"] for one in freshest] == ["successful_fix", "context_enrichment"]
    assert len(sigma.json("exchange", "list", "--type", "successful_fix")["items"]) == 1
    sigma.refused(2, "exchange", "list", "--type", "nothing")
    sigma.refused(3, "exchange", "show", "99")


def test_metrics_are_what_prometheus_reads(sigma: Here, exchange: Exchange) -> None:
    publish(sigma)
    kill(exchange, "think")
    text = sigma("exchange", "metrics").out
    families = {one.name: one for one in text_string_to_metric_families(text)}
    dead = {one.labels["worker"]: one.value for one in families["sigma_exchange_dead"].samples}
    assert dead == {worker: int(worker == "think") for worker in WORKERS}
    assert sigma.json("exchange", "metrics")["metrics"].startswith("# HELP sigma_exchange_published_total")


def test_hostile_text_does_not_steer_the_terminal(sigma: Here) -> None:
    number = publish(sigma, pattern="red \x1b[31m and \u202eback")
    for words in (("list",), ("show", number)):
        said = sigma("exchange", *words).out
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "red" in said


def test_it_is_the_same_in_processes_of_their_own(sigma: Here, exchange: Exchange) -> None:
    number = publish(sigma)
    kill(exchange, "think")
    apart = Command(sigma.home)
    data = apart.json("exchange", "show", number)["item"]["data"]
    assert data == VALID["risk_pattern"] | {"rule": None, "places": None}
    assert apart.json("exchange", "replay", "--all") == {"replayed": 1}
    apart.refused(2, "exchange", "replay")
