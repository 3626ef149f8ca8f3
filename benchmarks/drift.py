"""How soon a drift is noticed, by our ADWIN and by River's. ``python benchmarks/drift.py [--draws 60]``.

200 outcomes at 0.9, then 300 at 0.7: of how many draws it is found, and after how many outcomes since the change. Then
500 outcomes at a share that stays: of how many draws something is found all the same.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from random import Random
from statistics import median

from river.drift import ADWIN

from sigma_core.learning.drift.adwin import DELTA, drifts

FALL = ((200, 0.9), (300, 0.7))
STEADY = (((500, 0.9),), ((500, 0.6),))
Notice = Callable[[Sequence[float]], Sequence[int]]
"""Places at which a series is found to have changed."""


def ours(figures: Sequence[float]) -> Sequence[int]:
    return [each.noticed for each in drifts(figures)]


def river(**settings: float) -> Notice:
    def notice(figures: Sequence[float]) -> Sequence[int]:
        detector, found = ADWIN(**settings), []
        for place, figure in enumerate(figures):
            detector.update(figure)
            found += [place] if detector.drift_detected else []
        return found

    return notice


def outcomes(seed: int, parts: Sequence[tuple[int, float]]) -> list[float]:
    chance = Random(seed)
    return [float(chance.random() < share) for n, share in parts for _ in range(n)]


def measured(notice: Notice, draws: int) -> str:
    """In a line."""
    first = [found[0] - FALL[0][0] for seed in range(draws) if (found := notice(outcomes(seed, FALL)))]
    false = [sum(bool(notice(outcomes(seed, parts))) for seed in range(draws)) for parts in STEADY]
    after = f"median {median(first):.0f} outcomes after the change" if first else "never"
    return f"found in {len(first)} of {draws}, {after}; where nothing changes in {false[0]} and {false[1]} of {draws}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--draws", type=int, default=60)
    draws = asked.parse_args().draws
    ways = {"ours": ours, "River, same δ": river(delta=DELTA), "River, each outcome": river(delta=DELTA, clock=1)}
    for name, notice in {**ways, "River, its default": river()}.items():
        sys.stdout.write(f"{name}: {measured(notice, draws)}\n")


if __name__ == "__main__":
    main()
