"""Mending one line where the rule's code alone says how."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sigma_core.prompts.rules.values import Variables, number

Mend = Callable[[str], str | None]
"""From the line as it is to the line as it should be; None where it is not that simple."""


def _unused_import(line: str) -> str | None:
    return "" if re.fullmatch(r"\s*(?:import [\w.]+(?: as \w+)?|from [\w.]+ import \w+(?: as \w+)?)\s*", line) else None


def _no_placeholders(line: str) -> str | None:
    changed = re.sub(r"(?<!\w)f(?=(['\"])(?:(?!\1)[^{}\\])*\1)", "", line)
    return changed if changed != line else None


def _none(line: str) -> str | None:
    changed = re.sub(r"(?<=\w) ?!= ?None\b", " is not None", re.sub(r"(?<=\w) ?== ?None\b", " is None", line))
    return changed if changed != line else None


def _trailing(line: str) -> str | None:
    return line.rstrip() if line.rstrip() != line else None


def _semicolon(line: str) -> str | None:
    changed = re.sub(r"\s*;\s*$", "", line)
    return changed if changed != line else None


MENDS: Mapping[str, tuple[Mend, str]] = {
    "F401": (_unused_import, "Nothing uses the import."),
    "F541": (_no_placeholders, "Without placeholders it is the same string without the prefix."),
    "E711": (_none, "None is one object, so identity is what is meant."),
    "W291": (_trailing, "Spaces at the end of a line mean nothing."),
    "E703": (_semicolon, "A semicolon at the end of a line means nothing."),
}


def error_fix(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """The mended line, where it occurs once; no change where the rule is not one of those."""
    lines = str(variables["code"]).split("\n")
    place = round(number(variables["line"]) - number(variables["first_line"]))
    known = MENDS.get(str(variables["rule"]))
    line = lines[place] if 0 <= place < len(lines) else ""
    if known is None or not line.strip() or lines.count(line) != 1:
        return {"changes": []}
    mend, why = known
    fixed = mend(line)
    if fixed is None:
        return {"changes": []}
    # A line that goes takes its end with it
    original = line if fixed else f"{line}\n"
    return {"changes": [{"file": variables["file"], "original": original, "fixed": fixed, "explanation": why}]}
