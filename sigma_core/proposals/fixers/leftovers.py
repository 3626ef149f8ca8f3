"""What a fix itself made dead, untrue or put out of order, and takes along: imports, directives, annotations, the order
of imports.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sigma_core.issues.detectors.import_sorting import unsorted_by
from sigma_core.issues.detectors.ruff import fix_of
from sigma_core.issues.detectors.ruff_process import RuffFailed, known_rules, look_at
from sigma_core.issues.detectors.target_version import target_version
from sigma_core.issues.finding import Edit
from sigma_core.proposals.fixers.edits import apply_edits
from sigma_core.proposals.fixers.known_types import as_written, with_known_types
from sigma_core.proposals.verification.static.left_behind import imports_in, made_unused, unused_helpers
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.static.tried_imports import tried_imports
from sigma_core.proposals.verification.syntax import Unreadable, nodes_of

_BOM = "\ufeff"
_DIRECTIVE = re.compile(r"#\s*noqa\s*:\s*([A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_ONLY_UNUSED = re.compile(r"\(unused: `[A-Z0-9]+`(?:, `[A-Z0-9]+`)*\)$")
_BY_LIMITS = ("C901", "E501", "PLR09", "W505")
"""Rules that depend on limits which each project sets for itself."""

_WITHOUT_UNIONS = "py39"
"""A Python in which the linter writes `Optional[T]` and not `T | None`."""

_UNUSED = "F401,F841"

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Leftovers:
    """Takes along what fixes leave behind in files below `root`, whose modules are `modules`."""

    root: Path
    modules: Modules

    def taken_along(self, path: str, before: str, after: str) -> tuple[str, list[str]]:
        """The text `after` without what the fix left behind, and a sentence for each import that goes with it.

        What others may miss stays: the gate tells a person of it.
        """
        try:
            text = self._without_names(path, before, after)
            text, names = self._without_imports(path, before, text)
            text = self._without_directives(path, before, text)
            text = self._with_none(path, before, text)
            text = self._in_order(path, before, text)
        except (RuffFailed, Unreadable):
            return after, []
        return text, [f"The import of `{name}` goes with it: nothing uses it any more." for name in names]

    def left(self, path: str, before: str, after: str) -> frozenset[str]:
        """What the text `after` of a file leaves unused that was used before; nothing where a text cannot be read."""
        try:
            if not made_unused(before, after):
                return frozenset()
            names = {name for name, _ in unused_helpers(path, before, after, self.modules)}
            new = _new(self._look(path, after, _UNUSED), self._look(path, before, _UNUSED))
        except (RuffFailed, Unreadable):
            return frozenset()
        return frozenset(names.union(each["message"] for each in new))

    def _without_names(self, path: str, before: str, after: str) -> str:
        """Without names of caught errors that only the old text read."""
        caught = {node.name for node in nodes_of(after) if isinstance(node, ast.ExceptHandler) and node.name}
        if not caught & made_unused(before, after):
            return after
        lines = {node.lineno for node in nodes_of(after) if isinstance(node, ast.ExceptHandler)}
        new = _new(self._look(path, after, "F841"), self._look(path, before, "F841"))
        return _edited(after, (each for each in new if each["location"]["row"] in lines))

    def _without_imports(self, path: str, before: str, after: str) -> tuple[str, list[str]]:
        if PurePosixPath(path).name == "__init__.py" or not made_unused(before, after):
            return after, []
        found = self._look(path, after, "F401")
        new = _new(found, self._look(path, before, "F401"))
        nodes = nodes_of(after)
        tried = set(tried_imports(nodes).values())
        # The linter points at the last word of `import a as b`
        bound = {
            (alias.end_lineno, alias.end_col_offset): alias.asname or alias.name
            for node in nodes
            if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno not in tried
            for alias in node.names
        }
        edits, names = set[Edit](), list[str]()
        for fix, records in _by_fix(found).items():
            going = [name for each in records if (name := bound.get(_place(each))) and each in new]
            # One edit clears the whole statement: what stood there unused before is somebody else's
            empties = any("pass" in each.content for each in fix)
            missed = any(self.modules.taking(path, name) for name in going)
            if len(going) == len(records) and not empties and not missed:
                edits |= {*fix}
                names += going
        return apply_edits(after, edits), names

    def _without_directives(self, path: str, before: str, after: str) -> str:
        """Without codes in `noqa` of which the fix has mended the finding."""
        told = {code.upper() for listed in _DIRECTIVE.findall(after) for code in re.split(r"[,\s]+", listed)}
        codes = sorted(code for code in told & known_rules() if not code.startswith(_BY_LIMITS))
        if not codes:
            return after
        rules = ",".join(("RUF100", *codes))
        new = _new(self._look(path, after, rules), self._look(path, before, rules))
        return _edited(after, (each for each in new if _ONLY_UNUSED.search(each["message"])))

    def _with_none(self, path: str, before: str, after: str) -> str:
        """With None in the annotation of each parameter that has it for its default now, as the file writes it."""
        if after.count("None") <= before.count("None"):
            return after
        imported = {each.name for node in nodes_of(after) if isinstance(node, ast.ImportFrom) for each in node.names}
        target = _WITHOUT_UNIONS if "Optional" in imported else target_version(self.root, path)
        options = ["--target-version", target] if target else []
        old, _ = with_known_types(path, before, self.modules)
        new, exchanged = with_known_types(path, after, self.modules)
        known = {_line(old, each) for each in self._look(path, old, "RUF013", *options)}
        found = self._look(path, new, "RUF013", *options)
        return as_written(_edited(new, (each for each in found if _line(new, each) not in known)), exchanged)

    def _in_order(self, path: str, before: str, after: str) -> str:
        """With its imports sorted, where they were by the project's own settings and no longer are."""
        if imports_in(before) == imports_in(after):
            return after
        found = unsorted_by(self.root, path, after.removeprefix(_BOM))
        if not found or unsorted_by(self.root, path, before.removeprefix(_BOM)):
            return after
        return _edited(after, found)

    def _look(self, path: str, text: str, rules: str, *options: str) -> list[Record]:
        found = look_at(self.root, ["--isolated", "--select", rules, *options], path, text.removeprefix(_BOM))
        return [each for each in found if each["code"] in ("F401", "F841", "RUF013", "RUF100")]


def _new(found: Iterable[Record], known: Iterable[Record]) -> list[Record]:
    left = Counter(each["message"] for each in known)
    new = []
    for each in found:
        left[each["message"]] -= 1
        if left[each["message"]] < 0:
            new.append(each)
    return new


def _line(text: str, record: Record) -> str:
    row: int = record["location"]["row"]
    return text.split("\n")[row - 1].strip()


def _by_fix(found: Iterable[Record]) -> dict[tuple[Edit, ...], list[Record]]:
    by_fix: dict[tuple[Edit, ...], list[Record]] = {}
    for each in found:
        if fix := fix_of(each["fix"]):
            by_fix.setdefault(fix.edits, []).append(each)
    return by_fix


def _place(record: Record) -> tuple[int, int]:
    return record["end_location"]["row"], record["end_location"]["column"] - 1


def _edited(text: str, records: Iterable[Record]) -> str:
    fixes = [fix for each in records if (fix := fix_of(each["fix"]))]
    return apply_edits(text, {edit for fix in fixes for edit in fix.edits})
