"""What tests need by the tables of Poetry, PDM, uv and Hatch, as requirements that pip understands. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

_HATCH_NAMES = ("default", "hatch-test")
_SHORTHAND = re.compile(r"([\^~])\s*(\d+(?:\.\d+)*)")


def tool_groups(pyproject: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """The requirements of the groups and environments with these names; what pip could not read is left out."""
    wanted = tuple(names)
    tools = table(pyproject, "tool")
    for requirement in (*_of_poetry(table(tools, "poetry"), wanted), *_listed(tools, wanted)):
        try:
            Requirement(requirement)
        except InvalidRequirement:
            continue
        yield requirement


def table(parent: object, name: str) -> dict[str, Any]:
    """What stands under a name, where that is a table; else an empty one."""
    found = parent.get(name) if isinstance(parent, Mapping) else None
    return found if isinstance(found, dict) else {}


def _listed(tools: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """Those of the tools that list requirements in pip's own words."""
    pdm, environments = table(table(tools, "pdm"), "dev-dependencies"), table(table(tools, "hatch"), "envs")
    lists = [table(tools, "uv").get("dev-dependencies"), *(pdm.get(name) for name in names)]
    for name in (*_HATCH_NAMES, *names):
        lists += [table(environments, name).get(key) for key in ("dependencies", "extra-dependencies")]
    for found in lists:
        yield from (each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def _of_poetry(poetry: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    groups = [table(table(table(poetry, "group"), name), "dependencies") for name in names]
    for package, wanted in (pair for group in (table(poetry, "dev-dependencies"), *groups) for pair in group.items()):
        told = wanted if isinstance(wanted, dict) else {"version": wanted}
        # Packages of a path or a repository lie where pip is not told of; Python is not installed
        if package == "python" or not told.keys().isdisjoint({"path", "git", "url"}):
            continue
        extras = ",".join(map(str, told.get("extras", ())))
        yield package + (f"[{extras}]" if extras else "") + _bounds(told.get("version"))


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
