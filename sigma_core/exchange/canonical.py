"""When two payloads say the same: equal after case, spacing, Unicode form and volatile fields are set aside."""

import hashlib
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter

from sigma_core.exchange.payload import Payload

_JSON: TypeAdapter[Any] = TypeAdapter(Any)


def knowledge_digest(kind: type[Payload], data: Mapping[str, Any], project_id: int | None) -> str:
    """The same for payloads that are the same knowledge of the same project."""
    return digest_of(kind.name, project_id, {name: data[name] for name in data if name not in kind.volatile})


def subject_digest(kind: type[Payload], data: Mapping[str, Any], project_id: int | None) -> str | None:
    """The same for payloads about the same subject; None for types that never contradict each other."""
    return digest_of(kind.name, project_id, _picked(data, kind.subject)) if kind.claim else None


def claims_differ(kind: type[Payload], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two payloads about one subject contradict each other?"""
    return bool(_folded(_picked(one, kind.claim)) != _folded(_picked(other, kind.claim)))


def _picked(data: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    return {name: data.get(name) for name in fields}


def digest_of(name: str, project_id: int | None, fields: dict[str, Any]) -> str:
    """The same for fields of one type and project that are equal after folding."""
    text = _JSON.dump_json([name, project_id, _folded(fields)])
    return hashlib.blake2b(text, digest_size=20).hexdigest()


def _folded(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, str):
        plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
        return " ".join(plain.casefold().split())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _folded(value[key]) for key in sorted(value)}
    return [_folded(child) for child in value] if isinstance(value, list | tuple) else value
