"""When two payloads say the same: equal after case, spacing, Unicode form and volatile fields are set aside."""

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from sigma_core.exchange.payload import Payload

to_json = TypeAdapter[Any](Any).serializer.to_json
"""Plain values as JSON, without what `TypeAdapter` does around it at each call."""
_AS_THEY_ARE = frozenset((int, bool, type(None)))


def folded(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """JSON without what makes no difference: case, spacing, Unicode form, the order of keys, whole floats."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is str or isinstance(value, str):
        plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
        return " ".join(plain.casefold().split())
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is dict:
        return {key: folded(value[key]) for key in sorted(value)}
    return [folded(child) for child in value]


def knowledge_digest(kind: type[Payload], plain: Mapping[str, Any], project_id: int | None) -> str:
    """Of folded data: the same for payloads that are the same knowledge of the same project."""
    volatile = kind.volatile
    return digest_of(kind.name, project_id, {name: plain[name] for name in plain if name not in volatile})


def subject_digest(kind: type[Payload], plain: Mapping[str, Any], project_id: int | None) -> str | None:
    """Of folded data: the same for payloads about one subject; None for types that never contradict each other."""
    if not kind.claim:
        return None
    return digest_of(kind.name, project_id, {name: plain[name] for name in plain if name in kind.subject})


def claims_differ(kind: type[Payload], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two payloads about one subject contradict each other?"""
    return any(folded(one.get(name)) != folded(other.get(name)) for name in kind.claim)


def digest_of(name: str, project_id: int | None, fields: Mapping[str, Any]) -> str:
    """The same for folded fields of one type and project that are equal."""
    return hashlib.blake2b(to_json([name, project_id, fields]), digest_size=20).hexdigest()
