"""Facts that files say which are not Python: what they import, and what the project depends on."""

from collections.abc import Callable, Iterator, Mapping

from sigma_core.codebase.code_facts import THE_PROJECT, CodeFact, EntityKey
from sigma_core.codebase.metadata import Dependency, is_metadata
from sigma_core.codebase.other_languages import Language, language_of
from sigma_core.codebase.resolution import Asked
from sigma_core.graph.vocabulary import DEFINES, DEPENDS_ON, FILE, IMPORTS, PACKAGE


def is_other(path: str) -> bool:
    """Whether a file that is not Python tells anything."""
    return language_of(path) is not None or is_metadata(path)


def other_facts(
    path: str, imported: Callable[[Language], tuple[str, ...]], keys: Mapping[str, str], asked: set[Asked]
) -> Iterator[CodeFact]:
    """What a file of code says, given what it imports by its own words. `asked` takes up where that was looked for."""
    language = language_of(path)
    if language is None:
        return
    file = EntityKey(FILE, keys[path], "")
    yield CodeFact(THE_PROJECT, DEFINES, file, path, path)
    for name in imported(language):
        found = None
        for way in language.ways(path, name):
            asked.add(("", way))
            if way != path and way in keys:
                found = EntityKey(FILE, keys[way], "")
                break
        package = None if found else language.package(name)
        if found or package:
            yield CodeFact(file, IMPORTS, found or EntityKey(PACKAGE, "", package or ""))


def dependency_facts(path: str, told: tuple[Dependency, ...]) -> Iterator[CodeFact]:
    """What the project depends on by one file of its metadata, each with bounds and group."""
    for each in told:
        package = EntityKey(PACKAGE, "", each.package)
        yield CodeFact(THE_PROJECT, DEPENDS_ON, package, f"{each.version}|{each.group.replace('|', ' ')}", path)


def bounds_of(says: str) -> tuple[str, str]:
    """Bounds and group of what such a fact says."""
    version, _, group = says.rpartition("|")
    return version, group
