"""Whether a message may enter the exchange."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from sigma_core.errors import Invalid
from sigma_core.exchange import arguments
from sigma_core.exchange.delivery import misaddressed, recipients
from sigma_core.exchange.digests import folded, knowledge_digest, near_key, subject_digest
from sigma_core.exchange.message import Draft, Urgency
from sigma_core.exchange.payload import STORED, Payload
from sigma_core.exchange.registry import Registry
from sigma_core.identity import MAX_ID
from sigma_core.text import escaped, is_storable

MAX_PAYLOAD_BYTES = 64 * 1024
MAX_ORIGIN = 200
_URGENCIES = tuple(Urgency)


class Checked(NamedTuple):
    """A message that may be stored, with all that storing needs."""

    draft: Draft
    payload: Payload
    data: dict[str, Any]
    text: str
    """The data as JSON."""
    digest: str
    subject: str | None
    near: str | None
    recipients: tuple[str, ...]


def check(draft: Draft, registry: Registry) -> Checked:
    """The message, ready to be stored. Raises `Invalid` naming every bad field."""
    wrong = misaddressed(draft.source, draft.targets) | _bad_envelope(draft)
    try:
        payload = read_payload(draft.knowledge, draft.payload, registry)
        text = _bounded(payload)
    except Invalid as error:
        raise Invalid(wrong | error.fields) from None
    if wrong:
        raise Invalid(wrong)
    kind, project_id, data = type(payload), draft.project_id, payload.model_dump()
    plain = folded(data)
    return Checked(
        draft,
        payload,
        data,
        text,
        digest=knowledge_digest(kind, plain, project_id),
        subject=subject_digest(kind, plain, project_id),
        near=near_key(kind, data, plain, project_id),
        recipients=recipients(payload, draft.source, draft.targets),
    )


def read_payload(knowledge: Payload | str, raw: object, registry: Registry) -> Payload:
    """The payload object. Raises `Invalid` naming every bad field."""
    if isinstance(knowledge, Payload):
        _refuse_stranger(knowledge, registry)
        # It may have been built unchecked, and what its details hold may have changed since
        return _validated(type(knowledge), vars(knowledge))
    if not isinstance(knowledge, str):
        raise Invalid({"type": "must be the name of a type of knowledge"})
    kind = registry[knowledge]
    if not isinstance(raw, Mapping):
        raise Invalid({"payload": "must be a JSON object"})
    return _validated(kind, raw)


def read_stored(type_name: str, stored: Mapping[str, Any] | str | bytes, registry: Registry) -> Payload:
    """The payload object of what was accepted before. Raises `Invalid` where it does not fit its type any more."""
    kind = registry[type_name]
    try:
        if isinstance(stored, Mapping):
            return kind.model_validate(stored, context=STORED)
        return kind.model_validate_json(stored, context=STORED)
    except ValidationError as error:
        raise _every_field(error) from None


def _validated(kind: type[Payload], raw: Mapping[str, Any]) -> Payload:
    try:
        return kind.model_validate(dict(raw))
    except ValidationError as error:
        raise Invalid(_unnameable(kind, raw) or _every_field(error).fields) from None


def _unnameable(kind: type[Payload], raw: Mapping[Any, Any]) -> dict[str, str]:
    """What is wrong with all fields, where a name among them is none that pydantic can tell; empty if all can be."""
    named = {key: value for key, value in raw.items() if isinstance(key, str) and is_storable(key)}
    if len(named) == len(raw):
        return {}
    wrong = {
        _field((key if isinstance(key, str) else repr(key),)): "is not a field's name"
        for key in raw
        if key not in named
    }
    try:
        kind.model_validate(named)
    except ValidationError as error:
        wrong |= _every_field(error).fields
    return wrong


def _every_field(error: ValidationError) -> Invalid:
    return Invalid({_field(e["loc"]): e["msg"].removeprefix("Value error, ") for e in error.errors()})


def _refuse_stranger(payload: Payload, registry: Registry) -> None:
    kind = type(payload)
    if registry[kind.name] is not kind:
        raise Invalid({"type": f"{kind.__name__} is not the registered {kind.name}"})


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(escaped(str(part), 80) for part in location)


def _bounded(payload: Payload) -> str:
    text = payload.model_dump_json()
    size = len(text) if text.isascii() else len(text.encode())
    if size > MAX_PAYLOAD_BYTES:
        raise Invalid({"payload": f"is {size} bytes of JSON, more than {MAX_PAYLOAD_BYTES}"})
    return text


def _bad_envelope(draft: Draft) -> dict[str, str]:
    wrong = {}
    if draft.urgency not in _URGENCIES:
        wrong["urgency"] = f"{arguments.shown(draft.urgency)} is not one of {', '.join(Urgency)}"
    if draft.origin is not None:
        wrong["origin"] = arguments.text(draft.origin, MAX_ORIGIN)
    if draft.project_id is not None:
        wrong["project_id"] = arguments.identity(draft.project_id)
    if draft.run_id is not None:
        wrong["run_id"] = arguments.whole(draft.run_id, 1, MAX_ID)
    return {name: why for name, why in wrong.items() if why}
