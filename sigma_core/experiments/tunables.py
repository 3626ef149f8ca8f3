"""What may be experimented with: one registry, in which every entry has bounds, a default and somebody who reads it.

Evidence rules, thresholds, vetoes and isolation are no tunables: what proves a fix is not up for trial.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, overload

from sigma_core.errors import Invalid, NotFound

Setting = int | float | str
"""What a tunable is set to."""
Kind = TypeVar("Kind", int, float, str)
UnitKind = Literal["run", "proposal"]
"""What keeps to one arm: a worker's run, or one proposal."""
Risk = Literal["low", "medium", "high"]


@dataclass(frozen=True)
class Tunable(Generic[Kind]):
    """Something that may be set otherwise than it is by default, within bounds."""

    name: str
    about: str
    default: Kind
    reader: str
    """The worker whose work it changes."""
    outcomes: tuple[str, ...]
    """What its experiments may be judged by; the first where nobody says."""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    worth_trying: tuple[Kind, ...] = field(default=())
    """Settings that the dreamer tries by itself, in this order."""
    risk: Risk = "low"
    unit: UnitKind = "run"
    by_model: bool = False
    """Whether it is read only where a model answers."""

    def checked(self, setting: object) -> Kind:
        """The setting where it is of the right kind and within bounds. Raises `Invalid`."""
        kind = type(self.default)
        # JSON knows one kind of number; a truth value is none
        if kind is float and type(setting) is int:
            setting = float(setting)
        if type(setting) is kind and self._is_within(setting):
            return setting
        raise Invalid({self.name: f"is {self.bounds}"})

    def parsed(self, text: str) -> Kind:
        """The setting that a person wrote. Raises `Invalid`."""
        try:
            return self.checked(type(self.default)(text))
        except ValueError as error:
            raise Invalid({self.name: f"is {self.bounds}"}) from error

    @property
    def bounds(self) -> str:
        """Its bounds in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"

    def _is_within(self, setting: Any) -> bool:  # noqa: ANN401 (of the default's type)
        return setting in self.choices if self.choices else self.low <= setting <= self.high


AnyTunable = Tunable[int] | Tunable[float] | Tunable[str]


class TunedValues(Protocol):
    """Whoever knows what a tunable is set to."""

    @overload
    def value(self, tunable: Tunable[int], project_id: int, unit: int) -> int: ...
    @overload
    def value(self, tunable: Tunable[float], project_id: int, unit: int) -> float: ...
    @overload
    def value(self, tunable: Tunable[str], project_id: int, unit: int) -> str: ...


class DefaultValues:
    """Everything as it is by default."""

    @overload
    def value(self, tunable: Tunable[int], project_id: int, unit: int) -> int: ...
    @overload
    def value(self, tunable: Tunable[float], project_id: int, unit: int) -> float: ...
    @overload
    def value(self, tunable: Tunable[str], project_id: int, unit: int) -> str: ...
    def value(self, tunable: AnyTunable, project_id: int, unit: int) -> Setting:  # noqa: ARG002 (as all have it)
        """The default."""
        return tunable.default


class TunableRegistry:
    """All tunables by name."""

    def __init__(self, tunables: Iterable[AnyTunable]) -> None:
        self._by_name: Mapping[str, AnyTunable] = {each.name: each for each in tunables}

    def __iter__(self) -> Any:  # noqa: ANN401 (an iterator of tunables)
        return iter(self._by_name.values())

    def get(self, name: str) -> AnyTunable:
        """Raises `NotFound`, naming those there are."""
        if (known := self._by_name.get(name)) is None:
            raise NotFound("tunable", f"{name} (known: {', '.join(self._by_name)})")
        return known

    def of(self, reader: str) -> Sequence[AnyTunable]:
        """Those that change a worker's work."""
        return [each for each in self._by_name.values() if each.reader == reader]
