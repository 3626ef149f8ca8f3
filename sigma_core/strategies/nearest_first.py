"""The order in which tests are worth running after a change: the nearest first, then the likest by name. Pure."""

import re
from collections.abc import Iterable

from sigma_core.graph.vocabulary import TEST
from sigma_core.strategies.blast_radius import BlastRadius
from sigma_core.strategies.code_graph import NOTHING

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TELLS_NOTHING = frozenset({"test", "tests", "py", "src"})


def nearest_first(radius: BlastRadius) -> list[int]:
    """Positions of the tests within the radius."""
    names = radius.code.snapshot.names
    wanted = words(names[position] for position in radius.starts.tolist())
    own = words(names[position].rpartition(".")[2] for position in radius.starts.tolist())
    modules = radius.code.module[radius.starts]
    files = {f"test_{names[each].rpartition('.')[2].strip('_')}" for each in modules[modules != NOTHING].tolist()}
    tests = radius.of(TEST).tolist()

    def rank(test: int) -> tuple[float, bool, float, float, int]:
        said, last = words([names[test]]), words([names[test].rpartition(".")[2]])
        elsewhere = files.isdisjoint(names[test].split("."))
        return float(radius.cost[test]), elsewhere, -len(last & own) / max(1, len(own)), -len(said & wanted), test

    return sorted(tests, key=rank)


def words(names: Iterable[str]) -> frozenset[str]:
    """The words that dotted names are made of, but for those that every test's name has."""
    found = (word.lower() for name in names for word in _WORD.findall(name))
    return frozenset(found) - _TELLS_NOTHING
