"""The one composition root: the services of all rooms, and what a room needs of a higher one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from sigma_core.clock import Clock, utc_now
from sigma_core.codebase.wiring import CodebaseServices
from sigma_core.database import Database
from sigma_core.dreamer.wiring import build_dreamer
from sigma_core.errors import Conflict, NotFound
from sigma_core.exchange.wiring import ExchangeServices
from sigma_core.experiments.wiring import ExperimentServices
from sigma_core.graph.wiring import GraphServices
from sigma_core.issues.wiring import IssueServices
from sigma_core.jobs import EVOLUTION, STRATEGY, WORKERS
from sigma_core.learning.wiring import LearningServices
from sigma_core.llm.wiring import LlmServices
from sigma_core.projects.wiring import ProjectServices
from sigma_core.prompts.wiring import PromptServices
from sigma_core.proposals.wiring import ProposalServices
from sigma_core.recall.wiring import RecallServices
from sigma_core.runtime.wiring import RuntimeServices
from sigma_core.settings import Settings
from sigma_core.workers.wiring import WorkerServices

if TYPE_CHECKING:
    from sqlmodel import Session

    from sigma_core.experiments.trial_watch import Costs, UnitOutcomes
    from sigma_core.llm.offline import Rule
    from sigma_core.projects.tables import Project
    from sigma_core.prompts.canary import Outcomes
    from sigma_core.prompts.evolution.cases import EvolutionCase
    from sigma_core.proposals.committee import Precedents
    from sigma_core.proposals.review import Reviewed
    from sigma_core.proposals.tables import Proposal
    from sigma_core.recall.answer import Sentence
    from sigma_core.recall.source import DocumentSource
    from sigma_core.runtime.runner import Runner
    from sigma_core.runtime.tables import Run

CycleNow = Callable[[str, "Project", str, Callable[[str], None]], "Run"]
"""Runs one cycle: (worker, project, requested_by, progress). Raises `NotFound` for an unknown worker."""

WAIT_FOR_SCHEDULER_S = 600.0
"""How long `sigma run` waits for a cycle that a scheduler has in hand."""


class System:
    """SIGMA as a whole: each room's services by the room's name, and what takes several rooms.

    A room is given the rooms below it. What it needs of a higher one comes as a function, called when it is needed.
    """

    def __init__(
        self, settings: Settings, process: str, clock: Clock = utc_now, *, database: Database | None = None
    ) -> None:
        """`process`: scheduler, command or console. `database`: where it is not simply that of the settings."""
        database = database or Database(settings.database_location)
        self.settings, self.database, self.clock = settings, database, clock
        self.projects = ProjectServices(settings, database, clock)
        self.issues = IssueServices(database, clock)
        self.llm = LlmServices(settings, database, clock, offline_rules=_offline_rules)
        self.prompts = PromptServices(
            settings,
            database,
            clock,
            projects=self.projects,
            llm=self.llm,
            canary_outcomes=_canary_outcomes,
            outcome_cases=self._outcome_cases,
            enqueue_evolutions=lambda session, actor: self._enqueue(EVOLUTION, session, actor),
        )
        self.exchange = ExchangeServices(settings, database, clock)
        self.codebase = CodebaseServices(settings, database, clock, projects=self.projects)
        self.graph = GraphServices(
            settings,
            database,
            clock,
            origins=lambda: {
                **self.exchange.graph_origins(),
                **self.codebase.graph_origins(),
                **self.issues.graph_origins(),
            },
            remote_embedder=self.llm.remote_embedder,
            ask_about=self.prompts.ask_about_texts,
            open_to_models=self.projects.open_to_models,
        )
        self.experiments = ExperimentServices(
            database,
            clock,
            projects=self.projects,
            llm=self.llm,
            prompts=self.prompts,
            graph=self.graph,
            codebase=self.codebase,
            enqueue=lambda session, actor: self._enqueue(STRATEGY, session, actor),
            unit_outcomes=_unit_outcomes,
        )
        self.recall = RecallServices(
            database,
            clock,
            projects=self.projects,
            exchange=self.exchange,
            graph=self.graph,
            experiments=self.experiments,
            attempts=self._attempts,
            sources=_further_sources,
            contexts=self._contexts,
        )
        self.proposals = ProposalServices(
            settings,
            database,
            clock,
            projects=self.projects,
            prompts=self.prompts,
            codebase=self.codebase,
            recall=self.recall,
            precedents=self._precedents,
            experiments=self.experiments,
        )
        self.learning = LearningServices(settings, database, clock, projects=self.projects, proposals=self.proposals)
        self.workers = WorkerServices(
            settings,
            database,
            clock,
            projects=self.projects,
            codebase=self.codebase,
            issues=self.issues,
            llm=self.llm,
            prompts=self.prompts,
            exchange=self.exchange,
            experiments=self.experiments,
            recall=self.recall,
            proposals=self.proposals,
            learning=self.learning,
            dreamer=lambda: build_dreamer(database, clock, experiments=self.experiments, prompts=self.prompts),
        )
        self.runtime = RuntimeServices(
            settings,
            database,
            clock,
            process=process,
            projects=self.projects,
            prompts=self.prompts,
            exchange=self.exchange,
            llm=self.llm,
            experiments=self.experiments,
            proposals=self.proposals,
            workers=self.workers,
        )

    def close(self) -> None:
        """Let go of what is shared with other processes: the graph, the database."""
        self.graph.close()
        self.database.dispose()

    def load_built_in_prompts(self) -> int:
        """Bring the built-in files into the store; how many became versions."""
        from sigma_core.prompts import builtin_changes

        builtins = self.prompts.builtins
        with self.database.reading() as session:
            if not builtin_changes.changed(session, builtins.names(), builtins.digest):
                return 0
        from sigma_core.prompts.loading import BuiltInLoader

        return BuiltInLoader(self.database, self.clock, builtins, self.prompts.library).load()

    @contextmanager
    def cycles(self) -> Iterator[CycleNow]:
        """Run cycles in this process: each waits for whoever has it in hand."""
        with self.runtime.new_runner() as runner:
            yield partial(_cycle_now, runner)

    def remove_project(self, key: int | str, *, actor: str) -> Project:
        """Stop looking after a project, and call off the runs asked for it."""
        with self.database.transaction() as session:
            project = self.projects.service.remove(key, actor=actor, session=session)
            self.runtime.runs.cancel_project(project.id or 0, why=f"{actor} removed the project.", session=session)
        return project

    def verify(self, key: int | str, *, actor: str, progress: Callable[[str], None]) -> Reviewed:
        """Verify one proposal on the project's newest commit and decide it, now."""
        from sigma_core.proposals.review import Occasion

        proposal = self.proposals.service.get(key)
        project = self.projects.service.refresh(self.projects.service.get(proposal.project_id))
        moved = self.proposals.rebasing.onto_head(project, proposal)
        if moved is None:
            raise Conflict(f"The same change as proposal {proposal.id} is proposed on {project.head[:8]} already.")
        (reviewed,) = self.proposals.review.review(project, [moved], Occasion(actor), progress=progress)
        return reviewed

    def ask_to_verify(self, key: int | str, *, actor: str) -> Run:
        """Have the scheduler verify one proposal and decide it; the run that will.

        Raises `Conflict` for one that is neither waiting nor left to a person.
        """
        from sigma_core.runtime.runs import PERSONAL_PRIORITY

        with self.database.transaction() as session:
            proposal = self.proposals.service.await_verification(session, key, actor=actor)
            return self.runtime.runs.enqueue(
                "think", proposal.project_id, requested_by=actor, priority=PERSONAL_PRIORITY, session=session
            )

    def fix_now(self, key: int | str, *, actor: str) -> Run:
        """Have the next fix written for this issue; the run of dream that will, where it can.

        Raises `Conflict` for an issue that is not open, or whose fixes are not offered.
        """
        from sigma_core.runtime.runs import PERSONAL_PRIORITY

        policy = self.issues.rule_preferences.policy(self.issues.service.get(key).project_id)
        with self.database.transaction() as session:
            issue = self.issues.service.want(session, key, why_withheld=policy.why_withheld, actor=actor)
            return self.runtime.runs.enqueue(
                "dream", issue.project_id, requested_by=actor, priority=PERSONAL_PRIORITY, session=session
            )

    def _contexts(self, names: Collection[str]) -> Mapping[str, float]:
        return self.workers.context_model(names)

    def _precedents(self, proposal: Proposal) -> Precedents:
        return self.workers.risk_model(proposal)

    def _attempts(self, project_id: int | None, on: str) -> Sequence[Sentence]:
        from sigma_core.proposals.attempts import attempts

        return attempts(self.database, project_id, on)

    def _outcome_cases(self, slot: str) -> Sequence[EvolutionCase]:
        from sigma_core.proposals.prompt_cases import outcome_cases

        return outcome_cases(self.database, self.projects.service, slot)

    def _enqueue(self, job: str, session: Session, actor: str) -> None:
        """Ask for the job that works off what waits; one that is asked for already will do."""
        from sigma_core.runtime.runs import PERSONAL_PRIORITY

        self.runtime.runs.enqueue(job, requested_by=actor, priority=PERSONAL_PRIORITY, session=session)


def _offline_rules() -> Mapping[str, Rule]:
    """How each prompt is answered without a model server: the rules of the rooms that ask."""
    from sigma_core.prompts.rules import RULES
    from sigma_core.proposals import offline_votes, opinions

    return {**RULES, opinions.PROMPT: offline_votes.committee_scoring}


def _canary_outcomes() -> Mapping[str, Outcomes]:
    from sigma_core.proposals.outcomes.acceptance import ProposalAccepted

    return {"accepted": ProposalAccepted()}


def _unit_outcomes() -> tuple[Mapping[str, UnitOutcomes], Costs]:
    from sigma_core.runtime import unit_outcomes

    return unit_outcomes.OUTCOMES, unit_outcomes.costs


def _further_sources() -> Sequence[DocumentSource]:
    from sigma_core.learning.patterns.source import PatternSource
    from sigma_core.proposals.precedents import ProposalSource

    return [ProposalSource(), PatternSource()]


def _cycle_now(
    runner: Runner, worker: str, project: Project, requested_by: str, progress: Callable[[str], None]
) -> Run:
    if worker not in WORKERS:
        raise NotFound("worker", f"{worker} (known: {', '.join(WORKERS)})")
    return runner.run_here(worker, project.id, requested_by=requested_by, wait_s=WAIT_FOR_SCHEDULER_S, tell=progress)
