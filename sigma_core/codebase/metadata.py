"""Which packages a project says that it depends on, by its own metadata. Pure, and bounded."""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from sigma_core.projects.tool_groups import listed_groups, poetry_dependencies, table

MOST_BYTES = 1_000_000
MOST_PACKAGES = 2_000
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?![^\s<>=!~(;@#\[])\s*(?:\[[^\]]*\])?\s*\(?([^;#@)]*)")
_RUNS_OF_SIGNS = re.compile(r"[-_.]+")


class Dependency(NamedTuple):
    """A package, by the name that its index gives it."""

    package: str
    version: str = ""
    """Bounds as written; empty where any will do."""
    group: str = ""
    """The extra or group that it belongs to; empty for what is always needed."""


def is_metadata(path: str) -> bool:
    """Whether dependencies are read from such a file."""
    return _reader(path) is not None


def dependencies(path: str, source: bytes | None) -> tuple[Dependency, ...]:
    """What a file says; nothing where it cannot be read."""
    read = _reader(path)
    if read is None or source is None or len(source) > MOST_BYTES:
        return ()
    try:
        found = dict.fromkeys(read(source.decode()))
    except (ValueError, RecursionError, configparser.Error):
        return ()
    return tuple(found)[:MOST_PACKAGES]


def _reader(path: str) -> Callable[[str], Iterable[Dependency]] | None:
    folder, _, file = path.rpartition("/")
    if file in _READERS:
        return _READERS[file]
    in_folder = folder.rpartition("/")[2] == "requirements"
    return _lines if file.endswith(".txt") and (in_folder or "requirements" in file) else None


def _pyproject(text: str) -> Iterator[Dependency]:
    content = tomllib.loads(text)
    project = table(content, "project")
    yield from _requirements(project.get("dependencies"), "")
    for tables in (table(project, "optional-dependencies"), table(content, "dependency-groups")):
        for group, listed in tables.items():
            yield from _requirements(listed, group)
    for each in poetry_dependencies(content):
        version = each.told.get("version")
        yield Dependency(_normal(each.package), version if isinstance(version, str) else "", each.group)
    for group, requirements in listed_groups(content):
        yield from _requirements(requirements, group)


def _setup_cfg(text: str) -> Iterator[Dependency]:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.read_string(text)
    yield from _requirements(read.get("options", "install_requires", fallback="").splitlines(), "")
    extras = read["options.extras_require"] if read.has_section("options.extras_require") else {}
    for group, listed in extras.items():
        yield from _requirements(listed.splitlines(), group)


def _lines(text: str) -> Iterator[Dependency]:
    yield from _requirements(text.replace("\\\n", " ").splitlines(), "")


def _package_json(text: str) -> Iterator[Dependency]:
    content = json.loads(text)
    for name, group in (("dependencies", ""), ("devDependencies", "dev"), ("peerDependencies", "peer")):
        for package, version in table(content, name).items():
            yield Dependency(package, version if isinstance(version, str) else "", group)


def _requirements(listed: object, group: str) -> Iterator[Dependency]:
    for each in listed if isinstance(listed, list) else ():
        found = _REQUIREMENT.match(each) if isinstance(each, str) else None
        if found is not None:
            bounds = found[2].partition(" --")[0]
            yield Dependency(_normal(found[1]), ",".join(part.strip() for part in bounds.split(",")), group)


def _normal(name: str) -> str:
    """As package indexes compare names."""
    return _RUNS_OF_SIGNS.sub("-", name).lower()


_READERS: Mapping[str, Callable[[str], Iterable[Dependency]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "package.json": _package_json,
}
