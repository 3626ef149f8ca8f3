"""Prompts: the library, and what workers get of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.runtime.parts.models import ModelParts

if TYPE_CHECKING:
    from sigma_core.prompts.builtins import BuiltIns
    from sigma_core.prompts.canary import Canaries, Outcomes
    from sigma_core.prompts.catalog import PromptCatalog
    from sigma_core.prompts.library import PromptLibrary
    from sigma_core.prompts.lookup import PromptLookup
    from sigma_core.prompts.questions import Questions
    from sigma_core.prompts.testing import PromptTesting
    from sigma_core.prompts.transfer import PromptTransfer


class PromptParts(ModelParts):
    """Prompts by slot, label and version."""

    @cached_property
    def builtins(self) -> BuiltIns:
        from sigma_core.prompts.builtins import BuiltIns

        return BuiltIns()

    @cached_property
    def prompts(self) -> PromptLookup:
        from sigma_core.prompts.lookup import PromptLookup
        from sigma_core.prompts.snapshot import Snapshot

        return PromptLookup(self.database, Snapshot(self.settings.home / "prompts"), self.builtins)

    @cached_property
    def questions(self) -> Questions:
        from sigma_core.prompts.questions import Questions

        return Questions(self.prompts, self.model)

    @cached_property
    def library(self) -> PromptLibrary:
        from sigma_core.prompts.library import PromptLibrary
        from sigma_core.prompts.results import TestsGate

        return PromptLibrary(self.database, self.clock, TestsGate(self.model.name))

    @cached_property
    def catalog(self) -> PromptCatalog:
        from sigma_core.prompts.catalog import PromptCatalog

        return PromptCatalog(self.database)

    @cached_property
    def canaries(self) -> Canaries:
        from sigma_core.prompts.canary import CallSuccess, Canaries
        from sigma_core.prompts.results import TestsGate
        from sigma_core.proposals.outcomes import ProposalAccepted

        outcomes: dict[str, Outcomes] = {"success": CallSuccess(), "accepted": ProposalAccepted()}
        return Canaries(self.database, self.clock, TestsGate(self.model.name), outcomes)

    @cached_property
    def prompt_tests(self) -> PromptTesting:
        from sigma_core.prompts.grading import ModelJudge
        from sigma_core.prompts.testing import PromptTesting

        judge = ModelJudge(self.questions) if self.model.remote else None
        return PromptTesting(
            self.database, self.clock, self.catalog, self.questions, price=self._answer_price, judge=judge
        )

    @cached_property
    def porting(self) -> PromptTransfer:
        from sigma_core.prompts.transfer import PromptTransfer

        return PromptTransfer(self.database, self.clock, self.library, self.catalog)
