"""What five opinions of a model on a proposal would be worth beside one: ``python benchmarks/opinions.py``.

Drawn, not asked: of a model that knows what becomes of a change with some probability, and whose five opinions err
together or each for itself. Records, shares and curves are SIGMA's own. It bounds what more calls can bring; how a real
model errs it does not tell.
"""

import statistics
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from sigma_core.learning.committee.judged import JudgedChange, SaidOpinion
from sigma_core.learning.committee.record import calibrated, pooled
from sigma_core.proposals.calibration.scoring import brier
from sigma_core.proposals.calibration.shares import PRIOR
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS

NOON = datetime(2026, 1, 5, tzinfo=UTC)
OUTCOMES, FRESH, DRAWS = 200, 400, 8
CONFIDENCE, MODEL = 0.9, "drawn"


@dataclass(frozen=True)
class DrawnModel:
    """How often it knows, and whether its opinions on one change err together."""

    knows: float
    errs_together: bool


def drawn(chance: Random, n: int, model: DrawnModel, asked: int) -> list[JudgedChange]:
    """Changes with votes by rules that foretell a little, and the opinions of `asked` members in turn."""
    made, names = [], list(DEFAULT_WEIGHTS)
    for line in range(1, n + 1):
        happened = chance.random() < 0.6
        rules = {name: round(min(0.98, max(0.3, chance.gauss(0.82 if happened else 0.76, 0.1))), 4) for name in names}
        together, opinions = chance.random() < model.knows, {}
        for place in range(asked):
            known = together if model.errs_together else chance.random() < model.knows
            said = (0.95 if happened else 0.1) if known else chance.choice((0.95, 0.1))
            opinions[names[(line + place) % len(names)]] = SaidOpinion(MODEL, said, CONFIDENCE)
        at = NOON + timedelta(hours=line)
        made.append(JudgedChange(line, 1, f"R{line % 3}", "model", "bug", at, happened, rules, dict(rules), opinions))
    return made


def voted(changes: list[JudgedChange], by: Calibration) -> list[JudgedChange]:
    """With each opinion's part mixed into its member's vote."""
    found = []
    for each in changes:
        scores = dict(each.by_rule)
        for member, said in each.opinions.items():
            part = by.shares.get(member, {}).get(MODEL, PRIOR) * said.confidence
            scores[member] = (1 - part) * scores[member] + part * said.score
        found.append(replace(each, scores=scores))
    return found


def error(model: DrawnModel, asked: int, seed: int) -> float:
    """Brier score on changes that nothing was learned from."""
    chance = Random(f"opinions/{model}/{seed}")
    known = voted(drawn(chance, OUTCOMES, model, asked), Calibration())
    learned = calibrated(known, DEFAULT_WEIGHTS, Calibration())
    now = learned.calibration if learned else Calibration()
    fresh = pooled(voted(drawn(chance, FRESH, model, asked), now), now.weights)
    return brier([replace(each, value=now.recalibration.of(each.value)) for each in fresh])


def main() -> None:
    """One line for each model: nobody asked, one in turn, all five."""
    for errs_together in (True, False):
        for knows in (0.0, 0.3, 0.6, 0.9):
            model = DrawnModel(knows, errs_together)
            said = []
            for asked in (0, 1, 5):
                values = [error(model, asked, seed) for seed in range(DRAWS)]
                said.append(f"{asked}: {statistics.fmean(values):.3f} ± {statistics.stdev(values) / DRAWS**0.5:.3f}")
            how = "together" if errs_together else "apart"
            print(f"knows {knows:.0%}, errs {how}: Brier by opinions asked, {', '.join(said)}", flush=True)


if __name__ == "__main__":
    main()
