"""Whether SIGMA gets better: simulated projects, beside a copy of itself that stops learning.

``python benchmarks/getting_better.py [--projects 50] [--weeks 12] [--seeds 4] [--fixes 3] [--out PICTURE]``

The world is drawn from seeds: what maintainers of each project want, that four of ten projects change their minds in
the middle, what verification shows, what is kept. All else is SIGMA's own code on a SQLite file and a simulated clock:
decisions, outcomes, posteriors, the committee's weights and recalibration, drift, the order of work, and the sequential
test by which candidates are promoted. Both copies are the same until a quarter of the time; then one learns no more.
"""

import argparse
import logging
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from random import Random

import structlog
from learning_world.picture import Panel, picture
from learning_world.running import SimulatedCopy, Week
from learning_world.world import World

from sigma_core.prompts import sequential
from sigma_core.proposals.calibration.scoring import Forecast, scores

CANDIDATES, CALLS = 400, 400
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36}
"""Two-sided quantiles of Student's distribution by the number of seeds."""


@dataclass(frozen=True)
class CopyResult:
    """What one copy came to in one world."""

    seed: int
    learns: bool
    weeks: list[Week]
    drifts: list[tuple[str, int, str]]
    """Which series, in which week it was noticed, of which project."""


def run(seed: int, projects: int, weeks: int, per_week: int) -> list[CopyResult]:
    """Both copies through one world; they are one until a quarter of the time."""
    # Each change of the record would be logged
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    world = World(seed, projects, weeks // 2)
    with tempfile.TemporaryDirectory() as folder:
        learning = SimulatedCopy(world, Path(folder) / "home", per_week)
        together = [learning.week(number) for number in range(weeks // 4)]
        twin, found = learning.frozen_twin(Path(folder) / "twin"), []
        for copy in (learning, twin):
            seen = [*together, *(copy.week(number) for number in range(weeks // 4, weeks))]
            noticed = [
                (each.subject, copy.week_of(each.created_at), copy.name_of(each.project_id)) for each in copy.drifts()
            ]
            copy.system.close()
            found.append(CopyResult(seed, copy is learning, seen, noticed))
    return found


def acceptance(week: Week) -> float:
    """Of what was put before maintainers, the share that they took and kept."""
    return week.survived / len(week.forecasts) if week.forecasts else float("nan")


def cost(week: Week) -> float:
    """Seconds of proving for each fix that survives."""
    return week.seconds / week.survived if week.survived else float("nan")


def calibration_error(weeks: list[Week]) -> float:
    """Mean distance of what scores said from what happened, in ten bins."""
    made = [pair for week in weeks for pair in week.forecasts]
    found = scores([Forecast(line, said, happened, NOON) for line, (said, happened) in enumerate(made)])
    return found.calibration_error if found else float("nan")


def promoted_for_nothing(seed: int) -> float:
    """Of candidates that are no better, the share that the sequential test promotes, looking after every call."""
    chance, promoted = Random(f"equals/{seed}"), 0
    for _ in range(CANDIDATES):
        share, arms = chance.uniform(0.2, 0.8), [[0, 0], [0, 0]]
        for _ in range(CALLS):
            arms[chance.random() < 0.5][chance.random() >= share] += 1
            verdict = sequential.decide(sequential.Arm(*arms[0]), sequential.Arm(*arms[1]))
            if verdict is not None:
                promoted += verdict == "better"
                break
    return promoted / CANDIDATES


def with_interval(values: list[float]) -> str:
    """Mean over seeds with its 95 % interval."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:.3f} (one seed)"
    half = T95.get(len(values), 2.3) * statistics.stdev(values) / sqrt(len(values))
    return f"{mean:.3f} ± {half:.3f}"


def courses(results: list[CopyResult], learns: bool, figure: object) -> list[tuple[float, float, float]]:
    """By week: lowest, mean and highest over seeds, each smoothed over three weeks."""
    found = []
    mine = [each.weeks for each in results if each.learns == learns]
    for number in range(len(mine[0])):
        values = [figure(merged(weeks[max(0, number - 2) : number + 1])) for weeks in mine]
        found.append((min(values), statistics.fmean(values), max(values)))
    return found


def merged(weeks: list[Week]) -> Week:
    """Several weeks as one."""
    return Week(
        approved=sum(each.approved for each in weeks),
        taken=sum(each.taken for each in weeks),
        survived=sum(each.survived for each in weeks),
        seconds=sum(each.seconds for each in weeks),
        forecasts=[pair for each in weeks for pair in each.forecasts],
    )


def report(results: list[CopyResult], projects: int, weeks: int) -> list[str]:
    """Figures of the time before the drift and of the last quarter, of both copies."""
    seeds = sorted({each.seed for each in results})
    told = [
        f"{len(seeds)} worlds of {projects} projects, {weeks} weeks; drift in week {weeks // 2}, "
        f"frozen from week {weeks // 4}"
    ]
    spans = {"before the drift": slice(weeks // 4, weeks // 2), "last quarter": slice(weeks - weeks // 4, weeks)}
    figures = {
        "taken and kept, of what was put before maintainers": acceptance,
        "taken and kept, of what the committee approved": lambda week: (
            week.taken / week.approved if week.approved else 0.0
        ),
        "share that the committee approved": lambda week: week.approved / max(1, len(week.forecasts)),
        "seconds of proving for each surviving fix": cost,
        "calibration error": lambda week: calibration_error([week]),
    }
    for span, part in spans.items():
        for name, figure in figures.items():
            values = {
                learns: [
                    figure(merged(each.weeks[part]))
                    for each in sorted(results, key=lambda one: one.seed)
                    if each.learns == learns
                ]
                for learns in (True, False)
            }
            apart = [one - other for one, other in zip(values[True], values[False], strict=True)]
            told.append(
                f"{span}: {name}: learns {with_interval(values[True])}, frozen {with_interval(values[False])}, "
                f"difference {with_interval(apart)}"
            )
    return [*told, *drift_report(results, projects, weeks), equals_report(seeds)]


def drift_report(results: list[CopyResult], projects: int, weeks: int) -> list[str]:
    """In how many of the projects that change a drift was noticed, and in how many of those that do not."""
    found = []
    for each in (one for one in results if one.learns):
        world = World(each.seed, projects, weeks // 2)
        drifting = {one.name for number, one in enumerate(world.projects) if world.is_drifting(number)}
        after = {name for subject, week, name in each.drifts if week >= weeks // 2 and subject != "member"}
        early = {name for subject, week, name in each.drifts if week < weeks // 2 and subject != "member"}
        members = [week for subject, week, _ in each.drifts if subject == "member" and week >= weeks // 2]
        found.append(
            f"seed {each.seed}: drift noticed in {len(after & drifting)} of {len(drifting)} projects that changed, in "
            f"{len((after | early) - drifting)} of {projects - len(drifting)} that did not; "
            f"members' errors: {len(members)}"
        )
    return found


def equals_report(seeds: list[int]) -> str:
    """Promotion of what does not help."""
    shares = [promoted_for_nothing(seed) for seed in seeds]
    said = f"{with_interval(shares)} of {CANDIDATES} candidates a seed; stated at most {sequential.ERROR}"
    return f"promoted though no better: {said}"


def panels(results: list[CopyResult], weeks: int) -> list[Panel]:
    """As the README shows them."""
    marks = [(weeks // 4, "one copy stops learning"), (weeks // 2, "4 in 10 projects change")]
    figures = {
        "Taken and kept, share": acceptance,
        "Seconds for a surviving fix": cost,
        "Calibration error": lambda week: calibration_error([week]),
    }
    return [
        Panel(name, courses(results, True, figure), courses(results, False, figure), marks)
        for name, figure in figures.items()
    ]


def main() -> None:
    """Run, print, draw."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--projects", type=int, default=50)
    asked.add_argument("--weeks", type=int, default=12)
    asked.add_argument("--seeds", type=int, default=4)
    asked.add_argument("--fixes", type=int, default=3, help="of a project in a week")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--out", type=Path, default=Path("docs/getting-better.svg"))
    given = asked.parse_args()
    with ProcessPoolExecutor(given.jobs) as pool:
        waiting = [
            pool.submit(run, seed, given.projects, given.weeks, given.fixes) for seed in range(1, given.seeds + 1)
        ]
        results = [result for each in waiting for result in each.result()]
    told = report(results, given.projects, given.weeks)
    sys.stdout.write("\n".join(told) + "\n")
    many = given.seeds * given.projects
    caption = f"{many} simulated projects in {given.seeds} worlds; bands: lowest and highest world"
    given.out.write_text(picture(panels(results, given.weeks), caption))


if __name__ == "__main__":
    main()
