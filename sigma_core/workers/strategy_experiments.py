"""A worker's experiment: once per cycle one question to the graph, asked again only when the graph or the question has
changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Forbidden, Invalid, NotFound, SigmaError, Unavailable
from sigma_core.experiments.run_history import StrategyQuestion
from sigma_core.experiments.tables import StrategyRun
from sigma_core.experiments.tunable_catalog import strategy_parameters
from sigma_core.experiments.tunables import DefaultValues, TunedValues
from sigma_core.graph.tables import GraphUpdates
from sigma_core.projects.tables import Project
from sigma_core.workers.base import CycleContext
from sigma_core.workers.memory import Memory, change, read

if TYPE_CHECKING:
    from sigma_core.experiments.strategy_runs import StrategyRuns

MOST_QUESTIONS = 5
"""Of one strategy in one cycle."""
MOVED = 0.05
"""Share by which the changes written to the graph must have grown before the same is asked again: what a cycle tells of
itself is no news, and the cost of asking does not grow with the graph."""
MOST_PROJECTS = 100
"""Projects whose last questions a worker remembers."""
Parameters = Mapping[str, Any]


class StrategyPlan(Protocol):
    """What a worker wants to know of the graph, by one strategy."""

    @property
    def strategy(self) -> str: ...

    def questions(self, project: Project) -> Sequence[Parameters]:
        """What it would ask now, the most urgent first; cheap, because it is asked for in every cycle."""


@dataclass(frozen=True)
class ProjectPlan:
    """A plan whose questions are a function of the project."""

    strategy: str
    ask: Callable[[Project], Sequence[Parameters]]

    def questions(self, project: Project) -> Sequence[Parameters]:
        """What the function makes of the project."""
        return self.ask(project)


@dataclass(frozen=True)
class StrategyExperiments:
    """The experiments of all workers. What they ask is in the record like anybody's run."""

    database: Database
    clock: Clock
    runs: Callable[[], "StrategyRuns"]
    """Built when something is asked: a cycle in which nothing is does not pay for it."""
    by_worker: Mapping[str, Sequence[StrategyPlan]] = field(default_factory=dict)
    values: TunedValues = field(default_factory=DefaultValues)

    def in_cycle(self, worker: str, project: Project, context: CycleContext) -> dict[str, Any]:
        """One worker's experiment in its run, with the parameters that the run reads."""
        return self.step(worker, project, context.progress, context.run_id)

    def all(self, project: Project, tell: Callable[[str], None]) -> None:
        """Every question of every worker that is due, so that the next cycles have nothing to ask but what is new."""
        for worker, plans in self.by_worker.items():
            for _ in plans:
                if not self.step(worker, project, tell):
                    break

    def step(
        self, worker: str, project: Project, tell: Callable[[str], None], run_id: int | None = None
    ) -> dict[str, Any]:
        """One worker's experiment; what is told of it in the cycle's figures. Empty where nothing has changed.

        A graph that is away costs the answer and nothing else.
        """
        plans = self.by_worker.get(worker, ())
        if not plans:
            return {}
        with self.database.reading() as session:
            state, memory = _graph(session), _memory(read(session, worker), project)
            now = self.database.now(session)
        if not state.written:
            return {}
        due = self._due(plans, project, memory, state.written)
        if due is None:
            return {}
        if state.paused_until is not None and state.paused_until > now:
            return {"strategy": due.strategy, "skipped": f"The graph is away: {state.last_error}"}
        return self._ask(worker, project, self._tuned(worker, project, due, run_id), state.written, tell)

    def answers(self, worker: str, strategy: str, project_id: int) -> Sequence[StrategyRun]:
        """What a worker's last experiment with a strategy in a project has found."""
        with self.database.reading() as session:
            known = read(session, worker).get("asked", {}).get(str(project_id), {}).get(strategy, {})
            ids = known.get("answers", [])
            found = session.exec(select(StrategyRun).where(col(StrategyRun.id).in_(ids))).all() if ids else ()
        return sorted(found, key=lambda run: ids.index(run.id))

    def used(self, run: StrategyRun) -> None:
        """An answer has changed what a worker does."""
        with self.database.transaction() as session:
            self.runs().record.used(run.id or 0, session=session)

    def _due(
        self, plans: Sequence[StrategyPlan], project: Project, memory: Mapping[str, Any], written: int
    ) -> "_Due | None":
        """Of those with something new to ask, the one that was asked longest ago."""
        due = []
        for plan in plans:
            questions = list(plan.questions(project))[:MOST_QUESTIONS]
            known = memory.get(plan.strategy, {})
            digests = [_digest(plan.strategy, each) for each in questions]
            moved = written > known.get("written", 0) * (1 + MOVED)
            if questions and (moved or known.get("digests") != digests):
                due.append((known.get("turn", 0), _Due(plan.strategy, questions, digests)))
        return min(due, key=lambda item: item[0])[1] if due else None

    def _tuned(self, worker: str, project: Project, due: "_Due", run_id: int | None) -> "_Due":
        """The questions with the parameters that this run reads, where they are asked with the default."""
        if run_id is None:
            return due
        questions = [dict(each) for each in due.questions]
        for name, tunable in strategy_parameters(worker, due.strategy):
            value = self.values.value(tunable, project.id or 0, run_id)
            for each in questions:
                if value != tunable.default and each.get(name, tunable.default) == tunable.default:
                    each[name] = value
        return replace(due, questions=questions)

    def _ask(
        self, worker: str, project: Project, due: "_Due", written: int, tell: Callable[[str], None]
    ) -> dict[str, Any]:
        answers, unknown, failed = [], 0, 0
        for parameters in due.questions:
            tell(f"asking the graph: {due.strategy}")
            try:
                run = self.runs().run(
                    due.strategy, worker, parameters, actor=worker, project_id=project.id, tell=tell, tentative=True
                )
            except (Unavailable, Forbidden) as error:
                return {"strategy": due.strategy, "skipped": str(error)}
            except (NotFound, Invalid):
                # The graph knows nothing of it yet
                unknown += 1
            except SigmaError:
                raise
            except Exception:  # noqa: BLE001 (a part that others bring; its run keeps the error)
                failed += 1
            else:
                answers.append(run.id or 0)
        with self.database.transaction() as session:
            asked = {"written": written, "digests": due.digests, "answers": answers}
            change(session, self.clock, worker, lambda memory: _with_question(memory, project, due.strategy, asked))
        counts = {"unknown": unknown, "failed": failed}
        return {"strategy": due.strategy, "runs": answers, **{name: count for name, count in counts.items() if count}}


@dataclass(frozen=True)
class _Due:
    strategy: str
    questions: Sequence[Parameters]
    digests: Sequence[str]


def _digest(strategy: str, parameters: Parameters) -> str:
    return StrategyQuestion(strategy, "", parameters).digest


def _graph(session: Session) -> GraphUpdates:
    return session.get(GraphUpdates, 1) or GraphUpdates(written=0)


def _memory(memory: Memory, project: Project) -> Mapping[str, Any]:
    known: Mapping[str, Any] = memory.get("asked", {}).get(str(project.id), {})
    return known


def _with_question(memory: Memory, project: Project, strategy: str, asked: Mapping[str, Any]) -> Memory:
    """Memory with the last questions of a strategy in a project; those not asked about for longest are forgotten."""
    projects = dict(memory.get("asked", {}))
    known = projects.pop(str(project.id), {})
    turn = 1 + max((each.get("turn", 0) for each in known.values()), default=0)
    projects[str(project.id)] = {**known, strategy: {**asked, "turn": turn}}
    return {**memory, "asked": dict(list(projects.items())[-MOST_PROJECTS:])}
