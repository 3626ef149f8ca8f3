"""Makes the demonstration's home, or finds the one that stands."""

from collections.abc import Callable
from pathlib import Path

import sigma_core.runtime.all_tables  # noqa: F401 (foreign keys cross rooms: no table can be used before all are known)
from sigma_core import schema
from sigma_core.demo import marker, prompt_work
from sigma_core.demo.answers import DemoModel
from sigma_core.demo.clock import SimulatedClock, SimulatedDatabase
from sigma_core.demo.evidence import DrawnEvidence
from sigma_core.demo.month import MONTH, DemoMonth, Extent
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


def make(settings: Settings, show: Callable[[str], None], extent: Extent = MONTH) -> bool:
    """Make the demonstration in the home of these settings, anew where it was broken off; False where it stands.

    Raises `Conflict` where anything else does, and while another process makes it.
    """
    if marker.is_whole(settings.home):
        return False
    with marker.taken(settings.home):
        if marker.is_whole(settings.home):
            return False
        _make(settings, show, extent)
    return True


def _make(settings: Settings, show: Callable[[str], None], extent: Extent) -> None:
    clock = SimulatedClock(extent.beginning)
    marker.begin(settings.home, clock())
    system = System(settings, "command", clock, database=SimulatedDatabase(settings.database_location, clock))
    try:
        schema.migrate(system.database)
        _live(system, clock, show, extent)
    finally:
        system.close()
    _test_prompts_again(settings)
    marker.finish(settings.home, clock())


def _test_prompts_again(settings: Settings) -> None:
    """With who answers from now on: results belong to a model."""
    system = System(settings, "command")
    try:
        prompt_work.run_tests(system)
    finally:
        system.close()


def _live(system: System, clock: SimulatedClock, show: Callable[[str], None], extent: Extent) -> None:
    # First, for whoever asks for the model's name has it built
    system.llm.ask_by_default(DemoModel)
    system.load_built_in_prompts()
    evidence = DrawnEvidence(system.proposals.verifier)
    system.proposals.measure_by(evidence)
    DemoMonth(system, clock, evidence, show, extent).live()


def home_beside(home: Path) -> Path:
    """Where a demonstration lies if nobody says: beside the home that is in use, never in it."""
    return home.with_name(f"{home.name}-demo")
