"""The one composition root: what SIGMA is made of, each part built when first needed."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property, partial

from pydantic import SecretStr

from sigma_core import schema
from sigma_core.clock import Clock, utc_now
from sigma_core.database import Database
from sigma_core.dreamer.worker import DreamerWorker
from sigma_core.errors import Conflict, NotFound, Unavailable
from sigma_core.exchange import projection
from sigma_core.exchange.desk import Desk
from sigma_core.exchange.feed import Feed
from sigma_core.exchange.registry import Registry, installed
from sigma_core.exchange.service import Exchange
from sigma_core.experiments.trials import Experiments
from sigma_core.graph import imported
from sigma_core.graph.adapter import Address, KnowledgeGraph
from sigma_core.graph.embeddings.choosing import choose_embedder
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.filling import Filling, Origin
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.updater import Updater
from sigma_core.issues.book import IssueBook
from sigma_core.learning.service import Learning
from sigma_core.llm.budgets import Budgets
from sigma_core.llm.health import HealthBook
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.model import Model, ModelAnswer
from sigma_core.llm.models import build_models, configured, origins
from sigma_core.llm.offline import OfflineRules
from sigma_core.llm.prices import Prices
from sigma_core.llm.pricing import Pricing
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tokens import Tokens
from sigma_core.projects.environment import EnvironmentBuilder
from sigma_core.projects.git import Clone
from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.sandbox import Sandbox
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.canary import CallSuccess, Canaries, Outcomes
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.grading import ModelJudge
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.loading import BuiltInLoader
from sigma_core.prompts.lookup import PromptLookup
from sigma_core.prompts.porting import Porting
from sigma_core.prompts.questions import Questions
from sigma_core.prompts.results import TestsGate
from sigma_core.prompts.rules import RULES
from sigma_core.prompts.snapshot import Snapshot
from sigma_core.prompts.testing import PromptTesting
from sigma_core.proposals import checklists, opinions
from sigma_core.proposals.applying import Applying
from sigma_core.proposals.decision import Thresholds
from sigma_core.proposals.fixers.base import Fixer
from sigma_core.proposals.fixers.linter import LinterFixer
from sigma_core.proposals.fixers.model import ModelFixer
from sigma_core.proposals.judging import Judge, Judged, Occasion, Setting
from sigma_core.proposals.opinions import Opinions
from sigma_core.proposals.outcomes import ProposalAccepted
from sigma_core.proposals.precedents import ProposalSource
from sigma_core.proposals.rebasing import Rebasing
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.verification import Verifier
from sigma_core.recall.facts import FactSource
from sigma_core.recall.search import OWN_SOURCES, Recall
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures
from sigma_core.runtime.executors import Executors, executor_name
from sigma_core.runtime.heads import Heads
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.pulse import Pulse
from sigma_core.runtime.runner import Limits, Runner
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule, intervals
from sigma_core.runtime.status import Status
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings
from sigma_core.workers.analysis import AnalysisWorker
from sigma_core.workers.base import Cycle, Worker
from sigma_core.workers.choosing import Priorities
from sigma_core.workers.contexts import ContextModel
from sigma_core.workers.dream import DreamWorker
from sigma_core.workers.heard import Heard
from sigma_core.workers.learning import LearningWorker
from sigma_core.workers.recall import RecallWorker
from sigma_core.workers.risks import RiskModel
from sigma_core.workers.think import ThinkWorker

CycleNow = Callable[[str, Project, str, Callable[[str], None]], Run]
"""Runs one cycle: (worker, project, requested_by, progress). Raises `NotFound` for an unknown worker."""

WAIT_FOR_SCHEDULER_S = 600.0
"""How long `sigma run` waits for a cycle that a scheduler has in hand."""


def build(settings: Settings, *, process: str = "command") -> "System":
    """SIGMA on these settings, its database migrated. `process`: scheduler, command or console.

    Raises `Unavailable` where the home cannot be used.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=settings.home).close()
    except OSError as error:
        elsewhere = "choose another folder with --home or SIGMA_HOME"
        raise Unavailable(f"Nothing can be written to {settings.home} ({error.strerror}); {elsewhere}.") from None
    system = System(settings, process)
    schema.migrate(system.database)
    system.load_built_in_prompts()
    return system


class System:
    """SIGMA as a whole: services by name."""

    cycle_order = ("analysis", "dream", "think", "learning", "recall", "dreamer")

    def __init__(self, settings: Settings, process: str, clock: Clock = utc_now) -> None:
        self.settings, self.clock, self._process = settings, clock, process

    def close(self) -> None:
        """Let go of what is shared with other processes: the graph, the database."""
        if (graph := vars(self).get("graph")) is not None:
            graph.close()
        if (database := vars(self).get("database")) is not None:
            database.dispose()

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_location)

    @cached_property
    def sandbox(self) -> Sandbox:
        from sigma_core.projects.sandbox.select import select_sandbox

        return select_sandbox(self.settings)

    @cached_property
    def projects(self) -> Projects:
        return Projects(self.database, self.clock, self.settings.home, self._install)

    @cached_property
    def issues(self) -> IssueBook:
        return IssueBook(self.database, self.clock)

    @cached_property
    def exchange(self) -> Exchange:
        return Exchange(
            self.database, self.clock, Registry(installed()),
            lease_s=self.settings.delivery_lease_s, attempts=self.settings.delivery_attempts,
        )  # fmt: skip

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.database, self.clock, self.exchange)

    @cached_property
    def feed(self) -> Feed:
        return Feed(self.database, self.clock)

    @cached_property
    def graph_server(self) -> EmbeddedServer:
        return EmbeddedServer(self.settings.home)

    @cached_property
    def graph(self) -> KnowledgeGraph:
        url, password = _plain(self.settings.graph_url), _plain(self.settings.graph_password)
        return KnowledgeGraph(self.graph_server, Address(url, self.settings.graph_user, password))

    @cached_property
    def graph_updater(self) -> Updater:
        return Updater(
            self.database, self.graph, {name: origin.items for name, origin in self._graph_origins.items()}
        )  # fmt: skip

    @cached_property
    def graph_filling(self) -> Filling:
        return Filling(self.database, self.clock, self.graph, self._graph_origins)

    @cached_property
    def _graph_origins(self) -> dict[str, Origin]:
        return {
            projection.ORIGIN: Origin(partial(projection.items, self.exchange.registry), projection.everything),
            imported.ORIGIN: Origin(imported.items, imported.everything),
        }

    @cached_property
    def embedder(self) -> Embedder | None:
        return choose_embedder(self.settings.embedder)

    @cached_property
    def recall(self) -> Recall:
        return Recall(
            self.database, self.clock, (*OWN_SOURCES, FactSource(self.clock), ProposalSource()),
            ContextModel(self._heard("recall")),
        )  # fmt: skip

    @cached_property
    def experiments(self) -> Experiments:
        return Experiments(self.database, self.clock)

    @cached_property
    def learning(self) -> Learning:
        return Learning(self.database, self.clock)

    @cached_property
    def prompts(self) -> PromptLookup:
        return PromptLookup(self.database, Snapshot(self.settings.home / "prompts"), self.builtins)

    @cached_property
    def questions(self) -> Questions:
        return Questions(self.prompts, self.model)

    @cached_property
    def builtins(self) -> BuiltIns:
        return BuiltIns()

    @cached_property
    def library(self) -> PromptLibrary:
        return PromptLibrary(self.database, self.clock, TestsGate(self.model.name))

    @cached_property
    def catalog(self) -> PromptCatalog:
        return PromptCatalog(self.database)

    @cached_property
    def canaries(self) -> Canaries:
        outcomes: dict[str, Outcomes] = {"success": CallSuccess(), "accepted": ProposalAccepted()}
        return Canaries(self.database, self.clock, TestsGate(self.model.name), outcomes)

    @cached_property
    def prompt_tests(self) -> PromptTesting:
        judge = ModelJudge(self.model) if self.model.remote else None
        return PromptTesting(
            self.database, self.clock, self.catalog, self.model, price=self._answer_price, judge=judge
        )  # fmt: skip

    @cached_property
    def porting(self) -> Porting:
        return Porting(self.database, self.clock, self.library, self.catalog)

    def load_built_in_prompts(self) -> int:
        """Bring the built-in files into the store; how many became versions."""
        return BuiltInLoader(self.database, self.clock, self.builtins, self.library).load()

    @cached_property
    def usage(self) -> UsageLedger:
        return UsageLedger(self.database)

    @property
    def model_names(self) -> Sequence[str]:
        """The configured models."""
        return list(configured(self.settings))

    @cached_property
    def prices(self) -> Prices:
        return Prices(self.database, origins(self.settings), self.settings.price_list_model)

    @cached_property
    def pricing(self) -> Pricing:
        return Pricing(self.database, self.clock, self.prices)

    @cached_property
    def budgets(self) -> Budgets:
        return Budgets(
            self.database, self.clock, models=configured(self.settings), degrade_model=self.settings.degrade_model
        )

    @cached_property
    def model_health(self) -> HealthBook:
        return HealthBook(self.database, self.clock)

    @cached_property
    def model(self) -> MeteredModel:
        models = build_models(self.settings, self.model_health)
        spool = self.settings.home / "spool" / "usage.jsonl"
        return MeteredModel(
            models[self.settings.model] if self.settings.model else self._offline(),
            UsageRecorder(self.database, spool, budgets=self.budgets),
            self.clock,
            deadline_s=self.settings.model_timeout_s * 2,
            prices=self.prices,
            budgets=self.budgets,
            others=models,
        )

    def _offline(self) -> Model:
        return OfflineRules({**RULES, opinions.PROMPT: checklists.committee_scoring})

    @cached_property
    def proposals(self) -> Proposals:
        return Proposals(self.database, self.clock, self.projects)

    @cached_property
    def judge(self) -> Judge:
        return Judge(
            database=self.database, clock=self.clock, verifier=self.verifier,
            precedents=RiskModel(self._heard("think"), self.learning.precedents),
            opinions=Opinions(self.model, self.prompts, self.projects.get, self._pool),
            setting=Setting(thresholds=Thresholds(self.settings.approve_at, self.settings.reject_below)),
        )  # fmt: skip

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(
            projects=self.projects, sandbox=self.sandbox, find_interpreter=find_interpreter, home=self.settings.home
        )

    @cached_property
    def applying(self) -> Applying:
        return Applying(self.database, self.clock, self.projects, self.proposals, self.judge)

    @cached_property
    def rebasing(self) -> Rebasing:
        return Rebasing(self.database, self.clock, self.projects)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self.database, self.clock)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.database, self.clock, self.runs, intervals(self.settings))

    @cached_property
    def heads(self) -> Heads:
        return Heads(self.projects, self.schedule, self.runs)

    @cached_property
    def status(self) -> Status:
        return Status(self.database, self.settings)

    def new_runner(self) -> Runner:
        """This process as an executor; each can be started once."""
        settings, owner = self.settings, executor_name()
        leases = Leases(self.database, self.runs, lease_s=settings.run_lease_s, attempts=settings.run_attempts)
        pulse = Pulse(
            leases, Executors(self.database), owner=owner, kind=self._process, heartbeat_s=settings.heartbeat_s,
            patience_s=settings.drain_s,
        )  # fmt: skip
        return Runner(
            self.runs, leases, pulse, self.execute, owner=owner, limits=Limits(deadline_s=settings.run_deadline_s)
        )

    @cached_property
    def cycle(self) -> Cycle:
        """The six agents."""
        priorities = Priorities(self._heard("analysis"), self.learning.acceptance)
        workers: Sequence[Worker] = (
            AnalysisWorker(self.database, self.clock, self.projects, self.issues, priorities),
            DreamWorker(
                database=self.database,
                clock=self.clock,
                projects=self.projects,
                issues=self.issues,
                proposals=self.proposals,
                linters=(LinterFixer("safe"), LinterFixer("unsafe")),
                model=self._model_fixer if self.model.remote else None,
                recall=self.recall,
                experiments=self.experiments,
                acceptance=priorities,
                exchange=self.exchange,
                heard=self._heard("dream"),
            ),
            ThinkWorker(
                self.database, self.clock, self.exchange, self._heard("think"), self.projects, self.proposals,
                self.judge, self.rebasing, self.applying, self.settings.autonomy,
            ),
            LearningWorker(self.database, self.learning),
            RecallWorker(self.issues, self.recall),
            DreamerWorker(self.database, self.clock, self.experiments),
        )  # fmt: skip
        by_name = {worker.name: worker for worker in workers}
        return Cycle(self.database, self.clock, self.exchange, by_name, {"learning": self.learning.hear})

    def _heard(self, worker: str) -> Heard:
        return Heard(self.database, self.exchange, worker)

    def execute(self, run: Run, context: RunContext) -> CycleFigures:
        """Do a run's cycle."""
        if run.worker == "retention":
            done = self.exchange.retain()
            return CycleFigures(produced=done.ended, figures=asdict(done))
        if run.project_id is None:
            report = self.cycle.exchange(context)
        else:
            report = self.cycle.run(run.worker, self.projects.get(run.project_id), context)
            if self._process == "scheduler":
                self.heads.after(run, report.produced)
        self.canaries.advance()
        return CycleFigures(report.produced, report.published, report.received, report.figures)

    @contextmanager
    def cycles(self) -> Iterator[CycleNow]:
        """Run cycles in this process: each waits for whoever has it in hand."""
        with self.new_runner() as runner:
            yield partial(self._cycle_now, runner)

    def _cycle_now(
        self, runner: Runner, worker: str, project: Project, requested_by: str, progress: Callable[[str], None]
    ) -> Run:
        if worker not in self.cycle_order:
            raise NotFound("worker", f"{worker} (known: {', '.join(self.cycle_order)})")
        return runner.run_here(
            worker, project.id, requested_by=requested_by, wait_s=WAIT_FOR_SCHEDULER_S, tell=progress
        )  # fmt: skip

    def remove_project(self, key: int | str, *, actor: str) -> Project:
        """Stop looking after a project, and call off the runs asked for it."""
        with self.database.transaction() as session:
            project = self.projects.remove(key, actor=actor, session=session)
            self.runs.cancel_project(project.id or 0, why=f"{actor} removed the project.", session=session)
        return project

    def verify(self, key: int | str, *, actor: str, progress: Callable[[str], None]) -> Judged:
        """Verify one proposal on the project's newest commit and decide it, now."""
        proposal = self.proposals.get(key)
        project = self.projects.refresh(self.projects.get(proposal.project_id))
        moved = self.rebasing.onto_head(project, proposal)
        if moved is None:
            raise Conflict(f"The same change as proposal {proposal.id} is proposed on {project.head[:8]} already.")
        (judged,) = self.judge.judge(project, [moved], Occasion(actor), progress=progress)
        return judged

    def _answer_price(self, answer: ModelAnswer) -> int | None:
        """Nano-USD; None without a price or the server's own count of tokens."""
        if not self.model.remote:
            return 0
        if answer.input_tokens is None or answer.output_tokens is None:
            return None
        tokens = Tokens.of(answer.input_tokens, answer.output_tokens, answer.cached_tokens)
        return self.prices.book().cost(answer.model, tokens, self.clock())

    def _install(self, project: Project, clone: Clone) -> str:
        return EnvironmentBuilder(self.sandbox, self.settings.home).install(project, clone)

    def _model_fixer(self, run_id: int) -> Fixer:
        return ModelFixer(self.model, self.prompts, self.projects.get, run_id)

    @cached_property
    def _pool(self) -> Executor:
        return ThreadPoolExecutor(self.settings.model_concurrency, thread_name_prefix="model")


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
