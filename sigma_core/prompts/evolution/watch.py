"""Progress of an evolution, for whoever waits and in its row; the row's word to stop ends it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sigma_core.errors import Cancelled
from sigma_core.prompts.evolution.states import EvolutionStates
from sigma_core.prompts.evolution.tables import PromptEvolution


class EvolutionWatch(Protocol):
    """Whoever executes the job."""

    def progress(self, text: str) -> None:
        """Say what is being done. Raises `Cancelled` where it is to stop."""


@dataclass(frozen=True)
class Watched:
    """Passes progress on."""

    row: PromptEvolution
    states: EvolutionStates
    tell: Callable[[str], None]

    def __call__(self, text: str) -> None:
        self.tell(text)
        if not self.states.say(self.row, text):
            raise Cancelled(f"Evolution {self.row.id} was called off.")
