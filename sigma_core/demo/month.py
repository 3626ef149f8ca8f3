"""The month of the demonstration, day by day: the real services and the workers' own cycles under a simulated clock."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from sigma_core.clock import utc_now
from sigma_core.demo import spending
from sigma_core.demo.clock import SimulatedClock
from sigma_core.demo.evidence import DrawnEvidence
from sigma_core.demo.happenings import HAPPENINGS, DemoWorld, lose_repository
from sigma_core.demo.people import LEFT, DemoPeople
from sigma_core.demo.repositories import DemoRepository, repositories
from sigma_core.errors import Unavailable
from sigma_core.projects.tables import Project
from sigma_core.runtime.system import CycleNow, System

DAILY = ("analysis", "dream", "think")
EVERY_THIRD = ("learning", "recall", "dreamer")
Show = Callable[[str], None]


@dataclass(frozen=True)
class Extent:
    """How much is made: of so many projects, pressed into so many days; of the last, so many fixes are proved."""

    days: int = 30
    projects: int = 3
    really_proved: int = 3

    @property
    def beginning(self) -> datetime:
        """So many days ago."""
        return utc_now() - timedelta(days=self.days)


MONTH = Extent()
NEWS = 2
"""Modules that are written together; as many are kept for the last day, for its news."""


class DemoMonth:
    """Leads the clock from day to day, and has everybody do their work."""

    def __init__(
        self, system: System, clock: SimulatedClock, evidence: DrawnEvidence, show: Show, extent: Extent
    ) -> None:
        self._system, self._clock, self._evidence, self._show = system, clock, evidence, show
        self._extent, self._days = extent, extent.days
        self._chance = Random("demo/month")  # noqa: S311 (plausible, not secret)
        self._people = DemoPeople(system, self._chance)
        self._under_care: list[tuple[DemoRepository, Project]] = []
        self._world = DemoWorld(system, clock, self._people, self._under_care)
        self._first = clock().date()

    def live(self) -> None:
        """From the first day to now."""
        spending.price(self._system, self._first)
        self._system.runtime.schedule.prepare()
        self._begin_repositories()
        self._start_graph()
        with self._system.cycles() as cycle:
            for day in range(self._days + 1):
                self._show(f"day {day} of {self._days}")
                self._day(day, cycle)

    def _begin_repositories(self) -> None:
        for repository in repositories(self._system.settings.home / "repositories")[-self._extent.projects :]:
            repository.begin(self._clock() - timedelta(days=60))
            for months in range(len(repository.subjects) // 2):
                repository.write_module(self._clock() - timedelta(days=50 - 4 * months))
            project = self._system.projects.service.add(
                repository.place, name=repository.place.name, python=sys.executable, actor="ada"
            )
            self._system.projects.service.permit(project.id or 0, model_allowed=True, actor="ada")
            self._under_care.append((repository, project))

    def _start_graph(self) -> None:
        """Without it nothing is asked of the graph, and what it is to show waits."""
        if self._system.graph.adapter.embedded:
            try:
                self._system.graph.server.ensure()
            except Unavailable as error:
                self._show(str(error))

    def _day(self, day: int, cycle: CycleNow) -> None:
        if day == self._days:
            self._go_to(day, 7)
            lose_repository(self._world, 0)
        for place, (repository, project) in enumerate(self._under_care):
            if day == self._days or (day + place) % (2 + place) == 0:
                self._project_day(day, repository, project, cycle)
        self._go_to(day, 16)
        todays = [what for each, what in HAPPENINGS.items() if each * self._days // MONTH.days == day]
        # In a month that is pressed, what comes twice on a day comes once
        for happening in dict.fromkeys(todays):
            happening(self._world)
        self._system.graph.updater.tick()

    def _project_day(self, day: int, repository: DemoRepository, project: Project, cycle: CycleNow) -> None:
        self._go_to(day, 8)
        news, kept = self._chance.random(), 0 if day == self._days else NEWS
        if news < 0.45 or day in (0, self._days):
            for _ in range(min(NEWS, len(repository.subjects) - kept)):
                repository.write_module(self._clock())
        elif news < 0.6:
            repository.fix_by_hand(self._clock())
        self._go_to(day, 9)
        if day == self._days:
            self._evidence.really = self._extent.really_proved
        self._cycles(DAILY, project, cycle)
        self._go_to(day, 14)
        self._people.decide(project, leave=LEFT if day == self._days else 0)
        if self._chance.random() < 0.3:
            self._people.ignore_one(project)
        if day < self._days:
            self._people.apply(project, repository, self._clock())
        self._go_to(day, 17)
        self._cycles(("analysis", *(EVERY_THIRD if day % 3 == 0 or day == self._days else ())), project, cycle)

    def _cycles(self, workers: Sequence[str], project: Project, cycle: CycleNow) -> None:
        for worker in workers:
            cycle(worker, project, "schedule", lambda _: None)

    def _go_to(self, day: int, hour: int) -> None:
        """To an hour of a day. The last day ends now, whatever the hour."""
        left = timedelta(hours=20 - hour) if day == self._days else None
        begun = datetime.combine(self._first, time(hour), tzinfo=self._clock().tzinfo) + timedelta(days=day)
        self._clock.go_to(utc_now() - left / 30 if left is not None else begun)
