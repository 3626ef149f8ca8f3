"""Executes one claimed run and records how it ended: the door at which every error becomes words."""

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sigma_core import logs, tracing
from sigma_core.errors import Cancelled, Disconnected, Locked, Retryable, SigmaError, Unavailable
from sigma_core.runtime.claim import Claim, LeaseLost
from sigma_core.runtime.context import RunContext, Stop
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

log = logging.getLogger(__name__)

LONGEST_BACK_OFF_S = 3600.0


@dataclass(frozen=True)
class CycleFigures:
    """What a cycle did: issues, proposals or decisions produced, messages published and received.

    With `error` the run counts as failed, and what it did still counts.
    """

    produced: int = 0
    published: int = 0
    received: int = 0
    figures: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


Execute = Callable[[Run, RunContext], CycleFigures]
"""Does the run's cycle. May raise any of SIGMA's errors; `Retryable` brings the run back later."""


@dataclass(frozen=True)
class Ending:
    """A final state; or queued, due again after `retry_after_s`; or none: given back for others to go on."""

    state: RunState | None
    error: str | None = None
    outcome: Mapping[str, object] = field(default_factory=dict)
    retry_after_s: float = 0


def execute_to_its_end(execute: Execute, context: RunContext, attempts: int) -> Ending:
    """Do the cycle; whatever it raises becomes an ending. `attempts`: after so many nothing is tried again."""
    run = context.claim.run
    about: dict[str, tracing.Attribute] = {
        "sigma.run.id": context.run_id,
        "sigma.run.attempt": run.attempt,
        "sigma.worker": run.worker,
        "sigma.project.id": run.project_id,
    }
    with logs.about(run=context.run_id, worker=run.worker), tracing.span(f"run {run.worker}", about) as told:
        log.info("Attempt %s begins", run.attempt)
        ending = _end_of(execute, run, context, attempts)
        log.info("Ended: %s", ending.state or "given back")
        told["sigma.run.state"] = ending.state or "given back"
        if ending.state == RunState.ERROR:
            told[tracing.FAILED] = "run"
    return ending


def _end_of(execute: Execute, run: Run, context: RunContext, attempts: int) -> Ending:
    try:
        return _done(execute(run, context))
    except Cancelled:
        return _stopped(context.reason())
    except LeaseLost:
        return _stopped(Stop.LOST)
    except (Retryable, Disconnected) as error:
        if context.cancelled():
            return _stopped(context.reason())
        return _failed_for_now(error, run.attempt, attempts)
    except Exception as error:  # noqa: BLE001 (a cycle's bug is its run's failure, never the executor's)
        return _broken_off(error) if context.reason() == Stop.INTERRUPTED else _failed(error, run)


def record(claim: Claim, ending: Ending) -> None:
    """Write the ending down, unless the run is somebody else's by now; while another process writes, wait for it."""
    try:
        _write_down(claim, ending)
    except LeaseLost:
        log.warning("Run %d was taken over by another process; what this one did is not recorded.", claim.run_id)
    except Unavailable as error:
        log.warning("The end of run %d cannot be recorded, so it will be repeated: %s", claim.run_id, error)


def _write_down(claim: Claim, ending: Ending) -> None:
    while True:
        try:
            _change(claim, ending)
        except Locked as error:
            if ending.state is None or not claim.is_held():
                raise
            log.warning("The end of run %d is recorded as soon as that is possible: %s", claim.run_id, error)
        else:
            return


def _change(claim: Claim, ending: Ending) -> None:
    if ending.state is None:
        claim.release()
    elif ending.state == RunState.QUEUED:
        claim.retry(ending.retry_after_s, ending.error or "")
    else:
        claim.finish(ending.state, error=ending.error, outcome=ending.outcome)


def _done(done: CycleFigures) -> Ending:
    outcome = {
        "produced": done.produced,
        "published": done.published,
        "received": done.received,
        "figures": json.loads(json.dumps(dict(done.figures), allow_nan=False)),
    }
    return Ending(RunState.ERROR if done.error else RunState.SUCCESS, done.error, outcome)


def _stopped(reason: Stop | None) -> Ending:
    if reason in (Stop.DRAIN, Stop.LOST):
        return Ending(None)
    if reason == Stop.DEADLINE:
        return Ending(RunState.ERROR, f"Stopped: {reason}.")
    return Ending(RunState.CANCELLED, "Interrupted." if reason == Stop.INTERRUPTED else "Stopped on request.")


def _broken_off(error: Exception) -> Ending:
    log.info("What the interruption broke off", exc_info=error)
    return _stopped(Stop.INTERRUPTED)


def _failed(error: Exception, run: Run) -> Ending:
    if isinstance(error, SigmaError):
        return Ending(RunState.ERROR, str(error))
    log.error("Run %d (%s) failed", run.id, run.slot, exc_info=error)
    what = "".join(traceback.format_exception_only(error)).strip()
    return Ending(RunState.ERROR, f"{what}\n\n{''.join(traceback.format_exception(error))}")


def _failed_for_now(error: Retryable | Disconnected, attempt: int, attempts: int) -> Ending:
    if attempt >= attempts:
        return Ending(RunState.ERROR, f"{error} (attempt {attempt}, the last)")
    after_s = error.after_s if isinstance(error, Retryable) else 1.0
    back_off_s: float = max(after_s, 1.0) * 2.0 ** (attempt - 1)
    return Ending(RunState.QUEUED, str(error), retry_after_s=min(back_off_s, LONGEST_BACK_OFF_S))
