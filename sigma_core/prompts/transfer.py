"""Prompts as files a repository keeps: out, in, and where the two differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.prompts import files, reading, results
from sigma_core.prompts.catalog import PromptCatalog, Whole
from sigma_core.prompts.content import Content
from sigma_core.prompts.files import PromptFile
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.saving import Saved

State = Literal["same", "differs", "only in files", "only in store"]


@dataclass(frozen=True)
class Drift:
    """One prompt in the files and in the store. `version` is the stored one compared with."""

    name: str
    state: State
    version: int | None = None
    detail: str = ""


class PromptTransfer:
    """Files are named `worker/type/name.md` below a folder."""

    def __init__(self, database: Database, clock: Clock, library: PromptLibrary, catalog: PromptCatalog) -> None:
        self._database, self._clock, self._library, self._catalog = database, clock, library, catalog

    def write(self, name: str, version: int | None = None) -> tuple[str, bytes]:
        """A prompt's full name and file: of a version, or the one that workers get, with its tests."""
        whole = self._catalog.show(name)
        file = self._file(whole, whole.current.number if version is None else version)
        return whole.template.full_name, files.write(file)

    def write_all(self, folder: Path) -> list[Path]:
        """Every prompt that is not archived, below a folder."""
        written = []
        for each in self._catalog.list():
            name, content = self.write(str(each.template.id))
            path = folder / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
        return written

    def read(self, name: str, content: bytes, *, note: str, actor: str) -> Saved:
        """Take a file in: a new template, a new version, or nothing where it says what the newest version says.

        Its tests are taken in too. One transaction; raises `Invalid` for what is no prompt.
        """
        file = files.read(name, content)
        with self._database.transaction() as session:
            try:
                template = reading.find(session, name)
            except NotFound:
                saved = self._library.create(
                    name,
                    file.content,
                    description=file.description,
                    tags=file.tags,
                    note=note,
                    actor=actor,
                    session=session,
                )
            else:
                own = template.full_name
                saved = self._library.edit(own, file.content, note=note, actor=actor, session=session)
                saved.template.description, saved.template.tags = file.description, list(file.tags)
            known = {row.name: results.case(row) for row in results.tests(session, saved.template.id or 0)}
            for case in file.cases:
                if known.get(case.name) != case:
                    results.put(session, self._clock, saved.template, case, actor)
        return saved

    def drift(self, folder: Path) -> Sequence[Drift]:
        """Where files and store differ, by name."""
        found = dict(named_files(folder))
        stored = {each.template.full_name: each.template for each in self._catalog.list()}
        names = sorted(found.keys() | stored.keys())
        return [self._drift(name, found.get(name), known=name in stored) for name in names]

    def _drift(self, name: str, path: Path | None, *, known: bool) -> Drift:
        if path is None:
            return Drift(name, "only in store")
        file = files.read(name, path.read_bytes())
        if not known:
            return Drift(name, "only in files")
        whole = self._catalog.show(name)
        current = whole.current
        if file == self._file(whole, current.number):
            return Drift(name, "same", current.number)
        same = next((each.number for each in whole.versions if each.digest == file.content.digest), None)
        if same == current.number:
            return Drift(name, "differs", same, "description, tags or tests differ")
        detail = f"the file is v{same}, workers get v{current.number}" if same else "the file's texts are in no version"
        return Drift(name, "differs", current.number, detail)

    def _file(self, whole: Whole, number: int) -> PromptFile:
        template = whole.template
        with self._database.reading() as session:
            version = reading.version(session, template, number)
            cases = tuple(results.case(row) for row in results.tests(session, template.id or 0))
        return PromptFile(
            description=template.description,
            tags=tuple(template.tags),
            content=Content.model_validate(version.content),
            cases=cases,
        )


def named_files(path: Path) -> Iterator[tuple[str, Path]]:
    """The prompt files below a folder, or one file, with the names their places give them. Raises `Invalid`."""
    if path.is_dir():
        for each in sorted(path.rglob("*.md")):
            pieces = each.relative_to(path).with_suffix("").parts
            if len(pieces) in {2, 3}:
                yield "/".join((*pieces, "main")[:3]), each
    elif path.is_file():
        yield "/".join(path.with_suffix("").parts[-3:]), path
    else:
        raise Invalid({"path": f"{path} is neither a file nor a folder"})


def sources(paths: Sequence[Path], name: str | None) -> Mapping[str, Path]:
    """Which prompt each file is for; `name` says it for a single file that stands anywhere."""
    if name is not None:
        if len(paths) != 1 or not paths[0].is_file():
            raise Invalid({"name": "names the prompt of one file"})
        return {name: paths[0]}
    return dict(each for path in paths for each in named_files(path))
