"""Evolving prompts: asked for, carried out, and what comes of it a version like any other, never a label."""

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded, Cancelled, Conflict, Invalid, SigmaError
from sigma_core.identity import existing_row
from sigma_core.prompts import reading, results
from sigma_core.prompts.evolution.attempt import Attempts, EvolutionResult, ReadyEvolution
from sigma_core.prompts.evolution.cases import EvolutionCase, case_of
from sigma_core.prompts.evolution.states import EvolutionStates
from sigma_core.prompts.evolution.tables import PromptEvolution
from sigma_core.prompts.evolution.watch import EvolutionWatch, Watched
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.tables import PRODUCTION, PromptTemplate
from sigma_core.prompts.template import Prompt
from sigma_core.prompts.testing import PromptTesting
from sigma_core.state_machine import RunState

log = logging.getLogger(__name__)
STOPPED = "Stopped before it ended. Nothing of it was saved."
DEFAULT_CALLS = 150
MOST_SEED = 2**31 - 1

Outcomes = Callable[[str], Sequence[EvolutionCase]]
"""Cases from how the answers of a slot ended."""
Enqueue = Callable[[Session, str], object]
"""Asks for an execution of the job, in the caller's transaction and somebody's name. Asking twice asks once."""


@dataclass(frozen=True)
class EvolutionWish:
    """What an evolution may use, and why it is wanted. `version`: the words to begin with; production's if left out."""

    reason: str
    calls: int = DEFAULT_CALLS
    nano_usd: int | None = None
    seed: int = 0
    version: int | None = None


class PromptEvolutions:
    """Asks for evolutions, works them off, keeps the record."""

    def __init__(
        self,
        database: Database,
        states: EvolutionStates,
        attempts: Attempts,
        library: PromptLibrary,
        testing: PromptTesting,
        *,
        outcomes: Outcomes,
        enqueue: Enqueue,
    ) -> None:
        self._database, self.states, self._attempts = database, states, attempts
        self._library, self._testing = library, testing
        self._outcomes, self._enqueue = outcomes, enqueue

    def ask(self, name: str, wish: EvolutionWish, *, actor: str) -> PromptEvolution:
        """Have the scheduler carry it out. One of the same template that waits already is the one.

        Raises `NotFound`, and whatever speaks against it from the start, as `Attempts.prepare` does.
        """
        row = self._row(name, wish, actor, RunState.QUEUED)
        self._ready(row)
        with self._database.transaction() as session:
            added = self.states.add(row, session)
            self._enqueue(session, actor)
            return added

    def run(
        self, name: str, wish: EvolutionWish, *, actor: str, tell: Callable[[str], None] = lambda _: None
    ) -> PromptEvolution:
        """Carry it out here and now. What it raises is recorded with it, and raised."""
        row = self._row(name, wish, actor, RunState.RUNNING)
        ready = self._ready(row)
        with self._database.transaction() as session:
            row = self.states.add(row, session)
        try:
            self._carry_out(row, ready, Watched(row, self.states, tell))
        except (Cancelled, KeyboardInterrupt):
            self.states.finish(row, RunState.CANCELLED, error=STOPPED)
            raise
        except Exception as error:
            self.states.finish(row, RunState.ERROR, error=_error_text(error))
            raise
        return self.get(row.id or 0)

    def work_off(self, job: int, watch: EvolutionWatch) -> int:
        """Carry out what waits, one after the other, in the job's execution `job`; how many ended."""
        ended = 0
        while (row := self.states.take(job)) is not None:
            watch.progress(f"evolution {row.id}")
            try:
                self._carry_out(row, self._ready(row), Watched(row, self.states, watch.progress))
            except Cancelled:
                self.states.finish(row, RunState.CANCELLED, error=STOPPED)
                if not self.get(row.id or 0).cancel_requested:
                    raise
            except Exception as error:  # noqa: BLE001 (its failure is its row's, never the executor's)
                self.states.finish(row, RunState.ERROR, error=_error_text(error))
            ended += 1
        return ended

    def look(self) -> None:
        """See to it that somebody works off what waits, whatever became of the execution that was asked for."""
        if self.states.has_unfinished():
            with self._database.transaction() as session:
                self._enqueue(session, "evolutions")

    def get(self, key: int | str) -> PromptEvolution:
        """One of them. Raises `NotFound`."""
        with self._database.reading() as session:
            return existing_row(session, PromptEvolution, "evolution", key)

    def list(self, name: str | None = None, limit: int = 50) -> Sequence[PromptEvolution]:
        """The newest first; those of one template, or all. Raises `NotFound`."""
        query = select(PromptEvolution).order_by(col(PromptEvolution.id).desc()).limit(limit)
        with self._database.reading() as session:
            if name is not None:
                query = query.where(PromptEvolution.template_id == reading.find(session, name).id)
            return session.exec(query).all()

    def _row(self, name: str, wish: EvolutionWish, actor: str, status: RunState) -> PromptEvolution:
        if not 0 <= wish.seed <= MOST_SEED:
            raise Invalid({"seed": f"is not in 0 to {MOST_SEED}"})
        if not wish.reason.strip() or len(wish.reason) > 2000:
            raise Invalid({"reason": "is missing" if not wish.reason.strip() else "has more than 2000 characters"})
        with self._database.reading() as session:
            template = reading.find(session, name)
            number = wish.version or reading.labels(session, template).get(PRODUCTION)
            base = reading.version(session, template, number) if number else reading.latest(session, template)
            return PromptEvolution(
                template_id=template.id or 0,
                base_number=base.number,
                model=self._testing.model_name,
                seed=wish.seed,
                most_calls=wish.calls,
                most_nano_usd=wish.nano_usd,
                reason=wish.reason,
                requested_by=actor,
                status=status,
                requested_at=self._database.now(session),
            )

    def _ready(self, row: PromptEvolution) -> ReadyEvolution:
        base = self._base(row)
        with self._database.reading() as session:
            tests = [results.case(each) for each in results.tests(session, row.template_id) if each.enabled]
        cases = [case_of(each) for each in tests]
        calls = sum(each.calls for each in cases)
        return self._attempts.prepare(
            base,
            [*cases, *self._outcomes(base.name)],
            calls,
            calls=row.most_calls,
            nano_usd=row.most_nano_usd,
            seed=row.seed,
        )

    def _base(self, row: PromptEvolution) -> Prompt:
        with self._database.reading() as session:
            template = existing_row(session, PromptTemplate, "prompt", row.template_id)
            return reading.prompt_of(template, reading.version(session, template, row.base_number))

    def _carry_out(self, row: PromptEvolution, ready: ReadyEvolution, tell: Watched) -> None:
        result = self._attempts.carry_out(ready, tell)
        made = self._save(row, result)
        if made is not None:
            self._testing.run(str(row.template_id), version=made, actor=row.requested_by, progress=tell.tell)

    def _save(self, row: PromptEvolution, result: EvolutionResult) -> int | None:
        """The version and the end of the evolution in one transaction: there is never one without the other."""
        with self._database.transaction() as session:
            made = None
            if result.content is not None:
                note = f"From v{row.base_number} by gepa, evolution {row.id}. {result.verdict} {result.reason}"
                saved = self._library.edit(
                    str(row.template_id),
                    result.content,
                    parent=row.base_number,
                    note=note[:2000],
                    actor=row.requested_by,
                    session=session,
                )
                made = saved.version.number
            done = self.states.finish(
                row,
                RunState.SUCCESS,
                made_number=made,
                verdict=result.verdict[:2000],
                figures=result.figures,
                session=session,
            )
            if not done:
                raise Conflict(f"Evolution {row.id} was given up meanwhile; what it found is not saved.")
        return made


def _error_text(error: Exception) -> str:
    if isinstance(error, BudgetExceeded):
        return f"{error} Nothing of it was saved."
    if isinstance(error, SigmaError):
        return str(error)
    log.error("An evolution failed", exc_info=error)
    return "".join(traceback.format_exception(error))
