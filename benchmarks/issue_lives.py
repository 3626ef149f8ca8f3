"""Which issues that live now are fixed within two years, foretold.

``python benchmarks/issue_lives.py REPOSITORY… [--held-out REPOSITORY…] [--keep FOLDER]``, or ``--smoke``, which is what
it does without a repository: eight projects drawn by chance, of which two are held out; that takes seconds.

Pasts are read as learning reads them (`--keep`: once, and kept there). At four moments of each, all issues that live
are asked for: is it fixed by the commits of the next two years? Issues that went with their code are left out. What
is said rests on what was known at that moment, of the repository itself and of those to learn from: all but the ones
held out. It is said by severity; by the project's own past alone (unpooled), or with that of the others (pooled);
`base rate` says of each issue the share that others fixed lately. Last comes that share, moved a little by the rule,
the severity and the issue's age, by numbers that were chosen on the repositories to learn from. For young projects
all of a project's own past but its last year is left out. Behind each figure stands the 95 % interval of a bootstrap
over repositories; every moment counts alike. `pooled, late level` orders as pooled does, about the base rate's level.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from life_forecasts.measuring import Pairs, auc, brier, calibration_error, interval
from life_forecasts.moments import LATE, AskedMoment, asked_moments
from life_forecasts.reading import KnownPast, drawn, read

ORDERS = ("severity", "pooled", "unpooled", "with severity and age")
SHARES = ("base rate", "pooled", LATE, "unpooled", "with severity and age")
PAIRS = (("pooled", "severity"), ("pooled", "unpooled"), ("with severity and age", "severity"))
CLOSER = (("pooled", "base rate"), (LATE, "base rate"), ("pooled", "unpooled"), ("with severity and age", "base rate"))


def report(title: str, tested: Sequence[KnownPast], building: Sequence[KnownPast], *, is_young: bool) -> Iterator[str]:
    """All figures of some repositories."""
    asked = [found for past in tested if (found := list(asked_moments(past, building, is_young=is_young)))]
    if not asked:
        yield f"{title}: no moment at which enough issues lived, of which some were fixed and some not"
        return
    moments = [each for some in asked for each in some]
    issues = sum(len(each.said["pooled"]) for each in moments)
    yield f"{title}: {len(asked)} repositories, {len(moments)} moments, {issues} issues"
    for name in ORDERS:
        yield f"  AUC {name}: {interval(auc, _of(asked, name))}"
    for one, other in PAIRS:
        yield f"  AUC {one}, more than {other}: {interval(auc, _of(asked, one), _of(asked, other))}"
    for name in SHARES:
        yield (
            f"  {name}: Brier {interval(brier, _of(asked, name))}, "
            f"calibration error {interval(calibration_error, _of(asked, name))}"
        )
    for one, other in CLOSER:
        yield f"  Brier {one}, more than {other}: {interval(brier, _of(asked, one), _of(asked, other))}"


def _of(asked: Sequence[Sequence[AskedMoment]], name: str) -> Sequence[Sequence[Pairs]]:
    return [[each.said[name] for each in some] for some in asked]


def main() -> None:
    """Read, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument("--held-out", nargs="+", type=Path, default=[])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--smoke", action="store_true")
    given = parser.parse_args()
    if given.smoke or not given.repositories:
        building, held_out = [drawn(seed) for seed in range(6)], [drawn(seed) for seed in range(6, 8)]
    else:
        building = [read(each, given.keep) for each in given.repositories]
        held_out = [read(each, given.keep) for each in given.held_out]
    for is_young in (False, True):
        for title, tested in (("later times", building), ("repositories held out", held_out)):
            name = f"{title}, young" if is_young else title
            for line in report(name, tested, building, is_young=is_young):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
