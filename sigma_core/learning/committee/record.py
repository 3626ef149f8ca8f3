"""What outcomes speak for: weights, a model's part in votes, and what scores have stood for. Pure rules of values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sigma_core.learning.committee.judged import JudgedChange
from sigma_core.proposals.calibration import shares, weights
from sigma_core.proposals.calibration.changelog import LearnedCalibration
from sigma_core.proposals.calibration.fitting import FEWEST, FEWEST_EACH, FOLDS, base_rates, cross_fitted, fit, fold_of
from sigma_core.proposals.calibration.recalibration import IDENTITY
from sigma_core.proposals.calibration.scoring import Forecast, brier, scores
from sigma_core.proposals.calibration.shares import OpinionRecord
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import Shares

MOVED = 0.005
"""A weight, a part or a probability that moves by less is as it was."""


def calibrated(
    changes: Sequence[JudgedChange], configured: Mapping[str, float], now: Calibration
) -> LearnedCalibration | None:
    """What `changes` speak for, where that is not in force by now; None too while they are too few.

    What is learned is used only where it would have foretold no worse than what is configured, on changes that it was
    not learned from.
    """
    known = sorted(changes, key=lambda each: each.line)
    happened = sum(each.happened for each in known)
    if len(known) < FEWEST or min(happened, len(known) - happened) < FEWEST_EACH:
        return None
    plain, learned = pooled(known, configured), _foretold(known, configured)
    earned = _shares(known)
    # Weights and curve are for votes to come, in which opinions have the part that they have earned by now
    cast = [as_cast(each, earned) for each in known]
    skills = _skills(cast, configured)
    if brier(learned) <= brier(plain):
        mixed = weights.by_record(configured, skills, len(known))
        found = Calibration(mixed, earned, fit(pooled(cast, mixed)))
        said = f"falls from {brier(plain):.3f} to {brier(learned):.3f}"
    else:
        found, learned = Calibration(configured, earned), plain
        said = f"would not fall from {brier(plain):.3f}, so the configured weights hold"
    if not _moved(now, found):
        return None
    best, least = (pick(skills, key=lambda name: skills[name]) for pick in (max, min))
    why = (
        f"{len(known)} changes with a known outcome: the {best} foretells best (skill {skills[best]:+.2f}), "
        f"the {least} least ({skills[least]:+.2f}); on changes not learned from, the Brier score {said}."
    )
    told = {
        "whole": _forecasts_document(learned),
        "configured": _forecasts_document(plain),
        "members": {
            name: {**_forecasts_document(_of(known, name)), "skill": round(skill, 4)} for name, skill in skills.items()
        },
        "opinions": _opinions_told(known, found),
    }
    return LearnedCalibration(found, len(known), why, told)


def pooled(changes: Sequence[JudgedChange], by: Mapping[str, float]) -> list[Forecast]:
    """The committee's score with these weights, as a forecast."""
    made = []
    for each in changes:
        total = sum(by[name] for name in each.scores)
        if total:
            score = sum(by[name] * value for name, value in each.scores.items()) / total
            made.append(Forecast(each.line, round(score, 4), each.happened, each.at))
    return made


def as_cast(change: JudgedChange, by: Shares) -> JudgedChange:
    """The same change with each member's vote as it is cast where opinions are such a part of it."""
    scores = dict(change.scores)
    for member, said in change.opinions.items():
        if (rule := change.by_rule.get(member)) is not None:
            part = by.get(member, {}).get(said.model, shares.PRIOR) * said.confidence
            scores[member] = round((1 - part) * rule + part * said.score, 4)
    return replace(change, scores=scores)


def _foretold(changes: Sequence[JudgedChange], configured: Mapping[str, float]) -> list[Forecast]:
    """The same, with weights and a curve that were learned from others."""
    found = []
    for number in range(FOLDS):
        others = [each for each in changes if fold_of(each.line) != number]
        earned = _shares(others)
        others = [as_cast(each, earned) for each in others]
        mixed = weights.by_record(configured, _skills(others, configured), len(others))
        curve = fit(pooled(others, mixed))
        mine = pooled([as_cast(each, earned) for each in changes if fold_of(each.line) == number], mixed)
        found += [replace(each, value=curve.of(each.value)) for each in mine]
    return found


def _skills(changes: Sequence[JudgedChange], members: Mapping[str, float]) -> dict[str, float]:
    """By member: which share of the base rate's Brier score it saves, recalibrated on others; below 0 it adds to it."""
    found = {}
    for name in members:
        said = _of(changes, name)
        base = brier(base_rates(said)) if said else 0.0
        found[name] = round(1 - brier(cross_fitted(said)) / base, 6) if base else 0.0
    return found


def _of(changes: Sequence[JudgedChange], member: str) -> list[Forecast]:
    return [
        Forecast(each.line, each.scores[member], each.happened, each.at) for each in changes if member in each.scores
    ]


@dataclass(frozen=True)
class _Key:
    member: str
    model: str


def _records(changes: Sequence[JudgedChange]) -> Mapping[_Key, list[OpinionRecord]]:
    """What rules and each model said of the same change, by member."""
    found: dict[_Key, list[OpinionRecord]] = {}
    for each in changes:
        for member, said in each.opinions.items():
            if (rule := each.by_rule.get(member)) is not None:
                by_rule, opinion = (Forecast(each.line, value, each.happened, each.at) for value in (rule, said.score))
                found.setdefault(_Key(member, said.model), []).append(OpinionRecord(by_rule, opinion, said.confidence))
    return found


def _shares(changes: Sequence[JudgedChange]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for key, record in _records(changes).items():
        found.setdefault(key.member, {})[key.model] = shares.earned(record)
    return found


def _opinions_told(changes: Sequence[JudgedChange], found: Calibration) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for key, record in _records(changes).items():
        told.setdefault(key.member, {})[key.model] = {
            "n": len(record),
            "brier_of_rules": round(brier([each.by_rule for each in record]), 4),
            "brier_of_model": round(brier([each.opinion for each in record]), 4),
            "share": found.shares[key.member][key.model],
        }
    return told


def _forecasts_document(forecasts: Sequence[Forecast]) -> dict[str, Any]:
    found = scores(forecasts)
    return {**asdict(found), "bins": [asdict(each) for each in found.bins]} if found else {}


def _moved(now: Calibration, found: Calibration) -> bool:
    """Whether anybody would notice."""
    parts = {(member, model) for of in (now, found) for member, each in of.shares.items() for model in each}

    def share(of: Calibration, member: str, model: str) -> float:
        return of.shares.get(member, {}).get(model, shares.PRIOR)

    steps = [step / 20 for step in range(1, 20)]
    return (
        any(abs(now.weights[name] - weight) >= MOVED for name, weight in found.weights.items())
        or any(abs(share(now, *part) - share(found, *part)) >= MOVED for part in parts)
        or any(abs(now.recalibration.of(step) - found.recalibration.of(step)) >= MOVED for step in steps)
        or (now.recalibration == IDENTITY) != (found.recalibration == IDENTITY)
    )
