"""Bringing the built-in files into the store: a changed file becomes a version, production follows where it may."""

from sqlmodel import Session, select

from sigma_core.clock import Clock
from sigma_core.counter import count_change
from sigma_core.database import Database
from sigma_core.prompts import builtin_changes, labels, reading, results
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.files import PromptFile
from sigma_core.prompts.labels import LabelMover
from sigma_core.prompts.library import COUNTER, PromptLibrary
from sigma_core.prompts.saving import Saved
from sigma_core.prompts.tables import BUILT_IN, PRODUCTION, PromptLabel, PromptTemplate, PromptVersion

ACTOR = "built-in"


class BuiltInLoader:
    """Loads what is new."""

    def __init__(self, database: Database, clock: Clock, builtins: BuiltIns, library: PromptLibrary) -> None:
        self._database, self._clock, self._builtins, self._library = database, clock, builtins, library

    def load(self) -> int:
        """How many files became versions."""
        with self._database.transaction() as session:
            self._database.lock(session, "prompt/built-in")
            changed = builtin_changes.changed(session, self._builtins.names(), self._builtins.digest)
            for name, digest in changed.items():
                self._take(session, name, digest)
            if changed:
                count_change(session, COUNTER)
        return len(changed)

    def _take(self, session: Session, slot: str, digest: str) -> None:
        """A new version of the file's content, its tests, and production if that was the former built-in's."""
        file, name = self._builtins.file(slot), f"{slot}/{BUILT_IN}"
        template = _template(session, slot)
        if template is None:
            saved = self._library.create(name, file.content, note="ships with SIGMA", actor=ACTOR, session=session)
            former = None
        else:
            former = _former(session, template)
            if former is not None and former.digest == file.content.digest:
                saved = Saved(template, former, made=False)
            else:
                saved = self._library.edit(name, file.content, note="a new SIGMA", actor=ACTOR, session=session)
        saved.template.description, saved.template.tags = file.description, list(file.tags)
        saved.template.file_digest = digest
        self._keep_tests(session, saved.template, file)
        held = session.get(PromptLabel, (saved.template.worker, saved.template.type, PRODUCTION))
        pointed = (held.template_id, held.number) if held else None
        if pointed is None or (former is not None and pointed == (former.template_id, former.number)):
            by = LabelMover(ACTOR, f"The built-in of this SIGMA is v{saved.version.number}.")
            labels.move(session, self._clock, saved.template, PRODUCTION, saved.version, by)

    def _keep_tests(self, session: Session, template: PromptTemplate, file: PromptFile) -> None:
        """The file's tests as it has them; on or off stays as people left it."""
        known = {row.name: row.enabled for row in results.tests(session, template.id or 0)}
        for case in file.cases:
            kept = case.model_copy(update={"enabled": known.get(case.name, case.enabled)})
            results.put(session, self._clock, template, kept, ACTOR)


def _template(session: Session, slot: str) -> PromptTemplate | None:
    worker, kind = slot.split("/")
    query = select(PromptTemplate).where(
        PromptTemplate.worker == worker, PromptTemplate.type == kind, PromptTemplate.name == BUILT_IN
    )
    return session.exec(query).one_or_none()


def _former(session: Session, template: PromptTemplate) -> PromptVersion | None:
    """The last version that came from a file, not from a person's editing."""
    for each in reading.versions(session, template):
        if each.author == ACTOR:
            return each
    return None
