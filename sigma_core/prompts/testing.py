"""Running a prompt's tests through the model, really, and keeping what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sigma_core import identity
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound, SigmaError
from sigma_core.llm.model import ModelAnswer
from sigma_core.prompts import reading, results
from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.assertions.registry import problem
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.questions import Questions
from sigma_core.prompts.tables import PromptTest, PromptValidation
from sigma_core.prompts.template import Prompt
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.test_result import Judge, Reply

LABEL = "test"
"""The label that calls of tests are recorded under."""
MOST_REPEATS = 100
MOST_FAILURES = 10

Price = Callable[[ModelAnswer], int | None]
"""What an answer cost in nano-USD; None where it has no known price."""


@dataclass(frozen=True)
class Suite:
    """The tests of one version with one model, each with its last result."""

    prompt: str
    number: int
    model: str
    results: Sequence[PromptValidation]
    names: dict[int, str]

    @property
    def passed(self) -> bool:
        """Nothing failed, and something was run."""
        run = [each for each in self.results if each.skipped is None]
        return bool(run) and all(each.passes == each.runs for each in run)


@dataclass(frozen=True)
class Compared:
    """One test on two versions; None where it has not been run."""

    test: str
    before: PromptValidation | None
    after: PromptValidation | None


class PromptTesting:
    """`judge` grades answers where a model server is configured."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        catalog: PromptCatalog,
        questions: Questions,
        *,
        price: Price,
        judge: Judge | None,
    ) -> None:
        self._database, self._clock, self._catalog, self._questions = database, clock, catalog, questions
        self._price, self._judge = price, judge

    @property
    def model_name(self) -> str:
        """The model that results belong to."""
        return self._questions.model_name

    def run(
        self,
        name: str,
        *,
        version: int | None = None,
        test: str | None = None,
        repeats: int = 1,
        actor: str,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Suite:
        """Run all tests of a version (or one), each `repeats` times, and store the results.

        Call it outside of any transaction. Raises `NotFound`, `Invalid`.
        """
        if not 1 <= repeats <= MOST_REPEATS:
            raise Invalid({"repeats": f"is not in 1 to {MOST_REPEATS}"})
        prompt = self._catalog.prompt(name, version)
        with self._database.reading() as session:
            rows = results.tests(session, prompt.template_id or 0)
        chosen = [row for row in rows if test in (None, row.name, str(row.id))]
        if test is not None and not chosen:
            raise NotFound("test", test)
        done = []
        for row in chosen:
            progress(row.name)
            done.append(self._run(prompt, row, repeats, actor))
        with self._database.transaction() as session:
            session.add_all(done)
        return Suite(name, prompt.number or 0, self.model_name, done, {row.id or 0: row.name for row in chosen})

    def last(self, name: str, version: int | None = None, model: str | None = None) -> Suite:
        """The newest result of each test of a version with a model (this one's, unless another is named)."""
        prompt = self._catalog.prompt(name, version)
        wanted = model or self.model_name
        with self._database.reading() as session:
            rows = results.tests(session, prompt.template_id or 0)
            found = results.newest(session, prompt.template_id or 0, prompt.number or 0, wanted)
        return Suite(name, prompt.number or 0, wanted, found, {row.id or 0: row.name for row in rows})

    def compare(self, name: str, before: int, after: int) -> Sequence[Compared]:
        """The last results of two versions side by side, by test."""
        old, new = self.last(name, before), self.last(name, after)
        left = {each.test_id: each for each in old.results}
        right = {each.test_id: each for each in new.results}
        return [Compared(called, left.get(key), right.get(key)) for key, called in new.names.items()]

    def add(self, name: str, case: PromptTestCase, *, actor: str) -> PromptTest:
        """Store a test, in place of one of the same name. Raises `NotFound`."""
        with self._database.transaction() as session:
            template = reading.find(session, name)
            return results.put(session, self._clock, template, case, actor)

    def switch(self, name: str, test: str, *, enabled: bool, actor: str) -> PromptTest:
        """Turn a test off or on again. Raises `NotFound`."""
        with self._database.transaction() as session:
            template = reading.find(session, name)
            row = next((r for r in results.tests(session, template.id or 0) if test in (r.name, str(r.id))), None)
            if row is None:
                raise NotFound("test", test)
            results.switch(session, self._clock, template, row, enabled, actor)
        return row

    def get(self, key: int | str) -> PromptTest:
        """One test. Raises `NotFound`."""
        with self._database.reading() as session:
            return identity.existing_row(session, PromptTest, "test", key)

    def tests(self, name: str) -> Sequence[PromptTest]:
        """A template's tests, by name."""
        with self._database.reading() as session:
            return results.tests(session, reading.find(session, name).id or 0)

    def _run(self, prompt: Prompt, row: PromptTest, repeats: int, actor: str) -> PromptValidation:
        case = results.case(row)
        done = PromptValidation(
            template_id=row.template_id,
            test_id=row.id or 0,
            test_digest=case.digest,
            number=prompt.number or 0,
            model=self.model_name,
            runs=0,
            passes=0,
            actor=actor,
            created_at=self._clock(),
        )
        done.skipped = self._skipped(case)
        if done.skipped:
            return done
        replies = [self._reply(prompt, case) for _ in range(repeats)]
        problems = [_problem(case.assertions, reply) for reply in replies]
        done.runs, done.passes = repeats, problems.count(None)
        done.failures = list(dict.fromkeys(each for each in problems if each))[:MOST_FAILURES]
        latencies = sorted(reply.latency_ms for reply in replies)
        done.latency_ms = latencies[max(0, -(-len(latencies) * 95 // 100) - 1)]
        return done

    def _skipped(self, case: PromptTestCase) -> str | None:
        if not case.enabled:
            return "It is switched off."
        if self._judge is None and any(each.needs_model for each in case.assertions):
            return "It is graded by a model, and no model server is configured."
        return None

    def _reply(self, prompt: Prompt, case: PromptTestCase) -> Reply:
        try:
            rendered = prompt.under(LABEL).render(view=case.view, **case.inputs)
            said = self._questions.put(rendered, worker=prompt.name.split("/")[0], run_id=None, project=None)
        except SigmaError as error:
            return Reply(error=str(error))
        return Reply(
            said.text,
            said.data,
            latency_ms=said.answer.latency_ms,
            cost_nano_usd=self._price(said.answer),
            judge=self._judge,
        )


def _problem(assertions: Sequence[Assertion], reply: Reply) -> str | None:
    """What is wrong with a reply; None when all holds. An error is wrong where none is expected."""
    if reply.error is not None and not any(each.wants_error for each in assertions):
        return f"failed: {reply.error}"[:500]
    found = (problem(each, reply) for each in assertions if reply.error is None or each.wants_error)
    wrong = [each for each in found if each]
    return "; ".join(wrong)[:500] or None
