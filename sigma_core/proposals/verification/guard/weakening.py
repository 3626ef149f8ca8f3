"""Rules of checkers made weaker in their configuration."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from sigma_core.proposals.verification.guard.configuration import Values, flat, ini_sections, toml_tables
from sigma_core.proposals.verification.patch import ChangedFile

_LOOSER_WITH_MORE = ("ignore", "exclude", "disable", "omit", "skip", "unfixable", "allow")
_LOOSER_WITH_LESS = ("select", "enable", "include", "source")
_LIMITS = ("max", "line-length", "line_length")
_FLOORS = ("fail_under", "fail-under")


def weakened_rules(file: ChangedFile) -> Iterator[str]:
    """Options of the changed configuration that let more pass than before."""
    name = PurePosixPath(file.path).name
    toml = name.endswith(".toml")
    if not toml and name not in (
        "setup.cfg",
        "tox.ini",
        ".flake8",
        "mypy.ini",
        ".mypy.ini",
        ".coveragerc",
        ".pylintrc",
    ):
        return
    read = toml_tables if toml else ini_sections
    try:
        before, after = flat(read(file.before or "")), flat(read(file.after or ""))
    except ValueError:
        # Said already: it cannot be compared section by section
        return
    for option in sorted(before.keys() | after.keys()):
        if why := _weaker(option, before, after):
            yield f"{file.path}:{file.first_line} weakens {option}: {why}."


def _weaker(option: str, before: Values, after: Values) -> str | None:
    old, new = before.get(option, frozenset()), after.get(option, frozenset())
    if old == new:
        return None
    key = option.rpartition(".")[2]
    if any(word in option for word in _LOOSER_WITH_MORE) and new - old:
        return f"gains {', '.join(sorted(new - old))}"
    if any(word in key for word in _LOOSER_WITH_LESS) and old - new:
        return f"loses {', '.join(sorted(old - new))}"
    if {"true", "True"} & old and not {"true", "True"} & new:
        return "is switched off"
    return _numbers(key, old, new)


def _numbers(key: str, old: frozenset[str], new: frozenset[str]) -> str | None:
    was, now = _number(old), _number(new)
    if was is None or now is None:
        return None
    if (now > was and any(word in key for word in _LIMITS)) or (now < was and key in _FLOORS):
        return f"{was:g} becomes {now:g}"
    return None


def _number(values: frozenset[str]) -> float | None:
    try:
        return float(next(iter(values)))
    except (StopIteration, ValueError):
        return None
