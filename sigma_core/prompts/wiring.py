"""Prompts: what the room `prompts` offers, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.graph.extraction import Ask
    from sigma_core.graph.text_extraction import AskAbout
    from sigma_core.llm.wiring import LlmServices
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.prompts.builtins import BuiltIns
    from sigma_core.prompts.canary import Canaries, Outcomes
    from sigma_core.prompts.catalog import PromptCatalog
    from sigma_core.prompts.evolution.service import Enqueue, PromptEvolutions
    from sigma_core.prompts.evolution.service import Outcomes as OutcomeCases
    from sigma_core.prompts.grading import ModelJudge
    from sigma_core.prompts.library import PromptLibrary
    from sigma_core.prompts.lookup import PromptLookup
    from sigma_core.prompts.playground import Playground
    from sigma_core.prompts.questions import Questions
    from sigma_core.prompts.tables import PromptTest
    from sigma_core.prompts.testing import PromptTesting
    from sigma_core.prompts.transfer import PromptTransfer
    from sigma_core.settings import Settings


class PromptServices:
    """Prompts by slot, label and version, and what workers get of them."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        projects: ProjectServices,
        llm: LlmServices,
        canary_outcomes: Callable[[], Mapping[str, Outcomes]],
        outcome_cases: OutcomeCases,
        enqueue_evolutions: Enqueue,
    ) -> None:
        """`canary_outcomes`: by which outcomes of a run versions can be compared, beside the success of its calls.
        `outcome_cases` and `enqueue_evolutions`: as `PromptEvolutions` takes them."""
        self._settings, self._database, self._clock = settings, database, clock
        self._projects, self._llm, self._canary_outcomes = projects, llm, canary_outcomes
        self._outcome_cases, self._enqueue_evolutions = outcome_cases, enqueue_evolutions

    @cached_property
    def builtins(self) -> BuiltIns:
        from sigma_core.prompts.builtins import BuiltIns

        return BuiltIns()

    @cached_property
    def lookup(self) -> PromptLookup:
        from sigma_core.prompts.lookup import PromptLookup
        from sigma_core.prompts.prompt_snapshot import PromptSnapshot

        return PromptLookup(self._database, PromptSnapshot(self._settings.home / "prompts"), self.builtins)

    @cached_property
    def questions(self) -> Questions:
        from sigma_core.prompts.questions import Questions

        return Questions(self.lookup, self._llm.model)

    @cached_property
    def library(self) -> PromptLibrary:
        from sigma_core.prompts.library import PromptLibrary
        from sigma_core.prompts.results import TestsGate

        return PromptLibrary(self._database, self._clock, TestsGate(self._llm.model.name))

    @cached_property
    def catalog(self) -> PromptCatalog:
        from sigma_core.prompts.catalog import PromptCatalog

        return PromptCatalog(self._database)

    @cached_property
    def canaries(self) -> Canaries:
        from sigma_core.prompts.canary import CallSuccess, Canaries
        from sigma_core.prompts.results import TestsGate

        outcomes: dict[str, Outcomes] = {"success": CallSuccess(), **self._canary_outcomes()}
        return Canaries(self._database, self._clock, TestsGate(self._llm.model.name), outcomes)

    @cached_property
    def tests(self) -> PromptTesting:
        from sigma_core.prompts.testing import PromptTesting

        return PromptTesting(
            self._database,
            self._clock,
            self.catalog,
            self.questions,
            price=self._llm.answer_price,
            judge=self._judge,
        )

    @cached_property
    def _judge(self) -> ModelJudge | None:
        from sigma_core.prompts.grading import ModelJudge

        return ModelJudge(self.questions) if self._llm.model.remote else None

    @cached_property
    def evolutions(self) -> PromptEvolutions:
        from sigma_core.prompts.evolution.attempt import Attempts, Spending
        from sigma_core.prompts.evolution.service import PromptEvolutions
        from sigma_core.prompts.evolution.states import EvolutionStates

        spending = Spending(self._llm.answer_price, self._llm.worst_price, self._llm.room)
        return PromptEvolutions(
            self._database,
            EvolutionStates(self._database, self._clock),
            Attempts(self.questions, spending, self._judge),
            self.library,
            self.tests,
            outcomes=self._outcome_cases,
            enqueue=self._enqueue_evolutions,
        )

    @cached_property
    def playground(self) -> Playground:
        from sigma_core.prompts.playground import Playground

        return Playground(self.catalog, self.questions, price=self._llm.answer_price, worst=self._llm.worst_price)

    @cached_property
    def transfer(self) -> PromptTransfer:
        from sigma_core.prompts.transfer import PromptTransfer

        return PromptTransfer(self._database, self._clock, self.library, self.catalog)

    def add_call_as_test(self, key: int | str, name: str, *, actor: str) -> PromptTest:
        """Store the values of a recorded call as a test of its prompt."""
        from sigma_core.prompts.call_cases import add_call_as_test

        return add_call_as_test(self._llm.calls, self.tests, key, name, actor=actor)

    def ask_about_texts(self) -> AskAbout | None:
        """How to ask a model for the facts in a project's text; None where no model server is configured."""
        return self._ask_about_text if self._llm.model.remote else None

    def _ask_about_text(self, project_id: int | None) -> Ask:
        from sigma_core.prompts.fact_questions import ask_for_facts

        project = None if project_id is None else self._projects.service.get(project_id)
        return partial(ask_for_facts, self.questions, project)
