"""All issues of a commit's tree, by rules of our own alone: the project's configuration does not count.

What maintainers do about an issue shows whether they want it mended, whichever linter they had then; and a
configuration that changes would end issues that nobody fixed. Tests are left out: nothing is proposed for them.
"""

from collections import defaultdict
from datetime import datetime

from sigma_core.issues.detectors.ruff import SYNTAX_ERROR, RuffDetector, is_test
from sigma_core.issues.file_selection import collect
from sigma_core.issues.finding import Found
from sigma_core.issues.fingerprint import with_fingerprints
from sigma_core.learning.lives import SightedTree, Sighting
from sigma_core.projects.git import Clone


def sighted(clone: Clone, commit: str, at: datetime, folder: str = "") -> SightedTree:
    """Nothing of the project is executed; its files are gone afterwards. Raises `Unavailable`."""
    with clone.tree(commit) as tree:
        sources, _ = collect(tree, None, (), folder)
        by_file = defaultdict[str, list[Found]](list)
        for each in RuffDetector().by_our_rules(sources).values():
            if not is_test(each.file) and each.rule != SYNTAX_ERROR:
                by_file[each.file].append(each)
    found = [each for path, some in by_file.items() for each in with_fingerprints(sources.files[path], some)]

    def names_in(path: str) -> frozenset[str] | None:
        source = sources.files.get(path)
        return frozenset(each.name for each in source.definitions) if source and source.parses else None

    return SightedTree(commit, at, [_sighting(each) for each in found], names_in)


def _sighting(found: Found) -> Sighting:
    return Sighting(found.fingerprint, found.rule, found.severity.value, found.file, found.symbol, found.place)
