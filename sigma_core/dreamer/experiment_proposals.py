"""What to try next: asked when there is something that nobody has tried, and nothing proposed waits to be tried."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.experiments.service import Design, Experiments
from sigma_core.experiments.tables import Experiment
from sigma_core.jobs import EXCHANGE
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Answered, Questions
from sigma_core.redaction import redact
from sigma_core.workers.base import CycleContext
from sigma_core.workers.memory import change, read
from sigma_core.workers.model_questions import ModelQuestions, NoAnswer

PROMPT = "dreamer/experiment_generation"
MOST_EARLIER, MOST_STRATEGIES = 100, 40
"""As many as the prompt takes."""

Strategy = Mapping[str, Any]
"""What may be tried: name, risk, workers."""


@dataclass(frozen=True)
class ExperimentProposals:
    """Asks once for each state of what there is to try and what was tried."""

    database: Database
    clock: Clock
    experiments: Experiments
    questions: Questions
    strategies: Callable[[], Sequence[Strategy]]

    def __call__(self, project: Project, context: CycleContext) -> Mapping[str, int]:
        """How many experiments were proposed, and how many questions had no answer. Call it outside of any
        transaction."""
        earlier = self.experiments.list(limit=MOST_EARLIER)
        with self.database.reading() as session:
            memory = read(session, "dreamer")
        if any(is_waiting(each) for each in earlier) or not memory.get("baselines"):
            return {}
        # Loaded only now: most cycles end above
        strategies = self.strategies()[:MOST_STRATEGIES]
        state = _digest(strategies, earlier)
        if memory.get("proposed_at") == state:
            return {}
        context.progress("looking for something to try")
        asking = ModelQuestions(self.questions, project, context.run_id)
        said = asking(
            PROMPT,
            baselines=_baselines(memory["baselines"]),
            earlier=[_earlier(each) for each in earlier],
            strategies=[{name: each[name] for name in ("name", "risk", "workers")} for each in strategies],
        )
        if said is NoAnswer.LATER:
            return asking.figures
        tried = {each.name for each in earlier}
        with self.database.transaction() as session:
            proposed = self._propose(session, said, strategies, tried) if isinstance(said, Answered) else 0
            change(session, self.clock, "dreamer", lambda known: {**known, "proposed_at": state})
        return {"proposed": proposed, **asking.figures}

    def _propose(self, session: Session, said: Answered, strategies: Sequence[Strategy], tried: set[str]) -> int:
        designs = {design.name: design for design in designed(said.data["experiments"], strategies)}
        new = [design for name, design in designs.items() if name not in tried]
        for design in new:
            self.experiments.propose(design, session=session)
        return len(new)


def designed(experiments: Sequence[Mapping[str, Any]], strategies: Sequence[Strategy]) -> Iterator[Design]:
    """Those that can be made: of a strategy there is, for a worker that may run it. The risk is the strategy's own."""
    known = {each["name"]: each for each in strategies}
    for each in experiments:
        strategy = known.get(each["name"])
        if strategy is not None and each["worker"] in strategy["workers"]:
            yield Design(
                name=experiment_name(each["name"], each["worker"]),
                worker=each["worker"],
                hypothesis=redact(each["hypothesis"]),
                approach=redact(each["approach"]),
                metric=redact(each["metric"])[:80],
                risk=strategy["risk"],
                rollback_plan=redact(each["rollback"]),
            )


def experiment_name(strategy: str, worker: str) -> str:
    """What a strategy's experiment for a worker is called."""
    return f"{strategy} for {worker}"


def is_waiting(experiment: Experiment) -> bool:
    """Proposed, with nothing measured and nobody's word on it."""
    return not experiment.result and experiment.decided_by is None


def _digest(strategies: Sequence[Strategy], earlier: Sequence[Experiment]) -> str:
    names = [sorted(each["name"] for each in strategies), sorted({each.name for each in earlier})]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]


def _baselines(known: Mapping[str, Mapping[str, float]]) -> list[dict[str, object]]:
    return [{"worker": name, **figures} for name, figures in sorted(known.items()) if name != EXCHANGE]


def _earlier(experiment: Experiment) -> dict[str, object]:
    return {
        "worker": experiment.worker,
        "name": experiment.name.removesuffix(f" for {experiment.worker}"),
        "improvement": experiment.improvement,
        "status": experiment.standing,
    }
