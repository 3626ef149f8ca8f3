"""Every call through the one door, over real HTTP, leaves exactly one usage row, whatever came of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, Reply, answer, completion, failure

from sigma_core.database import Database
from sigma_core.errors import Forbidden, SigmaError
from sigma_core.llm.errors import BadAnswer, ModelBusy, ModelUnavailable, RequestRefused
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.meter import Meter
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.model import ChatMessage, Model, Rendered
from sigma_core.llm.offline import OfflineRules
from sigma_core.llm.openai import OpenAIModel
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score"],
    "properties": {"score": {"type": "number", "minimum": 0, "maximum": 1}},
}
PROMPT = Rendered(
    "think/test", "builtin-1", (ChatMessage("user", "Judge."),), SCHEMA, {"facts": "password = 'hunter22'"}, "tester"
)
GOOD = answer({"score": 0.5})


@dataclass
class Care:
    """A project as far as the model layer sees it."""

    id: int | None = 7
    name: str = "shop"
    model_allowed: bool = True


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def remote(server: ChatServer) -> Iterator[OpenAIModel]:
    model = OpenAIModel("m-1", api_key=None, base_url=server.url, timeout_s=60, concurrency=4, sleep=lambda _: None)
    yield model
    model.close()


@pytest.fixture
def metered(database: Database, tmp_path: Path) -> Callable[[Model], MeteredModel]:
    recorder = UsageRecorder(database, tmp_path / "spool" / "usage.jsonl")
    return lambda model: MeteredModel(model, Meter(recorder, lambda: NOON), deadline_s=300)


def ask(model: MeteredModel, project: Care | None = None) -> float:
    answered = model.ask(PROMPT, worker="think", run_id=3, project=project or Care())
    return answered.data["score"]


def only_row(database: Database) -> PromptUsage:
    (row,) = UsageLedger(database).rows()
    return row


def test_a_good_answer_is_recorded_with_its_figures_and_without_a_price(
    metered: Callable[[Model], MeteredModel], remote: OpenAIModel, server: ChatServer, database: Database
) -> None:
    server.script(GOOD)
    assert ask(metered(remote)) == 0.5
    row = only_row(database)
    assert (row.prompt, row.version, row.worker, row.run_id, row.project_id) == (
        "think/test",
        "builtin-1",
        "think",
        3,
        7,
    )
    assert (row.model, row.input_tokens, row.output_tokens, row.cached_tokens) == ("m-1", 120, 30, 20)
    assert (row.success, row.error, row.cost_nano_usd, row.attempts) == (True, None, None, 1)
    assert (row.day, row.created_at) == (date(2026, 11, 22), NOON)
    assert row.context == {"view": "tester", "variables": {"facts": "password = '[redacted]'"}}


@pytest.mark.parametrize(
    ("replies", "kind", "words", "attempts"),
    [
        ([failure(429)], ModelBusy, "busy", 3),
        ([failure(500, "broken")], ModelBusy, "broken", 3),
        ([failure(400, "prompt too long")], RequestRefused, "too long", 1),
        ([Reply(body=b"<html>")], ModelUnavailable, "not a chat completion", 3),
        ([Reply(hang_up=True)], ModelUnavailable, "cannot be reached", 3),
        ([Reply(body=b" " * 5_000_000)], ModelUnavailable, "larger than", 1),
        ([completion("")], BadAnswer, "it is empty", 2),
        ([completion('{"score": ')], BadAnswer, "it is not JSON", 2),
        ([completion('{"score": NaN}')], BadAnswer, "it is not JSON", 2),
        ([completion("[" * 100_000)], BadAnswer, "it is not JSON", 2),
        ([answer({"score": 5})], BadAnswer, "score: 5 is greater than the maximum", 2),
        ([answer({"score": 0.5, "approve": True})], BadAnswer, "approve", 2),
        ([answer({"score": 0.5}, finish_reason="length")], BadAnswer, "cut off", 2),
        ([answer({"score": "\x00"})], BadAnswer, "score", 2),
    ],
)
def test_each_failure_is_one_clear_error_and_one_row(
    metered: Callable[[Model], MeteredModel],
    remote: OpenAIModel,
    server: ChatServer,
    database: Database,
    replies: list[Reply],
    kind: type[SigmaError],
    words: str,
    attempts: int,
) -> None:
    server.script(*replies)
    with pytest.raises(kind, match=words):
        ask(metered(remote))
    failed_once(database, kind, attempts)
    assert len(server.requests) == attempts


def test_an_answer_that_does_not_come_in_time_is_one_clear_error_and_one_row(
    metered: Callable[[Model], MeteredModel], server: ChatServer, database: Database
) -> None:
    hasty = OpenAIModel("m-1", api_key=None, base_url=server.url, timeout_s=0.2, concurrency=4, retries=0)
    server.script(answer({"score": 0.5}, delay_s=1))
    with pytest.raises(ModelUnavailable, match="in time"):
        ask(metered(hasty))
    hasty.close()
    failed_once(database, ModelUnavailable, 1)


def failed_once(database: Database, kind: type[SigmaError], attempts: int) -> None:
    row = only_row(database)
    assert (row.success, row.attempts, row.cost_nano_usd) == (False, attempts, None)
    assert row.error_kind == kind.__name__
    assert row.error
    assert kind.__name__ in row.error


def test_an_answer_that_does_not_fit_is_sent_back_once_and_both_are_paid_for(
    metered: Callable[[Model], MeteredModel], remote: OpenAIModel, server: ChatServer, database: Database
) -> None:
    server.script(answer({"mark": 1}), GOOD)
    assert ask(metered(remote)) == 0.5
    second = server.requests[1]
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    assert "'score' is a required property" in second["messages"][-1]["content"]
    row = only_row(database)
    assert (row.success, row.attempts, row.input_tokens) == (True, 2, 240)


def test_a_fenced_answer_is_understood(
    metered: Callable[[Model], MeteredModel], remote: OpenAIModel, server: ChatServer
) -> None:
    server.script(completion('Here it is:\n```json\n{"score": 0.25}\n```\n'))
    assert ask(metered(remote)) == 0.25


def test_a_worker_goes_on_after_a_failure(
    metered: Callable[[Model], MeteredModel], remote: OpenAIModel, server: ChatServer, database: Database
) -> None:
    server.script(failure(400, "no"), GOOD)
    model = metered(remote)
    with pytest.raises(RequestRefused):
        ask(model)
    assert ask(model) == 0.5
    assert [row.success for row in UsageLedger(database).rows()] == [True, False]


def test_nothing_is_sent_for_a_project_that_did_not_opt_in(
    metered: Callable[[Model], MeteredModel], remote: OpenAIModel, server: ChatServer, database: Database
) -> None:
    model = metered(remote)
    with pytest.raises(Forbidden, match="shop does not allow"):
        ask(model, Care(model_allowed=False))
    assert server.requests == []
    assert UsageLedger(database).rows() == []


def test_the_offline_rules_read_the_variables_cost_nothing_and_need_no_opt_in(
    metered: Callable[[Model], MeteredModel], database: Database
) -> None:
    rules = OfflineRules({"think/test": lambda variables, _: {"score": len(str(variables["facts"])) / 100}})
    assert ask(metered(rules), Care(model_allowed=False)) == 0.21
    row = only_row(database)
    assert (row.model, row.cost_nano_usd, row.success) == ("offline-rules", 0, True)
    assert (row.input_tokens, row.output_tokens) == (2, 5)  # estimated from "Judge." and {"score": 0.21}


def test_a_prompt_without_a_rule_fails_and_says_so(
    metered: Callable[[Model], MeteredModel], database: Database
) -> None:
    with pytest.raises(RequestRefused, match="no answer for think/test"):
        ask(metered(OfflineRules({})))
    assert only_row(database).success is False


def test_a_rule_with_a_bug_leaves_its_row_and_its_error(
    metered: Callable[[Model], MeteredModel], database: Database
) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(metered(OfflineRules({"think/test": lambda *_: {"score": 1 / 0}})))
    assert only_row(database).error == "ZeroDivisionError: division by zero"


def test_totals_add_up_by_any_dimension(
    metered: Callable[[Model], MeteredModel], remote: OpenAIModel, server: ChatServer, database: Database
) -> None:
    server.script(GOOD)
    ask(metered(remote))
    ask(metered(remote))
    ask(metered(OfflineRules({"think/test": lambda *_: {"score": 1}})))
    ledger = UsageLedger(database)
    (whole,) = ledger.totals()
    assert (whole.calls, whole.failures, whole.input_tokens, whole.unpriced, whole.cost_nano_usd) == (3, 0, 242, 2, 0)
    assert [(total.key, total.calls) for total in ledger.totals(("day", "model"))] == [
        ({"day": "2026-11-22", "model": "m-1"}, 2),
        ({"day": "2026-11-22", "model": "offline-rules"}, 1),
    ]
    assert ledger.totals(since=date(2026, 11, 23)) == []
    assert len(ledger.rows(worker="think", run_id=3)) == 3
