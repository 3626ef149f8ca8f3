"""How a version comes into the library: named, stored, recorded, inside the caller's transaction."""

import re
from dataclasses import dataclass

from sqlmodel import Session

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.errors import Invalid
from sigma_core.prompts import includes, reading
from sigma_core.prompts.content import Content
from sigma_core.prompts.tables import PromptTemplate, PromptVersion

_NAMES = {
    "worker": re.compile(r"[a-z][a-z0-9_]{0,39}"),
    "type": re.compile(r"[a-z][a-z0-9_]{0,59}"),
    "name": re.compile(r"[a-z][a-z0-9_-]{0,29}"),
}


@dataclass(frozen=True)
class Saved:
    """A version, and whether it was made just now."""

    template: PromptTemplate
    version: PromptVersion
    made: bool


def renew(
    session: Session, clock: Clock, template: PromptTemplate, old: PromptVersion, reason: str, actor: str
) -> Saved:
    """An old version's content as the newest version."""
    newest = reading.latest(session, template)
    pinned = includes.Pinned(dict(old.included), dict(old.included_from))
    content = Content.model_validate(old.content)
    note = f"Back to v{old.number}: {reason}"[:2000]
    version = add(session, clock, template, newest.number + 1, old.number, content, pinned, note=note, actor=actor)
    return Saved(template, version, made=True)


def add(
    session: Session,
    clock: Clock,
    template: PromptTemplate,
    number: int,
    parent: int | None,
    content: Content,
    pinned: includes.Pinned,
    *,
    note: str,
    actor: str,
) -> PromptVersion:
    """Store a version."""
    version = PromptVersion(
        template_id=template.id or 0,
        number=number,
        parent=parent,
        content=content.model_dump(mode="json"),
        included=pinned.texts,
        included_from=pinned.origins,
        digest=content.digest,
        note=short(note, "note"),
        author=actor,
        created_at=clock(),
    )
    session.add(version)
    template.changed_at = clock()
    record(session, clock, template, f"save v{number}", actor, note or None)
    session.flush()
    return version


def record(
    session: Session, clock: Clock, template: PromptTemplate, action: str, actor: str, reason: str | None = None
) -> None:
    """Write down who did what to a template, and why."""
    audit.record(session, clock, actor=actor, action=action, object=f"prompt/{template.full_name}", reason=reason)


def parts(name: str) -> tuple[str, str, str]:
    """Worker, type and own name of `worker/type/name`. Raises `Invalid`."""
    worker, kind, own, *more = [*name.split("/"), *([""] if name.count("/") else ["", ""])]
    own = own or "main"
    given = {"worker": worker, "type": kind, "name": own}
    wrong = {key: "is small letters, digits and _" for key, text in given.items() if not _NAMES[key].fullmatch(text)}
    if wrong or any(more):
        raise Invalid(wrong or {"name": "is worker/type/name"})
    return worker, kind, own


def short(text: str, field: str) -> str:
    """The text, of at most 2000 characters. Raises `Invalid`."""
    if len(text) > 2000:
        raise Invalid({field: "has more than 2000 characters"})
    return text
