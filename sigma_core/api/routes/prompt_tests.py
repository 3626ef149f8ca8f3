"""Tests of prompts and their results, and what the calls of prompts came to."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import RowDocument
from sigma_core.api.routes.usage import MOST_DAYS
from sigma_core.api.system import Sigma
from sigma_core.llm.ledger import Dimension
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.testing import Suite

router = APIRouter(prefix="/prompts", tags=["prompts"])
MOST_REPEATS = 20
_BY: tuple[Dimension, ...] = ("template", "version")
Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]


class PromptTestDocument(RowDocument):
    """Values to render a prompt with, and what must hold of the answer."""

    NAMED: ClassVar = {"test_id": "id"}

    test_id: int
    name: str
    view: str | None
    inputs: dict[str, Any]
    assertions: list[dict[str, Any]]
    enabled: bool


class PromptTestResult(RowDocument):
    """What came of running one test on one version with one model."""

    NAMED: ClassVar = {"latency_p95_ms": "latency_ms"}

    test_id: int
    runs: int
    passes: int
    skipped: str | None
    failures: list[str]
    latency_p95_ms: int | None


class SuiteDocument(BaseModel):
    """The results of a version with a model."""

    prompt: str
    version: int
    model: str
    results: Sequence[PromptTestResult]

    @classmethod
    def of(cls, suite: Suite) -> Self:
        """As it ran."""
        results = [PromptTestResult.of(each) for each in suite.results]
        return cls(prompt=suite.prompt, version=suite.number, model=suite.model, results=results)


class SuiteQuestion(BaseModel):
    """Which version is tested, and how often."""

    version: int | None = Field(None, ge=1, strict=True, description="Its number; what workers get if left out.")
    repeats: int = Field(1, ge=1, le=MOST_REPEATS, strict=True)


@router.get("/templates/{key}/tests")
def tests(key: str, sigma: Sigma) -> list[PromptTestDocument]:
    """A prompt's tests."""
    return [PromptTestDocument.of(each) for each in sigma.prompts.tests.tests(key)]


@router.post("/templates/{key}/tests", status_code=status.HTTP_201_CREATED)
def add_test(key: str, case: PromptTestCase, sigma: Sigma, caller: Operator) -> PromptTestDocument:
    """Store a test, in place of one of the same name."""
    return PromptTestDocument.of(sigma.prompts.tests.add(key, case, actor=caller.name))


@router.post("/templates/{key}/tests/run-all")
def run_all(key: str, question: SuiteQuestion, sigma: Sigma, caller: Operator) -> SuiteDocument:
    """Run all tests through the model."""
    done = sigma.prompts.tests.run(key, version=question.version, repeats=question.repeats, actor=caller.name)
    return SuiteDocument.of(done)


@router.get("/templates/{key}/test-results")
def results(key: str, sigma: Sigma, version: Annotated[int | None, Query(ge=1)] = None) -> SuiteDocument:
    """The newest result of each test of a version with the model in use."""
    return SuiteDocument.of(sigma.prompts.tests.last(key, version))


@router.post("/tests/{test}/run")
def run_test(test: str, question: SuiteQuestion, sigma: Sigma, caller: Operator) -> SuiteDocument:
    """Run one test through the model."""
    row = sigma.prompts.tests.get(test)
    done = sigma.prompts.tests.run(
        str(row.template_id), version=question.version, test=test, repeats=question.repeats, actor=caller.name
    )
    return SuiteDocument.of(done)


@router.get("/usage/stats")
def usage_stats(sigma: Sigma, days: Days = 30) -> list[Mapping[str, Any]]:
    """Calls, tokens, cost and latency by prompt and version."""
    today = sigma.clock().date()
    found = sigma.llm.usage.totals(_BY, since=today - timedelta(days=days - 1), until=today)
    return [each.document() for each in found]


@router.get("/stats")
def stats(sigma: Sigma) -> dict[str, int]:
    """How many prompts, versions and labels there are."""
    found = sigma.prompts.catalog.list(archived=True)
    return {
        "templates": len(found),
        "archived": sum(each.template.archived_at is not None for each in found),
        "versions": sum(each.latest.number for each in found),
        "labels": sum(len(each.labels) for each in found),
    }
