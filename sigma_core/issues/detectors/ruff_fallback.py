"""What of a configuration that ruff refuses can be used all the same: which rules it selects and ignores, and where.

It was written for another version of ruff, or holds a slip. Rules that this ruff does not know are left out, and so is
whatever only tunes a rule; how imports are sorted is then not known.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from sigma_core.issues.detectors.ruff_process import known_rules
from sigma_core.issues.rule_selector import selects

_SORTED_IMPORTS = "I"
_BY_FILE = ("per-file-ignores", "extend-per-file-ignores")


def usable_options(folder: PurePosixPath, sections: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Options for ruff in the place of the configuration in `folder`: its own table, then those that it extends."""
    nested = (section.get("lint") for section in sections)
    lints = [*(each for each in nested if isinstance(each, dict)), *sections]
    settings: dict[str, str] = {"lint.ignore": _list([_SORTED_IMPORTS, *_codes(lints, "ignore", "extend-ignore")])}
    if any("select" in lint for lint in lints):
        settings["lint.select"] = _list(_codes(lints, "select"))
    settings["lint.extend-select"] = _list(_codes(lints, "extend-select"))
    settings["lint.per-file-ignores"] = _table(folder, lints)
    settings["extend-exclude"] = _list(_below(folder, each) for each in _texts(sections, "exclude", "extend-exclude"))
    if any(section.get("preview") is True for section in sections):
        settings["preview"] = "true"
    words = chain.from_iterable(("--config", f"{name} = {value}") for name, value in settings.items())
    return ("--isolated", "--force-exclude", *words)


def _codes(tables: Sequence[Mapping[str, Any]], *names: str) -> list[str]:
    return [code for code in _texts(tables, *names) if _is_known(code)]


def _texts(tables: Sequence[Mapping[str, Any]], *names: str) -> Iterator[str]:
    for value in (table.get(name) for table in tables for name in names):
        yield from (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _is_known(code: str) -> bool:
    return any(selects(code, rule) for rule in known_rules())


def _table(folder: PurePosixPath, lints: Sequence[Mapping[str, Any]]) -> str:
    ignored: dict[str, list[str]] = {}
    tables = (table for lint in lints for name in _BY_FILE if isinstance(table := lint.get(name), dict))
    for table in tables:
        for glob in table:
            ignored.setdefault(_below(folder, glob), []).extend(_codes([table], glob))
    return "{" + ", ".join(f"{json.dumps(glob)} = {_list(codes)}" for glob, codes in ignored.items()) + "}"


def _below(folder: PurePosixPath, glob: str) -> str:
    """A name alone fits at any depth; a path is meant from the folder of the configuration."""
    return str(folder / glob) if "/" in glob.rstrip("/") else glob


def _list(texts: Iterator[str] | Sequence[str]) -> str:
    return json.dumps(list(texts))
