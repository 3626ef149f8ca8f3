"""The library: templates, immutable versions, labels. One transaction a verb, every act recorded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.counter import count_change
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid
from sigma_core.prompts import includes, labels, reading, saving
from sigma_core.prompts.content import Content
from sigma_core.prompts.labels import LabelMover
from sigma_core.prompts.saving import Saved
from sigma_core.prompts.tables import BUILT_IN, PRODUCTION, PromptTemplate

COUNTER = "prompts"
"""The counter of all changes that a lookup may have to see."""


class Gate(Protocol):
    """Decides what may become production."""

    def refusal(self, session: Session, template: PromptTemplate, number: int) -> str | None:
        """Why a version may not; None where nothing speaks against it."""
        ...


class PromptLibrary:
    """What people and the dreamer do with prompts."""

    def __init__(self, database: Database, clock: Clock, gate: Gate) -> None:
        self._database, self._clock, self._gate = database, clock, gate

    def create(
        self,
        name: str,
        content: Content,
        *,
        description: str = "",
        tags: Sequence[str] = (),
        note: str = "",
        actor: str,
        session: Session | None = None,
    ) -> Saved:
        """A new template `worker/type/name` with its version 1. Raises `Invalid`, `Conflict` where there is one."""
        worker, kind, own = saving.parts(name)
        with self._writing(f"{worker}/{kind}", session) as inner:
            template = PromptTemplate(
                worker=worker,
                type=kind,
                name=own,
                description=saving.short(description, "description"),
                tags=list(tags),
                created_at=self._clock(),
                changed_at=self._clock(),
            )
            if reading.exists(inner, template):
                raise Conflict(f"There is a prompt {template.full_name} already.")
            pinned = includes.pin(inner, content, None)
            includes.checked(content, pinned)
            inner.add(template)
            inner.flush()
            version = saving.add(inner, self._clock, template, 1, None, content, pinned, note=note, actor=actor)
        return Saved(template, version, made=True)

    def edit(
        self,
        name: str,
        content: Content,
        *,
        base_version: int | None = None,
        parent: int | None = None,
        note: str = "",
        actor: str,
        session: Session | None = None,
    ) -> Saved:
        """A new version with this content, unless it says what the latest says.

        `base_version`: the version it was made from. Raises `Conflict` when there is a later one by now.
        `parent`: the same, where later ones do not matter.
        """
        with self._writing(self._slot(name, session), session) as inner:
            template = reading.find(inner, name)
            newest = reading.latest(inner, template)
            pinned = includes.pin(inner, content, template)
            if newest.digest == content.digest and newest.included == pinned.texts:
                return Saved(template, newest, made=False)
            if base_version is not None and base_version != newest.number:
                raise Conflict(
                    f"{template.full_name} has v{newest.number} by now ({newest.author}: {newest.note or 'no note'}); "
                    f"this was made from v{base_version}. Nothing was saved."
                )
            includes.checked(content, pinned)
            version = saving.add(
                inner,
                self._clock,
                template,
                newest.number + 1,
                parent or newest.number,
                content,
                pinned,
                note=note,
                actor=actor,
            )
        return Saved(template, version, made=True)

    def describe(self, name: str, *, description: str, tags: Sequence[str], actor: str) -> PromptTemplate:
        """Change what is said about a template; its versions stay as they are."""
        with self._writing(self._slot(name)) as session:
            template = reading.find(session, name)
            template.description, template.tags = saving.short(description, "description"), list(tags)
            template.changed_at = self._clock()
            saving.record(session, self._clock, template, "describe", actor)
        return template

    def label(
        self,
        name: str,
        label: str,
        version: int,
        *,
        reason: str,
        actor: str,
        override: bool = False,
        session: Session | None = None,
    ) -> bool:
        """Point a label of the slot to a version; whether it moved.

        Raises `Forbidden` for `production` when its tests do not speak for it, unless overridden (recorded).
        """
        labels.check(label, reason)
        with self._writing(self._slot(name, session), session) as inner:
            template = reading.find(inner, name)
            to = reading.version(inner, template, version)
            if template.archived_at is not None:
                raise Forbidden(f"{template.full_name} is archived.")
            against = self._gate.refusal(inner, template, version) if label == PRODUCTION else None
            if against and not override:
                raise Forbidden(f"{against} Nothing was moved; an override with a reason moves it all the same.")
            return labels.move(inner, self._clock, template, label, to, LabelMover(actor, reason, against))

    def unlabel(self, name: str, label: str, *, reason: str, actor: str) -> bool:
        """Take a label away. Workers would be left with nothing, so `production` can only be moved."""
        labels.check(label, reason)
        if label == PRODUCTION:
            raise Forbidden("production can be moved, not taken away.")
        with self._writing(self._slot(name)) as session:
            return labels.move(
                session, self._clock, reading.find(session, name), label, None, LabelMover(actor, reason)
            )

    def rollback(
        self, name: str, version: int, *, reason: str, actor: str, as_new: bool = False, override: bool = False
    ) -> Saved:
        """Give workers an earlier version again: production goes back to it, or to a new version with its content.

        What was production before needs no test to become it again.
        """
        labels.check(PRODUCTION, reason)
        with self._writing(self._slot(name)) as session:
            template = reading.find(session, name)
            to = reading.version(session, template, version)
            known = labels.was_production(session, template, to)
            saved = (
                saving.renew(session, self._clock, template, to, reason, actor)
                if as_new
                else Saved(template, to, made=False)
            )
            against = None if known else self._gate.refusal(session, template, version)
            if against and not override:
                raise Forbidden(f"{against} v{version} has never been production.")
            labels.move(session, self._clock, template, PRODUCTION, saved.version, LabelMover(actor, reason, against))
        return saved

    def archive(self, name: str, *, reason: str, actor: str) -> PromptTemplate:
        """Put a template aside. Raises `Conflict` while a label points to it."""
        with self._writing(self._slot(name)) as session:
            template = reading.find(session, name)
            if held := reading.labels(session, template):
                raise Conflict(f"{', '.join(held)} of {template.slot} points to {template.full_name}; move it first.")
            template.archived_at = template.archived_at or self._clock()
            saving.record(session, self._clock, template, "archive", actor, reason)
        return template

    def restore(self, name: str, *, reason: str, actor: str) -> PromptTemplate:
        """Take a template out of the archive."""
        with self._writing(self._slot(name)) as session:
            template = reading.find(session, name)
            template.archived_at = None
            saving.record(session, self._clock, template, "restore", actor, reason)
        return template

    def delete(self, name: str, *, confirm: str, reason: str, actor: str) -> None:
        """Remove an archived template for good. `confirm` is its full name.

        Raises `Conflict` while it is not archived or something refers to it, `Invalid` without confirmation.
        """
        with self._writing(self._slot(name)) as session:
            template = reading.find(session, name)
            if confirm != template.full_name:
                raise Invalid({"confirm": f"must be {template.full_name}"})
            if template.name == BUILT_IN:
                raise Forbidden(f"{template.full_name} ships with SIGMA; archive it.")
            if template.archived_at is None:
                raise Conflict(f"{template.full_name} is not archived.")
            if what := reading.referring(session, template):
                raise Conflict(f"{what} refer to {template.full_name}, so it stays in the archive.")
            reading.remove(session, template)
            saving.record(session, self._clock, template, "delete", actor, reason)

    def _slot(self, name: str, session: Session | None = None) -> str:
        with self._database.reading(session) as inner:
            return reading.find(inner, name).slot

    @contextmanager
    def _writing(self, slot: str, session: Session | None = None) -> Iterator[Session]:
        """A write transaction alone in the slot; lookups everywhere will see that something has changed."""
        with self._database.transaction(session) as inner:
            self._database.lock(inner, f"prompt/{slot}")
            yield inner
            inner.flush()
            count_change(inner, COUNTER)
