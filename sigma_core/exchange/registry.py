"""Which types of knowledge there are."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.exchange.arguments import shown
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.types import BUILT_IN
from sigma_core.jobs import WORKERS
from sigma_core.plugins import Plugin, load

GROUP = "sigma.knowledge"
"""Entry points of packages that add types."""
UNREGISTERED_DECAY_S = 24 * 3600.0
"""Decay time of stored items whose type is no longer registered, seconds."""


def installed() -> tuple[type[Payload], ...]:
    """The built-in types, and those that installed packages bring (entry points ``sigma.knowledge``)."""
    return (*BUILT_IN, *load(GROUP, _fit).things)


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


def _fit(_: Plugin, value: Any, known: Sequence[type[Payload]]) -> type[Payload]:  # noqa: ANN401 (of others)
    if not inspect.isclass(value) or not issubclass(value, Payload):
        raise Invalid({"class": "is not a Payload"})
    if missing := [each for each in ("name", "recipients", "decay_s") if not hasattr(value, each)]:
        raise Invalid(dict.fromkeys(missing, "is missing"))
    Registry((*BUILT_IN, *known, value))
    value.model_json_schema()
    return value


def _unknown(names: Iterable[str], known: Iterable[str]) -> str:
    strangers = set(names) - set(known)
    return f"does not fit: {', '.join(sorted(strangers))}" if strangers else ""
