"""Whether intervals by Venn-Abers would pay for the committee's scores: ``python benchmarks/venn_abers.py``.

Scores and outcomes are drawn, so that the true probability of each is known. What SIGMA does (`fitting.fit`) is beside
Venn-Abers prediction (Vovk, Petej 2012): isotonic regression with the new score once as failed and once as kept, whose
two answers are the interval, merged into one figure as they propose.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from sklearn.isotonic import IsotonicRegression

from sigma_core.proposals.calibration.fitting import fit
from sigma_core.proposals.calibration.scoring import Forecast

NOON = datetime(2026, 1, 5, tzinfo=UTC)
DRAWS, FRESH = 20, 20
ENOUGH = 0.5
"""Below it, what the committee would approve is left to a person."""
WORLDS: dict[str, Callable[[float], float]] = {
    "scores say too much": lambda score: 0.1 + 0.7 * score**3,
    "scores are right": lambda score: score,
    "scores know nothing": lambda _: 0.6,
}


@dataclass(frozen=True)
class Told:
    """Of one fresh score: what is true, what both say, and the interval."""

    score: float
    true: float
    ours: float
    merged: float
    low: float
    high: float


def score_of(chance: Random) -> float:
    """Most committees' scores are high, and some are not."""
    return round(min(0.98, max(0.3, chance.gauss(0.82, 0.12))), 4)


def venn_abers(known: list[Forecast], score: float) -> tuple[float, float]:
    """The probabilities that it is kept if it had failed, and if it had been kept."""
    scores, happened = [each.value for each in known], [float(each.happened) for each in known]
    answers = []
    for supposed in (0.0, 1.0):
        model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        model.fit([*scores, score], [*happened, supposed])
        answers.append(float(model.predict([score])[0]))
    return answers[0], answers[1]


def drawn(world: Callable[[float], float], n: int) -> list[Told]:
    """Fresh scores of several draws, each judged by n outcomes of its own draw."""
    found = []
    for seed in range(DRAWS):
        chance = Random(f"venn-abers/{n}/{seed}")
        known = [Forecast(line, score := score_of(chance), chance.random() < world(score), NOON) for line in range(n)]
        curve = fit(known)
        for _ in range(FRESH):
            score = score_of(chance)
            low, high = venn_abers(known, score)
            found.append(Told(score, world(score), curve.of(score), high / (1 - low + high), low, high))
    return found


def error(told: list[Told], said: Callable[[Told], float]) -> float:
    """Root of the mean squared distance from what is true."""
    return statistics.fmean((said(each) - each.true) ** 2 for each in told) ** 0.5


def main() -> None:
    """One line for each world and number of outcomes."""
    for name, world in WORLDS.items():
        for n in (30, 100, 300, 1000):
            told = drawn(world, n)
            width = statistics.fmean(each.high - each.low for each in told)
            held = statistics.fmean(each.low <= each.true <= each.high for each in told)
            open_ = statistics.fmean(each.low < ENOUGH <= each.high for each in told)
            wrong = {
                arm: statistics.fmean((said(each) < ENOUGH) != (each.true < ENOUGH) for each in told)
                for arm, said in (("ours", lambda each: each.ours), ("merged", lambda each: each.merged))
            }
            print(
                f"{name}, {n} outcomes: distance from the truth: score {error(told, lambda each: each.score):.3f}, "
                f"ours {error(told, lambda each: each.ours):.3f}, merged {error(told, lambda each: each.merged):.3f}; "
                f"interval {width:.3f} wide, holds the truth in {held:.0%}, holds one half in {open_:.0%}; "
                f"wrong side of one half: ours {wrong['ours']:.1%}, merged {wrong['merged']:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
