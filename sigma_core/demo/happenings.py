"""What happens once in the month of the demonstration, and on which of its days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigma_core.demo import incidents, prompt_work, spending, strategy_work
from sigma_core.demo.clock import SimulatedClock
from sigma_core.demo.people import DemoPeople
from sigma_core.demo.repositories import DemoRepository
from sigma_core.projects.tables import Project
from sigma_core.runtime.system import System


@dataclass(frozen=True)
class DemoWorld:
    """Who and what takes part."""

    system: System
    clock: SimulatedClock
    people: DemoPeople
    under_care: Sequence[tuple[DemoRepository, Project]]


def revert(world: DemoWorld) -> None:
    """A merged change is taken back."""
    repository, project = world.under_care[0]
    world.people.take_back(project, repository, world.clock())


def contradict(world: DemoWorld) -> None:
    """Two workers contradict each other."""
    of = world.under_care[0][1].id or 0
    incidents.contradict(world.system, of, "linter_unsafe fixes of B006")


def lose_repository(world: DemoWorld, place: int = -1) -> None:
    """A cycle fails, as its repository is away."""
    repository, project = world.under_care[place]
    with incidents.away(repository.place), world.system.cycles() as cycle:
        cycle("analysis", project, "schedule", lambda _: None)


def _of_system(act: Callable[[System], None]) -> Callable[[DemoWorld], None]:
    return lambda world: act(world.system)


_ASK = _of_system(strategy_work.ask)
HAPPENINGS: Mapping[int, Callable[[DemoWorld], None]] = {
    3: _of_system(spending.bound),
    5: _of_system(prompt_work.first_edit),
    8: lose_repository,
    10: _ASK,
    12: _of_system(prompt_work.second_edit),
    14: revert,
    16: _of_system(prompt_work.go_back),
    18: _ASK,
    20: _of_system(strategy_work.try_tunables),
    22: _of_system(prompt_work.begin_canary),
    24: revert,
    26: _ASK,
    27: _of_system(incidents.lose_letters),
    28: contradict,
    29: _of_system(prompt_work.demand_too_much),
    30: lose_repository,
}
"""By day of a month."""
