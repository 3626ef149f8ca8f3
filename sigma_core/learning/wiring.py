"""Learning: what the room `learning` offers, built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.learning.service import Learning


class LearningServices:
    """How often fixes of a rule were accepted."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    @cached_property
    def service(self) -> Learning:
        from sigma_core.learning.service import Learning

        return Learning(self._database, self._clock)
