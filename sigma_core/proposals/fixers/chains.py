"""A chain of findings, of which the linter shows the next one only where the one before is mended."""

import tempfile
from collections.abc import Collection
from pathlib import Path

from sigma_core.edit_script import opcodes
from sigma_core.issues.detectors.ruff import RuffDetector
from sigma_core.issues.finding import Found
from sigma_core.issues.source import SourceFile, Sources
from sigma_core.proposals.fixers.edits import EditsDoNotFit, apply_edits

_LEAVING = frozenset({"RET505", "RET506", "RET507", "RET508"})
"""A branch that leaves by `return`, `raise`, `continue` or `break`: one chain may have several of them."""
CHAINED = _LEAVING | {"PLR5501", "SIM102", "SIM114"}
"""Rules about branches: mending one ``elif`` uncovers the next."""
LONGEST = 100
_FILE = "file.py"


def complete_chain(rule: str, before: str, after: str) -> str:
    """`after` with the rest of the chain mended that its own fix began; as it is where there is none.

    What was found elsewhere in `before` already stays: each of these has a fix of its own. What lies within the lines
    that the fix writes anew is of its chain.
    """
    if rule not in CHAINED:
        return after
    rules = _LEAVING if rule in _LEAVING else {rule}
    known = len(_linter_findings(rules, before))
    text = after
    for _ in range(LONGEST):
        found, (first, last) = _linter_findings(rules, text), _changed_lines(before, text)
        uncovered = next((each for each in found if each.line >= first), None)
        if len(found) < known and (uncovered is None or uncovered.line > last):
            return text
        if uncovered is None or uncovered.fix is None:
            break
        try:
            text = apply_edits(text, uncovered.fix.edits)
        except EditsDoNotFit:
            break
    return after


def _linter_findings(rules: Collection[str], text: str) -> list[Found]:
    """What the linter says of these rules, with edits."""
    with tempfile.TemporaryDirectory(prefix="sigma-chain-") as folder:
        root = Path(folder).resolve()
        (root / _FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
        look = RuffDetector(selected=tuple(sorted(rules))).look(Sources(root, {_FILE: SourceFile(_FILE, text)}))
    return sorted((each for each in look.found if each.rule in rules), key=lambda each: each.line)


def _changed_lines(before: str, after: str) -> tuple[int, int]:
    """The first and the last line of `after`, counted from 1, that are not as they were."""
    changed = [each for each in opcodes(before.split("\n"), after.split("\n")) if each[0] != "equal"]
    return (changed[0][3] + 1, max(changed[-1][4], 1)) if changed else (1, 0)
