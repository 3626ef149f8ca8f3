"""The search for better words: gepa proposes, our trials measure, and nothing is asked that is not allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from sigma_core.prompts.evolution.allowance import MINIBATCH, CallPlan
from sigma_core.prompts.evolution.cases import CaseSplit, EvolutionCase
from sigma_core.prompts.evolution.constraints import NO_CANDIDATE, VIEW, Texts, texts_of
from sigma_core.prompts.evolution.trial import CaseTrial, Trials

if TYPE_CHECKING:
    from gepa.core.adapter import EvaluationBatch, ProposalFn
    from gepa.core.result import GEPAResult
    from gepa.core.state import GEPAState

RESAMPLED = 2000
LONGEST_ANSWER = 4000


@dataclass(frozen=True)
class BestWords:
    """The best wording by the cases to choose by, and how base and best did there."""

    texts: Texts
    before: float
    after: float
    candidates: int


@dataclass(frozen=True)
class HeldOutReport:
    """Base and best on the held-out cases: mean scores, and the difference with its 95 % interval."""

    before: float
    after: float
    low: float
    high: float
    n: int

    @property
    def difference(self) -> float:
        """What the new words gained, −1 to 1."""
        return self.after - self.before


class _Adapter:
    """What gepa asks of a system whose texts it evolves."""

    propose_new_texts: ProposalFn | None = None

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    def evaluate(
        self, batch: list[EvolutionCase], candidate: dict[str, str], capture_traces: bool = False
    ) -> EvaluationBatch[CaseTrial, str]:
        from gepa.core.adapter import EvaluationBatch

        done = self._trials.of(_whole(self._trials, candidate), batch)
        scores = [each.grade.score for each in done]
        return EvaluationBatch([each.answer for each in done], scores, done if capture_traces else None)

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],  # noqa: ARG002 (gepa's protocol)
        eval_batch: EvaluationBatch[CaseTrial, str],
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        told = [_reflection_case(each) for each in eval_batch.trajectories or ()]
        views = [each.case.view for each in eval_batch.trajectories or ()]
        return {
            part: [case for case, view in zip(told, views, strict=True) if part in _parts_shown(view)] or told
            for part in components_to_update
        }


class _Quiet:
    """Our own progress is told instead."""

    def log(self, message: str) -> None:
        """gepa's lines name its own terms."""


def search(trials: Trials, cases: CaseSplit, steps: CallPlan, seed: int) -> BestWords:
    """Evolve the base's texts until the next step no longer fits, or nothing is left to mend."""
    from gepa.api import optimize

    seed_texts = {name: text for name, text in texts_of(trials.base.content).items() if text}

    def propose(
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        texts = dict(candidate)
        for part in components_to_update:
            texts[part] = trials.reword(_whole(trials, texts), part, reflective_dataset.get(part, ()))
            if texts[part] == NO_CANDIDATE:
                break
        return texts

    def is_over(gepa_state: GEPAState[str, int]) -> bool:
        best = max(gepa_state.program_full_scores_val_set, default=0.0)
        return trials.ended is not None or best >= 1.0 or not trials.allowance.has_room(steps.step + steps.report)

    result: GEPAResult[str, int] = optimize(
        seed_candidate=seed_texts,
        trainset=list(cases.training),
        valset=list(cases.validation),
        adapter=_Adapter(trials),
        custom_candidate_proposer=propose,
        reflection_minibatch_size=min(MINIBATCH, len(cases.training)),
        stop_callbacks=is_over,
        logger=_Quiet(),
        seed=seed,
        cache_evaluation=False,
        track_best_outputs=False,
    )
    best = result.best_idx
    scores = result.val_aggregate_scores
    return BestWords(_whole(trials, result.candidates[best]), scores[0], scores[best], len(result.candidates))


def report(trials: Trials, cases: CaseSplit, found: BestWords, seed: int) -> HeldOutReport:
    """Both on the held-out cases, which nothing was chosen by."""
    before = [each.grade.score for each in trials.of(texts_of(trials.base.content), cases.held_out)]
    after = [each.grade.score for each in trials.of(found.texts, cases.held_out)]
    return compared(before, after, seed)


def compared(before: Sequence[float], after: Sequence[float], seed: int) -> HeldOutReport:
    """Two scores of each case; the interval of their mean difference by resampling the cases."""
    pairs, random = list(zip(before, after, strict=True)), Random(seed)  # noqa: S311 (resampling)
    gains = sorted(
        sum(new - old for old, new in random.choices(pairs, k=len(pairs))) / len(pairs) for _ in range(RESAMPLED)
    )
    low, high = gains[int(0.025 * RESAMPLED)], gains[int(0.975 * RESAMPLED) - 1]
    return HeldOutReport(sum(before) / len(pairs), sum(after) / len(pairs), low, high, len(pairs))


def _whole(trials: Trials, texts: Texts) -> dict[str, str]:
    """With the parts that are empty and stay so."""
    return {**texts_of(trials.base.content), **texts}


def _parts_shown(view: str | None) -> set[str]:
    return {"system", "user", *([f"{VIEW}{view}"] if view else [])}


def _reflection_case(trial: CaseTrial) -> dict[str, Any]:
    """What a reflection reads of a trial: of a project's own text neither what was asked nor what was answered."""
    told = trial.case.told
    if told is None:
        return {"case": "one of a project, whose text is not told", "wrong": trial.grade.problem or "nothing"}
    return {"asked": dict(told), "answered": trial.answer[:LONGEST_ANSWER], "wrong": trial.grade.problem or "nothing"}
