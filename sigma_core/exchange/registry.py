"""Which types of knowledge there are."""

from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points

from sigma_core.errors import Invalid
from sigma_core.exchange.arguments import shown
from sigma_core.exchange.payload import WORKERS, Payload
from sigma_core.exchange.types import BUILT_IN

GROUP = "sigma.knowledge"
"""Entry points of packages that add types."""
UNREGISTERED_DECAY_S = 24 * 3600.0
"""Decay time of stored items whose type is no longer registered, seconds."""


def installed() -> tuple[type[Payload], ...]:
    """The built-in types, and those that installed packages bring (entry points ``sigma.knowledge``)."""
    return (*BUILT_IN, *(found.load() for found in entry_points(group=GROUP)))


class Registry:
    """The types by name. `Registry((*BUILT_IN, MyType))` adds one."""

    def __init__(self, types: Iterable[type[Payload]] = BUILT_IN) -> None:
        self._types: dict[str, type[Payload]] = {}
        for one in types:
            self._add(one)

    def __iter__(self) -> Iterator[type[Payload]]:
        return iter(self._types.values())

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __getitem__(self, name: str) -> type[Payload]:
        """The payload model of that name. Raises `Invalid`, listing the names there are."""
        try:
            return self._types[name]
        except KeyError:
            known = ", ".join(self._types)
            raise Invalid({"type": f"{shown(name)} is not a type of knowledge; there are {known}"}) from None

    def decay_s(self, name: str) -> float:
        """Decay time of the type, seconds."""
        return self._types[name].decay_s if name in self._types else UNREGISTERED_DECAY_S

    def _add(self, one: type[Payload]) -> None:
        fields = set(one.model_fields)
        wrong = {
            "name": "is taken" if one.name in self._types else "",
            "recipients": _unknown(one.recipients, WORKERS),
            "decay_s": "" if one.decay_s > 0 else "must be more than 0 seconds",
            "subject": _unknown(one.subject, fields),
            "claim": _unknown(one.claim, fields - set(one.volatile)),
            "volatile": _unknown(one.volatile, fields - set(one.subject)),
            "prose": _unknown(one.prose, fields - {*one.claim, *one.volatile, *(one.subject if one.claim else ())}),
        }
        if bad := {f"{one.__name__}.{attribute}": why for attribute, why in wrong.items() if why}:
            raise Invalid(bad)
        self._types[one.name] = one


def _unknown(names: Iterable[str], known: Iterable[str]) -> str:
    strangers = set(names) - set(known)
    return f"does not fit: {', '.join(sorted(strangers))}" if strangers else ""
