"""Asking the graph by strategies: now, or by the scheduler; and which to ask next."""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.errors import Cancelled, Conflict, Invalid, NotFound, SigmaError
from sigma_core.experiments import recommendation
from sigma_core.experiments.protocols import Catalog, StrategyAnswer, Watch
from sigma_core.experiments.recommendation import Recommendation
from sigma_core.experiments.result_limits import MOST_ENTITIES, MOST_SUMMARY, limited
from sigma_core.experiments.run_history import RunHistory, StrategyQuestion
from sigma_core.experiments.run_state import StrategyRunStates
from sigma_core.experiments.tables import StrategyRun
from sigma_core.state_machine import RunState

log = logging.getLogger(__name__)
Enqueue = Callable[[Session, str], object]
"""Asks for an execution of the job, in the caller's transaction and somebody's name. Asking twice asks once."""


@dataclass(frozen=True)
class _Watched:
    """Passes progress on to whoever waits and to the run's row; the row's word to stop ends the strategy."""

    run: StrategyRun
    states: StrategyRunStates
    tell: Callable[[str], None]

    def progress(self, text: str) -> None:
        self.tell(text)
        if not self.states.say(self.run, text):
            raise Cancelled(f"Strategy run {self.run.id} was called off.")


class StrategyRuns:
    """Executes strategies and keeps the record."""

    def __init__(
        self, database: Database, catalog: Catalog, record: RunHistory, states: StrategyRunStates, enqueue: Enqueue
    ) -> None:
        self._database, self._catalog = database, catalog
        self.record, self._states, self._enqueue = record, states, enqueue

    def ask(
        self,
        strategy: str,
        worker: str,
        parameters: Mapping[str, Any],
        *,
        actor: str,
        project_id: int | None = None,
        rerun_of: int | None = None,
    ) -> StrategyRun:
        """Have the scheduler run it. The same question that waits already is one. Raises as `Catalog.prepare`."""
        ready = self._catalog.prepare(strategy, worker, parameters, project_id)
        asked = StrategyQuestion(strategy, worker, ready.parameters, project_id, rerun_of=rerun_of)
        with self._database.transaction() as session:
            run = self.record.add(asked, RunState.QUEUED, actor, session=session)
            self._enqueue(session, actor)
            return run

    def ask_again(self, key: int | str, *, actor: str) -> StrategyRun:
        """Have the scheduler run it once more with the same parameters."""
        run = self.record.get(key)
        return self.ask(
            run.strategy, run.worker, run.parameters, actor=actor, project_id=run.project_id, rerun_of=run.id
        )

    def run(
        self,
        strategy: str,
        worker: str,
        parameters: Mapping[str, Any],
        *,
        actor: str,
        project_id: int | None = None,
        rerun_of: int | None = None,
        tell: Callable[[str], None] = lambda _: None,
        tentative: bool = False,
    ) -> StrategyRun:
        """Run it here and now. What it raises is recorded with it, and raised.

        A `tentative` question about what the graph does not know (`NotFound`, `Invalid`) leaves no record.
        """
        ready = self._catalog.prepare(strategy, worker, parameters, project_id)
        asked = StrategyQuestion(strategy, worker, ready.parameters, project_id, rerun_of=rerun_of)
        run = self.record.add(asked, RunState.RUNNING, actor)
        try:
            with self._states.held(run):
                answer = ready.run(_Watched(run, self._states, tell))
            self._finish(run, answer)
        except (Cancelled, KeyboardInterrupt):
            self._states.finish(run, RunState.CANCELLED, error="Stopped on request.")
            raise
        except Exception as error:
            if tentative and isinstance(error, NotFound | Invalid):
                self.record.forget(run)
            else:
                self._states.finish(run, RunState.ERROR, error=_error_text(error))
            raise
        return self.record.get(run.id or 0)

    def run_again(self, key: int | str, *, actor: str, tell: Callable[[str], None] = lambda _: None) -> StrategyRun:
        """Here and now, once more with the same parameters."""
        run = self.record.get(key)
        return self.run(
            run.strategy, run.worker, run.parameters, actor=actor, project_id=run.project_id, rerun_of=run.id, tell=tell
        )

    def work_off(self, job: int, watch: Watch) -> int:
        """Run what waits, one after the other, in the job's execution `job`; how many ended.

        Raises `Cancelled` as the watch does; then the run under way belongs to whoever takes the execution over.
        """
        ended = 0
        while (run := self._states.take(job)) is not None:
            watch.progress(f"{run.strategy} for {run.worker}")
            self._carry_out(run, watch)
            ended += 1
        return ended

    def cancel(self, key: int | str, *, actor: str) -> StrategyRun:
        """Call a run off. Raises `Conflict` if it has ended."""
        return self._states.cancel(key, actor)

    def look(self) -> None:
        """See to it that somebody works off what waits, whatever became of the execution that was asked for."""
        if self._states.has_unfinished():
            with self._database.transaction() as session:
                self._enqueue(session, "strategy runs")

    def recommend(self, worker: str, context: str | None = None) -> Recommendation:
        """What to run next, and why. Raises `NotFound`, `Invalid`, `Forbidden` for what there is not or may not be."""
        allowed = self._catalog.allowed(worker)
        if context is not None:
            return recommendation.for_context(context, worker, list(allowed))
        records, newest = self.record.records(worker, {name: metrics[0] for name, metrics in allowed.items()})
        return recommendation.by_success(worker, records, f"{worker}/{newest}")

    def _carry_out(self, run: StrategyRun, watch: Watch) -> None:
        watched = _Watched(run, self._states, watch.progress)
        try:
            ready = self._catalog.prepare(run.strategy, run.worker, run.parameters, run.project_id)
            self._finish(run, ready.run(watched))
        except Cancelled:
            if not self.record.get(run.id or 0).cancel_requested:
                raise
            self._states.finish(run, RunState.CANCELLED, error="Stopped on request.")
        except Conflict as error:
            log.info("%s", error)
        except Exception as error:  # noqa: BLE001 (a part that others bring)
            self._states.finish(run, RunState.ERROR, error=_error_text(error))

    def _finish(self, run: StrategyRun, answer: StrategyAnswer) -> None:
        found = limited(answer.details)
        metrics = {
            name: {"value": each.value, "n": each.n, "better": each.better, "note": each.note}
            for name, each in answer.metrics.items()
        }
        done = self._states.finish(
            run,
            RunState.SUCCESS,
            metrics=limited(metrics).result,
            summary=answer.summary[:MOST_SUMMARY],
            result=found.result,
            cut=found.cut,
            entities=list(answer.entities[:MOST_ENTITIES]),
            graph_version=answer.graph_version[:80],
        )
        if not done:
            raise Conflict(f"Strategy run {run.id} was given up meanwhile; what it found is not recorded.")


def _error_text(error: Exception) -> str:
    if isinstance(error, SigmaError):
        return str(error)
    log.error("A strategy failed", exc_info=error)
    return "".join(traceback.format_exception(error))
