"""All that waits for a person, and finding a thing by its name."""

from datetime import timedelta
from pathlib import Path

import pytest
from fakes.seed import seed
from sqlalchemy import update

from sigma_core.clock import utc_now
from sigma_core.exchange.tables import knowledge
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.prompts.tables import PromptLabel, PromptTemplate, PromptTest, PromptValidation, PromptVersion
from sigma_core.runtime.build import build
from sigma_core.runtime.inbox import Waiting
from sigma_core.runtime.search import OF_EACH, ObjectSearch
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings


@pytest.fixture
def system(home: Path):
    built = build(load_settings(home), process="command")
    seed(built.database)
    yield built
    built.close()


def test_every_kind_is_counted_and_every_row_is_on_one_page_in_order(system: System):
    inbox = system.runtime.inbox
    now = utc_now()
    with system.database.transaction() as session:
        for days in (1, 30):
            session.add(
                DriftEvent(
                    subject="rule",
                    name="B006",
                    before=0.9,
                    before_n=40,
                    after=0.4,
                    after_n=20,
                    forgets_before=now,
                    created_at=now - timedelta(days=days),
                )
            )
    counts = inbox.counts()
    assert counts[Waiting.PROPOSAL] == 3
    assert (counts[Waiting.FAILING], counts[Waiting.CONFLICT], counts[Waiting.DRIFT]) == (1, 1, 1)
    total = sum(counts.values())
    rows = [row for offset in range(0, total, 2) for row in inbox.page(counts, 2, offset)]
    assert len(rows) == len({(row.kind, row.key) for row in rows}) == total
    assert [row.kind for row in rows] == sorted((row.kind for row in rows), key=list(Waiting).index)
    assert all(row.reason and row.since for row in rows)
    assert [row.title for row in rows if row.kind is Waiting.DRIFT] == ["acceptance of B006 has drifted"]
    mended = [row.key for row in rows if row.kind is Waiting.MENDED]
    assert mended
    assert not {row.key for row in rows if row.kind is Waiting.FAILING} & {*mended}
    only = inbox.page(counts, 9, kind=Waiting.PROPOSAL)
    assert [row.key for row in only] == [210, 215, 214]


def test_what_another_project_waits_for_is_not_told(system: System):
    counts = system.runtime.inbox.counts(2)
    assert counts[Waiting.PROPOSAL] == 0
    assert all(row.kind is not Waiting.PROPOSAL for row in system.runtime.inbox.page(counts, 99, project_id=2))


def test_the_newest_result_of_what_is_in_production_counts(system: System):
    now, model = utc_now(), system.llm.model.name
    with system.database.transaction() as session:
        template = PromptTemplate(worker="dream", type="x", name="own", created_at=now, changed_at=now)
        session.add(template)
        session.flush()
        key = template.id or 0
        for number in (1, 2):
            version = PromptVersion(
                template_id=key, number=number, digest=str(number), content={}, author="ann", reason="", created_at=now
            )
            session.add(version)
        test = PromptTest(template_id=key, name="says why", created_at=now)
        session.add(test)
        session.flush()
        session.add(PromptLabel(worker="dream", type="x", label="production", template_id=key, number=1, moved_at=now))
        session.add_all(
            PromptValidation(
                template_id=key,
                test_id=test.id or 0,
                test_digest="d",
                number=number,
                model=model,
                runs=2,
                passes=passes,
                actor="ann",
                created_at=now,
            )
            for number, passes in ((1, 2), (1, 1), (2, 0))
        )
    counts = system.runtime.inbox.counts()
    assert counts[Waiting.TEST] == 1
    (row,) = system.runtime.inbox.page(counts, 9, kind=Waiting.TEST)
    assert (row.of, row.reason) == (key, f"1 of 2 passed with {model}, version 1")


def test_a_thing_is_found_by_words_by_number_and_not_by_one_letter(system: System):
    search = ObjectSearch(system.database)
    assert ("proposal", 214) in {(each.kind, each.key) for each in search.find("date FORMATTING")}
    assert {(each.kind, each.key) for each in search.find("215")} >= {("proposal", 215)}
    issues = [each.key for each in search.find("shop") if each.kind == "issue"]
    assert len(issues) == OF_EACH
    assert issues == sorted(issues, reverse=True)
    assert {each.kind for each in search.find("sample")} == {"project"}
    assert search.find("sample", project_id=2)[0].kind == "project"
    with system.database.transaction() as session:
        session.execute(update(knowledge).where(knowledge.c.id == 5).values(data={"pattern": "zq " * 4000}))
    assert "knowledge" not in {each.kind for each in search.find("zq")} or not system.database.is_sqlite
    for letters in ("ab", "x", "\x00\x01", "éü"):
        search.find(letters)
    assert search.find("x") == search.find("%%%") == search.find("9" * 30) == []
