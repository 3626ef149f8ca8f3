"""A real model behind a real server (SIGMA_TEST_LLM, as http://127.0.0.1:8000/v1) answers a prompt that ships.

Any model will do that the server can hold to a JSON schema: the protocol is tested, not its judgement. The model's
name is SIGMA_TEST_LLM_MODEL, `test` if unset.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, answer

from sigma_core.database import Database
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.meter import Meter
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.openai import OpenAIModel
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.prompts.builtins import BuiltIns

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["scripted", pytest.param("real", marks=pytest.mark.llm)])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """A scripted server beside the real one, so that the test itself is always run."""
    if request.param == "real":
        yield os.environ["SIGMA_TEST_LLM"]
        return
    with ChatServer() as server:
        server.script(answer({"risks": [], "score": 0.5, "confidence": 0.5, "veto": None}))
        yield server.url


@pytest.fixture
def model(address: str) -> Iterator[OpenAIModel]:
    name = os.environ.get("SIGMA_TEST_LLM_MODEL", "test")
    model = OpenAIModel(name, api_key=None, base_url=address, timeout_s=200, concurrency=1, retries=0)
    yield model
    model.close()


def test_it_answers_with_what_the_schema_asks_for_and_its_tokens_are_counted(
    model: OpenAIModel, sqlite_database: Database, tmp_path: Path
) -> None:
    metered = MeteredModel(
        model, Meter(UsageRecorder(sqlite_database, tmp_path / "spool"), lambda: NOW), deadline_s=220
    )
    prompt = (
        BuiltIns()
        .get("think/committee_scoring")
        .render(
            view="reviewer",
            change_type="bug",
            rule="E711",
            title="Compare with is",
            facts={"lines_changed": 1},
            diff="-    if name == None:\n+    if name is None:\n",
        )
    )
    said = metered.ask(prompt, worker="think", run_id=None, project=None)
    assert 0 <= said.data["score"] <= 1
    (row,) = UsageLedger(sqlite_database).rows()
    assert (row.success, row.cost_nano_usd) == (True, None)
    assert (row.input_tokens or 0) > 100
    assert (row.output_tokens or 0) > 0
