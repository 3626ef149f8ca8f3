"""What a project needs by the tables of Poetry, PDM, uv and Hatch. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

_HATCH_NAMES = ("default", "hatch-test")
"""Of environments, not of groups: no other tool has such a name."""
_SHORTHAND = re.compile(r"([\^~])\s*(\d+(?:\.\d+)*)")


def tool_groups(pyproject: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """The requirements of the groups and environments with these names; what pip could not read is left out."""
    wanted = {*names, *_HATCH_NAMES}
    listed = (each for group, packages in listed_groups(pyproject) if group in wanted for each in packages)
    poetry = (_requirement(each) for each in poetry_dependencies(pyproject) if each.group in wanted)
    for requirement in (*filter(None, poetry), *listed):
        try:
            Requirement(requirement)
        except InvalidRequirement:
            continue
        yield requirement


def table(parent: object, name: str) -> dict[str, Any]:
    """What stands under a name, where that is a table; else an empty one."""
    found = parent.get(name) if isinstance(parent, Mapping) else None
    return found if isinstance(found, dict) else {}


class PoetryDependency(NamedTuple):
    """A package of a table of Poetry's."""

    group: str
    """Empty for what is always needed."""
    package: str
    wanted: object
    """A version, a table, or a list of tables, as written."""

    @property
    def told(self) -> Mapping[str, Any]:
        """What is said of it, as a table."""
        return self.wanted if isinstance(self.wanted, dict) else {"version": self.wanted}


def poetry_dependencies(pyproject: Mapping[str, Any]) -> Iterator[PoetryDependency]:
    """What Poetry's tables ask for. Python itself is none of it."""
    poetry = table(table(pyproject, "tool"), "poetry")
    groups = {name: table(told, "dependencies") for name, told in table(poetry, "group").items()}
    listed = [("", table(poetry, "dependencies")), ("dev", table(poetry, "dev-dependencies")), *groups.items()]
    for group, packages in listed:
        yield from (PoetryDependency(group, name, wanted) for name, wanted in packages.items() if name != "python")


def listed_groups(pyproject: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """Groups of PDM and uv and environments of Hatch, with what they list in pip's own words."""
    tools = table(pyproject, "tool")
    yield "dev", _texts(table(tools, "uv").get("dev-dependencies"))
    for name, listed in table(table(tools, "pdm"), "dev-dependencies").items():
        yield name, _texts(listed)
    for name, environment in table(table(tools, "hatch"), "envs").items():
        for key in ("dependencies", "extra-dependencies"):
            yield name, _texts(table({name: environment}, name).get(key))


def _texts(listed: object) -> list[str]:
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _requirement(dependency: PoetryDependency) -> str:
    """A dependency in pip's words; empty for packages of a path or a repository, which lie where pip is not told of."""
    told = dependency.told
    if not told.keys().isdisjoint({"path", "git", "url"}):
        return ""
    extras = ",".join(map(str, told.get("extras", ())))
    return dependency.package + (f"[{extras}]" if extras else "") + _bounds(told.get("version"))


def _bounds(version: object) -> str:
    """Poetry's bounds in pip's words: ``^1.2`` is ``>=1.2,<2``, ``~1.2`` is ``>=1.2,<1.3``. Alternatives mean any."""
    if not isinstance(version, str) or version == "*" or "|" in version:
        return ""
    return ",".join(map(_bound, version.split(",")))


def _bound(part: str) -> str:
    told = part.strip()
    if short := _SHORTHAND.fullmatch(told):
        return f">={short[2]},<{_above(short[1], short[2].split('.'))}"
    # A sign of its own keeps what is no version from becoming a part of the name
    return told if told[:1] in "<>=!~" else f"=={told}"


def _above(sign: str, numbers: list[str]) -> str:
    """The first version that is not meant any more: ``^`` keeps the first number that is not 0, ``~`` the second."""
    first = next((at for at, number in enumerate(numbers) if int(number)), len(numbers) - 1)
    kept = first if sign == "^" else min(1, len(numbers) - 1)
    return ".".join([*numbers[:kept], str(int(numbers[kept]) + 1)])
