"""Which built-in files the store has not seen yet. Asked at every start, so it loads nothing but this."""

import hashlib
from collections.abc import Callable, Iterable

from sqlmodel import Session, select

from sigma_core.prompts.tables import BUILT_IN, PromptTemplate


def digest(file: bytes) -> str:
    """What tells one state of a file from another."""
    return hashlib.sha256(file).hexdigest()


def changed(session: Session, names: Iterable[str], digest_of: Callable[[str], str]) -> dict[str, str]:
    """Digests of the files that are not as the store has them, by name."""
    known = select(PromptTemplate).where(PromptTemplate.name == BUILT_IN)
    have = {each.slot: each.file_digest for each in session.exec(known)}
    wanted = {name: digest_of(name) for name in names}
    return {name: digest for name, digest in wanted.items() if have.get(name) != digest}
