"""A real model behind a real server (SIGMA_TEST_LLM, as http://127.0.0.1:8000/v1) answers a prompt that ships.

Any model will do that the server can hold to a JSON schema: the protocol is tested, not its judgement. The model's
name is SIGMA_TEST_LLM_MODEL, `test` if unset.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sigma_core.database import Database
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.openai import OpenAIModel
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.prompts.library import PromptLibrary

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def model() -> Iterator[OpenAIModel]:
    name = os.environ.get("SIGMA_TEST_LLM_MODEL", "test")
    model = OpenAIModel(
        name, api_key=None, base_url=os.environ["SIGMA_TEST_LLM"], timeout_s=200, concurrency=1, retries=0
    )
    yield model
    model.close()


@pytest.mark.llm
def test_it_answers_with_what_the_schema_asks_for_and_its_tokens_are_counted(
    model: OpenAIModel, sqlite_database: Database, tmp_path: Path
) -> None:
    metered = MeteredModel(model, UsageRecorder(sqlite_database, tmp_path / "spool"), lambda: NOW, deadline_s=220)
    prompt = PromptLibrary().get("think/committee_scoring").render(
        view="reviewer", change_type="bug", rule="E711", title="Compare with is", facts={"lines_changed": 1},
        diff="-    if name == None:\n+    if name is None:\n",
    )  # fmt: skip
    answer = metered.ask(prompt, worker="think", run_id=None, project=None)
    assert 0 <= answer.data["score"] <= 1
    (row,) = UsageLedger(sqlite_database).rows()
    assert (row.success, row.cost_nano_usd) == (True, None)
    assert (row.input_tokens or 0) > 100
    assert (row.output_tokens or 0) > 0
