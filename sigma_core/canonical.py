"""One text and one digest for a value, whichever database it comes from."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime


def digest_of(value: object) -> str:
    """SHA-256 of a value of plain kinds: the same for what is equal."""
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()


def plain(value: object) -> object:
    """As JSON can say it. Databases keep moments, bytes and whole numbers in ways of their own."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
