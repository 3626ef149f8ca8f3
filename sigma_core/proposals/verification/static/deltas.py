"""Figures of the code before and after a change, from SIGMA's own detectors."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sigma_core.issues.detectors import Found, detect
from sigma_core.issues.detectors.complexity import ComplexityDetector, FunctionComplexity
from sigma_core.issues.detectors.registry import installed
from sigma_core.issues.finding import RuleChoice
from sigma_core.proposals.evidence import ChangedFinding, Complexity, Deltas, TargetCheck
from sigma_core.proposals.verification.patch import ChangedFile, Patch
from sigma_core.proposals.verification.statements import changed_functions
from sigma_core.proposals.verification.static.api import api_changes, new_imports
from sigma_core.proposals.verification.static.sinks import sinks

MAX_LISTED = 50


@dataclass(frozen=True)
class Reading:
    """What the detectors say about some files of one tree."""

    found: list[Found]
    complexity: list[FunctionComplexity]
    silent: Collection[str] = ()
    """Detectors that failed here."""

    def beside(self, other: "Reading") -> "Reading":
        """Without what only one of the two could say."""
        silent = {*self.silent, *other.silent}
        return replace(self, found=[each for each in self.found if each.detector not in silent])


Read = Callable[[Path, Sequence[str]], Reading]


def read_tree(tree: Path, files: Sequence[str]) -> Reading:
    """Look at these files of a tree, as text. Raises `Unavailable` if a detector cannot work."""
    present = [path for path in files if path.endswith((".py", ".pyi")) and (tree / path).is_file()]
    if not present:
        return Reading([], [])
    functions: list[FunctionComplexity] = []
    detectors = [
        replace(each, heard=functions.extend) if isinstance(each, ComplexityDetector) else each for each in installed()
    ]
    detection = detect(tree, files=present, detectors=detectors)
    return Reading(detection.found, functions, detection.left_out)


def deltas(
    patch: Patch, before: Reading, after: Reading, lost: Sequence[str] = (), newer: Sequence[ChangedFinding] = ()
) -> Deltas:
    """The differences that no run is needed for.

    `lost` are names that are gone though other modules take them, `newer` tell what the project's oldest Python lacks.
    """
    before, after = before.beside(after), after.beside(before)
    added, removed = api_changes(patch.files)
    new, gone = _difference(after.found, before.found), _difference(before.found, after.found)
    edits = [edit for file in patch.files for edit in file.edits]
    return Deltas(
        complexity=_complexity(patch.files, before, after),
        lines_added=sum(len(edit.added) for edit in edits),
        lines_removed=sum(edit.end - edit.start for edit in edits),
        files=len(patch.files),
        hunks=len(edits),
        api_added=added[:MAX_LISTED],
        api_removed=sorted({*removed, *lost})[:MAX_LISTED],
        imports_added=sorted(set().union(*(new_imports(file) for file in patch.files if file.is_python))),
        security_before=_family(before, "security"),
        security_after=_family(after, "security"),
        performance_before=_family(before, "performance"),
        performance_after=_family(after, "performance"),
        sinks=[sink for file in patch.files for sink in sinks(file)][:MAX_LISTED],
        new_findings=[*newer, *map(_finding, new)][:MAX_LISTED],
        gone_findings=[_finding(each) for each in gone][:MAX_LISTED],
    )


def target_check(patch: Patch, before: Reading, after: Reading, suppressions: Sequence[str]) -> TargetCheck:
    """Is the issue that the change is for gone, or are all of them? Hiding it is not mending it."""
    rule, fingerprint = patch.change.rule, patch.change.fingerprint
    if rule is None:
        return TargetCheck()
    old = [each for each in before.beside(after).found if each.rule == rule]
    new = [each for each in after.beside(before).found if each.rule == rule]
    left = {each.fingerprint for each in new}
    gone = {_text(patch, each) for each in old if each.fingerprint not in left}
    # Equal lines are numbered: of three the third vanishes, whichever was mended
    meant = {_text(patch, each) for each in old if each.fingerprint == fingerprint} if fingerprint else gone
    mended = len(new) <= len(old) - patch.change.fixes and bool(meant & gone)
    return TargetCheck(rule=rule, before=len(old), after=len(new), gone=mended and not suppressions)


def _text(patch: Patch, found: Found) -> tuple[str, str]:
    """The file and line of a finding of the base, as text."""
    lines = next((file.before or "" for file in patch.files if file.old_path == found.file), "").split("\n")
    return found.file, lines[found.line - 1].strip() if found.line <= len(lines) else ""


def _difference(found: Sequence[Found], other: Sequence[Found]) -> list[Found]:
    """Findings that the other side has not, or has fewer of.

    A fingerprint follows the text of its line, so a line that is only touched changes it: what counts is whether the
    file has more of a rule than before; of those, the ones with a fingerprint unknown to the other side are named.
    """
    known = {each.fingerprint for each in other}
    surplus = Counter((each.file, each.rule) for each in found)
    surplus.subtract(Counter((each.file, each.rule) for each in other))
    unknown_first = sorted(found, key=lambda each: each.fingerprint in known)
    chosen = []
    for each in unknown_first:
        if surplus[each.file, each.rule] > 0:
            surplus[each.file, each.rule] -= 1
            chosen.append(each)
    return sorted(chosen, key=lambda each: (each.file, each.line))


def _family(reading: Reading, family: str) -> int:
    return sum(each.family == family for each in reading.found)


def _finding(found: Found) -> ChangedFinding:
    return ChangedFinding(
        rule=found.rule,
        family=found.family,
        severity=found.severity.value,
        file=found.file,
        line=found.line,
        message=found.message,
        selected=found.choice == RuleChoice.SELECTED,
    )


def _complexity(files: Sequence[ChangedFile], before: Reading, after: Reading) -> Complexity:
    old = [value for file in files for value in _values(file.old_path, changed_functions(file)[0], before)]
    new = [value for file in files for value in _values(file.path, changed_functions(file)[1], after)]
    return Complexity(
        before=sum(old), after=sum(new), worst_before=max(old, default=0), worst_after=max(new, default=0)
    )


def _values(path: str, lines: Collection[int], reading: Reading) -> list[int]:
    return [each.value for each in reading.complexity if each.file == path and each.line in lines]
