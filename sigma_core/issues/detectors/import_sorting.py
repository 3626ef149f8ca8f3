"""How a project sorts its imports: by its ruff configuration, or by isort's."""

import configparser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sigma_core.issues.detectors.ruff_config import NAMES, configuration_of, usable_configuration
from sigma_core.issues.detectors.ruff_process import RuffFailed, look_at
from sigma_core.issues.detectors.ruff_required import for_any_version
from sigma_core.issues.detectors.toml_text import NoToml, table_in, toml_of

UNSORTED = "I001"
_SECTIONS = ((".isort.cfg", "settings"), ("setup.cfg", "isort"), ("tox.ini", "isort"))
_ALIKE = ("force_single_line", "force_sort_within_sections", "combine_as_imports", "order_by_type", "case_sensitive")
"""What ruff calls the same, with other dashes."""


def unsorted_by(root: Path, path: str, text: str) -> Sequence[Mapping[str, Any]] | None:
    """What speaks against the order of imports in the text of a file below `root`, by the project's own settings; None
    where it has none."""
    try:
        if usable_configuration(root, path):
            with for_any_version(configuration_of(root, path), root) as options:
                # Whether the rule is selected for this file is the project's to say
                found = look_at(root, (*options, "--force-exclude"), path, text)
                if unsorted := [each for each in found if each["code"] == UNSORTED]:
                    return unsorted
        isort = _isort(root)
        return None if isort is None else look_at(root, _options(isort), path, text)
    except RuffFailed:
        return None


def comes_unsorted(root: Path, path: str, before: str, after: str) -> bool:
    """Whether isort, where the project uses it, had nothing to say of a text before, and has now."""
    isort = _isort(root)
    if isort is None or before == after:
        return False
    return bool(look_at(root, _options(isort), path, after)) and not look_at(root, _options(isort), path, before)


def _isort(root: Path) -> Mapping[str, Any] | None:
    """Isort's settings; None where the project does not use it."""
    try:
        content = table_in(toml_of(root / NAMES[-1]), "tool")
    except NoToml:
        content = {}
    if isinstance(found := content.get("isort"), dict):
        return found
    return next(_sections(root), None)


def _sections(root: Path) -> Iterator[Mapping[str, Any]]:
    for name, section in _SECTIONS:
        file = root / name
        if file.is_file() and not file.is_symlink():
            read = configparser.ConfigParser(interpolation=None, strict=False)
            try:
                read.read_string(file.read_text("utf-8", "replace"))
            except configparser.Error:
                continue
            if read.has_section(section):
                yield dict(read[section])


def _options(isort: Mapping[str, Any]) -> Sequence[str]:
    """Its settings in ruff's words, as far as there are any."""
    settings = [f"lint.isort.{name.replace('_', '-')} = true" for name in _ALIKE if _is_on(isort.get(name))]
    known = isort.get("known_first_party", ())
    names = known.replace("\n", ",").split(",") if isinstance(known, str) else known
    if own := [name.strip() for name in names if isinstance(name, str) and name.strip().isidentifier()]:
        settings.append(f"lint.isort.known-first-party = {own}")
    length = str(isort.get("line_length", ""))
    if length.isdecimal() and 1 <= int(length) <= 320:
        settings.append(f"line-length = {int(length)}")
    return ["--isolated", "--select", UNSORTED, *(word for setting in settings for word in ("--config", setting))]


def _is_on(value: object) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on")
