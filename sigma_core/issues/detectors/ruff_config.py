"""The project's own ruff configuration: where it is, and whether it stays inside the tree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from sigma_core.issues.detectors.toml_text import NoToml, table_in, toml_of
from sigma_core.issues.rule_selector import selects
from sigma_core.issues.source import Sources

NAMES = (".ruff.toml", "ruff.toml", "pyproject.toml")
"""In ruff's order: the first in a folder counts."""
_ALWAYS_DEFAULT = ("E4", "E7", "E9", "F")
"""What every version of ruff selects by itself; newer ones select more."""


class FileTarget(NamedTuple):
    """The Python that files are for whatever the rest of a project is for."""

    beside: str
    """The folder of the configuration, relative to the tree."""
    pattern: str
    target: str

    def is_of(self, path: str) -> bool:
        """Whether a file relative to the tree is one of these, by its name or by its path, as ruff reads patterns."""
        wanted = self.pattern.removeprefix("!")
        place = PurePosixPath(path)
        met = place.is_relative_to(self.beside) and (
            fnmatchcase(place.name, wanted) or fnmatchcase(place.relative_to(self.beside).as_posix(), wanted)
        )
        return met != (wanted != self.pattern)


@dataclass(frozen=True)
class Configured:
    """Files ruff may look at with the project's configuration, and why some of it is not used.

    `ignored`: by file, the rule codes (or beginnings of them) that its configuration says to ignore.
    """

    ignored: dict[str, tuple[str, ...]]
    unusable: list[str]
    places: dict[str, Path] = field(default_factory=dict)
    """By file, the configuration that is its own."""
    asked: dict[Path, tuple[str, ...] | None] = field(default_factory=dict)
    """By configuration, the rules it asks for beside the linter's default; None where it selects all by itself."""

    @property
    def files(self) -> list[str]:
        """Those it covers."""
        return list(self.ignored)

    @property
    def by_place(self) -> dict[Path, list[str]]:
        """The files that each configuration covers."""
        covered: dict[Path, list[str]] = {}
        for file, place in self.places.items():
            covered.setdefault(place, []).append(file)
        return covered

    def relies_on_default(self, file: str, rule: str) -> bool:
        """Whether only the linter's default, which changes between its versions, selects the rule for this file."""
        asked = self.asked[self.places[file]]
        return asked is not None and not any(selects(each, rule) for each in (*_ALWAYS_DEFAULT, *asked))

    def ignores(self, file: str, rule: str) -> bool:
        """Whether the configuration of this file names the rule, or a beginning of it, as one to ignore."""
        return any(selects(each, rule) for each in self.ignored.get(file, ()))


def configured(sources: Sources) -> Configured:
    """The files below a folder with a usable configuration.

    Files without one are left out, because ruff would search for one above the tree. A configuration that extends
    one outside the tree is not used: it would make the findings depend on this machine.
    """
    usable: dict[Path, tuple[str, ...] | None] = {}
    unusable: list[str] = []
    ignored: dict[str, tuple[str, ...]] = {}
    places: dict[str, Path] = {}
    for path in sources.files:
        folder = _nearest(sources.root, sources.root / path)
        if folder is None:
            continue
        if folder not in usable:
            problem = _problem(_configuration(folder), sources.root)
            usable[folder] = None if problem else tuple(_ignored(_configuration(folder), sources.root))
            unusable += [problem] if problem else []
        if (codes := usable[folder]) is not None:
            ignored[path] = codes
            places[path] = _configuration(folder) or folder
    asked = {place: _asked(place, sources.root) for place in {*places.values()}}
    return Configured(ignored, unusable, places, asked)


def sections_of(place: Path, root: Path) -> list[Mapping[str, Any]]:
    """The table of a configuration, then those of all that it extends."""
    return [_section(config) or {} for config in _chain(place, root) if isinstance(config, Path)]


def usable_configuration(root: Path, path: str) -> bool:
    """Whether a file below `root` has a ruff configuration that stays inside the tree."""
    folder = _nearest(root, root / path)
    return folder is not None and _problem(_configuration(folder), root) is None


def configuration_of(root: Path, path: str) -> Path | None:
    """The ruff configuration that counts for a file below `root`, usable or not."""
    folder = _nearest(root, root / path)
    return _configuration(folder) if folder is not None else None


def target_of(root: Path, path: str) -> str | None:
    """The ``target-version`` that the configuration of a file below `root`, or what that extends, sets."""
    folder = _nearest(root, root / path)
    for config in _chain(_configuration(folder) if folder else None, root):
        target = (_section(config) or {}).get("target-version") if isinstance(config, Path) else None
        if isinstance(target, str):
            return target
    return None


def file_targets(root: Path, path: str) -> Sequence[FileTarget]:
    """What the configuration of a file below `root`, or what that extends, sets as ``per-file-target-version``."""
    folder = _nearest(root, root / path)
    for config in _chain(_configuration(folder) if folder else None, root):
        table = (_section(config) or {}).get("per-file-target-version") if isinstance(config, Path) else None
        if isinstance(config, Path) and isinstance(table, dict):
            beside = config.parent.relative_to(root).as_posix()
            return [FileTarget(beside, name, each) for name, each in table.items() if isinstance(each, str)]
    return ()


def _nearest(root: Path, file: Path) -> Path | None:
    for folder in file.parents:
        if _configuration(folder) is not None:
            return folder
        if folder == root:
            break
    return None


def _configuration(folder: Path) -> Path | None:
    files = (folder / name for name in NAMES)
    return next((file for file in files if file.is_symlink() or _is_broken(file) or _section(file) is not None), None)


def _is_broken(file: Path) -> bool:
    """Whether a file, which ruff would take for its configuration, is no TOML."""
    try:
        toml_of(file)
    except NoToml:
        return True
    return False


def _section(file: Path) -> Mapping[str, Any] | None:
    """Ruff's settings in this file; None where it has none or cannot be read as TOML."""
    if not file.is_file():
        return None
    try:
        content = toml_of(file)
    except NoToml:
        return None
    if file.name != "pyproject.toml":
        return content
    section = table_in(content, "tool").get("ruff")
    return section if isinstance(section, dict) else None


def _problem(file: Path | None, root: Path) -> str | None:
    for config in _chain(file, root):
        if isinstance(config, str):
            return config
    return None


def _asked(place: Path, root: Path) -> tuple[str, ...] | None:
    sections = sections_of(place, root)
    tables = [*sections, *(lint for each in sections if isinstance(lint := each.get("lint"), dict))]
    if any("select" in table for table in tables):
        return None
    extended = (table.get("extend-select") for table in tables)
    return tuple(code for codes in extended if isinstance(codes, list) for code in codes if isinstance(code, str))


def _ignored(file: Path | None, root: Path) -> Iterator[str]:
    """What a configuration and all that it extends say to ignore. A file that extends another may take a rule back by
    selecting it; that shows in ruff's own findings."""
    for config in _chain(file, root):
        section = (_section(config) or {}) if isinstance(config, Path) else {}
        lint = section.get("lint")
        for table in (section, lint if isinstance(lint, dict) else {}):
            for name in ("ignore", "extend-ignore"):
                codes = table.get(name)
                yield from (code for code in codes if isinstance(code, str) and code) if isinstance(codes, list) else ()


def _chain(file: Path | None, root: Path) -> Iterator[Path | str]:
    """The configuration and all that it extends; a sentence instead where that leaves the tree."""
    seen: set[Path] = set()
    while file is not None and file not in seen:
        seen.add(file)
        if file.is_symlink():
            yield f"{file.relative_to(root).as_posix()} is a symbolic link"
            return
        if _is_broken(file):
            yield f"{file.relative_to(root).as_posix()} is no TOML"
            return
        yield file
        extended = (_section(file) or {}).get("extend")
        if extended is None:
            return
        target = (file.parent / str(extended)).resolve()
        # ruff expands ~ and variables, to places of this machine
        if any(mark in str(extended) for mark in "~$") or not target.is_relative_to(root):
            yield f"{file.relative_to(root).as_posix()} extends {extended}, which is not in the repository"
            return
        file = target
