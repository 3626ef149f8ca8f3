"""What to try next: proposed where most is at stake and least is known, and begun while few experiments run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.experiments.tables import Experiment, ExperimentStatus
from sigma_core.experiments.trial_terms import TrialPlan, TrialTerms
from sigma_core.experiments.trial_watch import UnitOutcomes
from sigma_core.experiments.trials import MOST_RUNNING, ExperimentTrials
from sigma_core.experiments.tunables import AnyTunable
from sigma_core.jobs import EXCHANGE
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Answered, Questions
from sigma_core.proposals.tables import Proposal
from sigma_core.redaction import redact
from sigma_core.workers.base import CycleContext
from sigma_core.workers.memory import change, read
from sigma_core.workers.model_questions import ModelQuestions, NoAnswer
from sigma_core.workers.tables import CycleReport

PROMPT = "dreamer/experiment_generation"
ACTOR = "dreamer"
LATELY = 200
"""Runs of each worker that are looked back at."""
LEAST_SEEN = 5
"""Units with an outcome from which a worker's work is worth an experiment."""
MOST_EARLIER = 100
"""As many as the prompt takes."""


@dataclass(frozen=True)
class ExperimentProposals:
    """Asks for what to try while fewer experiments run than may, once for each state of what is known."""

    database: Database
    clock: Clock
    trials: ExperimentTrials
    outcomes: Mapping[str, UnitOutcomes]
    questions: Questions

    def __call__(self, project: Project, context: CycleContext) -> Mapping[str, int]:
        """How many experiments were proposed and started, and how many questions had no answer. Call it outside of any
        transaction."""
        with self.database.reading() as session:
            memory = read(session, ACTOR)
            running = self.trials.running(session=session)
            earlier = self._earlier(session)
            seen = self._seen(session, {each.tunable for each in running})
        state = [len(earlier), sum(each["units"] for each in seen) // LATELY, len(running)]
        if len(running) >= MOST_RUNNING or not seen or memory.get("proposed_at") == state:
            return {}
        context.progress("looking for something to try")
        asking = ModelQuestions(self.questions, project, context.run_id)
        said = asking(
            PROMPT, baselines=_baselines(memory.get("baselines", {})), tunables=seen, earlier=earlier[:MOST_EARLIER]
        )
        if said is NoAnswer.LATER:
            return asking.figures
        figures = self._begin(said, earlier) if isinstance(said, Answered) else {}
        with self.database.transaction() as session:
            change(session, self.clock, ACTOR, lambda known: {**known, "proposed_at": state})
        return {**figures, **asking.figures}

    def _begin(self, said: Answered, earlier: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Write down what was said and can be made, and start what needs no person's leave."""
        proposed = started = 0
        tried = {(each["tunable"], each["setting"]) for each in earlier}
        for each in said.data["experiments"]:
            try:
                tunable = self.trials.registry.get(each["tunable"])
                setting = tunable.checked(each["setting"])
                if (tunable.name, setting) in tried:
                    continue
                plan = TrialPlan(tunable.name, (setting,), redact(each["hypothesis"]), TrialTerms(each["outcome"]))
                experiment = self.trials.propose(plan, actor=ACTOR)
                proposed += 1
                if tunable.risk != "high":
                    self.trials.start(experiment.id or 0, actor=ACTOR)
                    started += 1
            except (NotFound, Invalid, Conflict):
                # A model names what there is not, or somebody else tries it meanwhile
                continue
        return {"proposed": proposed, "started": started}

    def _earlier(self, session: Session) -> list[dict[str, Any]]:
        query = select(Experiment).where(col(Experiment.tunable).is_not(None)).order_by(col(Experiment.id).desc())
        return [
            {
                "tunable": each.tunable,
                "setting": arm["setting"],
                "improvement": each.improvement,
                "status": each.standing,
            }
            for each in session.exec(query)
            if each.standing != ExperimentStatus.STOPPED
            for arm in each.arms[1:]
        ]

    def _seen(self, session: Session, under_way: set[str | None]) -> list[dict[str, Any]]:
        """Tunables of workers whose work was seen lately to go well or not, with how well."""
        found = []
        for tunable in self.trials.registry:
            if (
                tunable.name in under_way
                or not tunable.worth_trying
                or (tunable.by_model and not self.questions.by_model)
            ):
                continue
            shares = [share for share in self._lately(session, tunable) if share is not None]
            if len(shares) >= LEAST_SEEN:
                found.append(_described(tunable, self.trials.values.in_force(tunable, None), shares))
        return found

    def _lately(self, session: Session, tunable: AnyTunable) -> Iterator[float | None]:
        if tunable.unit == "proposal":
            newest = select(Proposal.id).order_by(col(Proposal.id).desc())
        else:
            reports = select(CycleReport.run_id).where(CycleReport.worker == tunable.reader)
            newest = reports.order_by(col(CycleReport.id).desc())
        units = [each for each in session.exec(newest.limit(LATELY)) if each is not None]
        yield from self.outcomes[tunable.outcomes[0]].settled(session, units).values()


def _described(tunable: AnyTunable, now: object, shares: Sequence[float]) -> dict[str, Any]:
    return {
        "name": tunable.name,
        "reader": tunable.reader,
        "about": tunable.about,
        "now": now,
        "settings": [each for each in (*tunable.worth_trying, tunable.default) if each != now],
        "risk": tunable.risk,
        "outcomes": list(tunable.outcomes),
        "units": len(shares),
        "rate": round(sum(shares) / len(shares), 3),
    }


def _baselines(known: Mapping[str, Mapping[str, float]]) -> list[dict[str, object]]:
    return [{"worker": name, **figures} for name, figures in sorted(known.items()) if name != EXCHANGE]
