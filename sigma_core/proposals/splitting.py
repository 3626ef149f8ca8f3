"""A change of several fixes that does not hold as a whole: parted, so that one bad fix does not sink the good ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sigma_core.issues.tables import Severity
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.decision import counterexample
from sigma_core.proposals.diff import LineEdit
from sigma_core.proposals.evidence import ControlState, Evidence
from sigma_core.proposals.fixers.base import Fixed, Part
from sigma_core.proposals.fixers.grouping import together
from sigma_core.proposals.tables import Proposal
from sigma_core.proposals.verification.patch import added_lines
from sigma_core.proposals.verification.statements import functions_of, statements_at
from sigma_core.proposals.verification.syntax import Unreadable

ROUNDS = 5
"""How often what was parted may be parted again: enough to find one fix among thirty by halves."""
_Unit = Sequence[Part]
"""Fixes that share an edit: they are made together or not at all."""


@dataclass(frozen=True)
class _File:
    """The file that a change is of, before and after it."""

    path: str
    before: str
    after: str
    edits: Sequence[LineEdit]

    def edits_of(self, parts: Iterable[Part]) -> list[LineEdit]:
        """Those of these fixes, in order."""
        return [self.edits[number] for number in sorted({number for part in parts for number in part.edits})]

    def is_named(self, unit: _Unit, evidence: Evidence, least: float) -> bool:
        """Whether the evidence says of these fixes themselves that they do not hold."""
        edits = self.edits_of(unit)
        lines = added_lines(edits, self.edits)
        gone = [line + 1 for edit in edits for line in range(edit.start, edit.end)]
        places = {*self._places(self.after, lines, ""), *self._places(self.before, gone, " (removed)")}
        serious = (Severity.ERROR, Severity.CRITICAL)
        return (
            bool(places.intersection(_doubted(evidence, least)))
            or bool(_functions(self.after, lines).intersection(_blamed_functions(evidence, self.path)))
            or any(each.line in lines for each in evidence.deltas.new_findings if each.severity in serious)
        )

    def _places(self, text: str, lines: Sequence[int], note: str) -> Iterable[str]:
        """The statements that these lines belong to, as the evidence names them."""
        try:
            return [f"{self.path}:{each.line}{note}" for each in statements_at(text, lines)]
        except Unreadable:
            return []


def pieces(proposal: Proposal, evidence: Evidence, before: str, least: float) -> list[Fixed]:
    """What to propose in its place; empty where it had better be decided as it is.

    `before` is its file on its base, `least` the share of mutants that has to be noticed. Where the evidence names some
    of its fixes, these and the others are parted. Where something fails and nothing says which fix does it, its halves
    are. What concerns all fixes alike (a base without tests) parts none.
    """
    units = _units(list(map(Part.from_json, proposal.parts)))
    if len(units) < 2:
        return []
    (change,) = diffs.parse(proposal.diff)
    edits = change.edits()
    file = _File(change.path, before, diffs.apply(before, edits), edits)
    named = [unit for unit in units if file.is_named(unit, evidence, least)]
    if named and len(named) < len(units):
        sides = [[unit for unit in units if unit not in named], named]
    elif _breaks(evidence) or (not named and _is_of_some(evidence)):
        sides = [units[: len(units) // 2], units[len(units) // 2 :]]
    else:
        return []
    return [_piece(proposal, file, [part for unit in side for part in unit]) for side in sides]


def _units(parts: Sequence[Part]) -> list[_Unit]:
    units: list[list[Part]] = []
    for part in parts:
        shared = [unit for unit in units if any(not {*part.edits}.isdisjoint(each.edits) for each in unit)]
        joint = [each for unit in shared for each in unit]
        units = [*(unit for unit in units if unit not in shared), [*joint, part]]
    return [*units]


def _doubted(evidence: Evidence, least: float) -> set[str]:
    """Statements that no test runs, or checks."""
    unchecked = {
        each.place for each in evidence.mutants if not each.not_mutable and (each.share is None or each.share < least)
    }
    return unchecked.union(evidence.coverage.unexecuted)


def _blamed_functions(evidence: Evidence, path: str) -> set[str]:
    """Functions that differ, or of which the control run did not prove the tests."""
    blamed = {*evidence.differential.differing} if counterexample(evidence) else set[str]()
    if evidence.control.state in (ControlState.DISPROVED, ControlState.UNCHECKED):
        blamed |= {each.removesuffix(f" in {path}") for each in evidence.control.doubted}
    return blamed


def _functions(text: str, lines: Sequence[int]) -> set[str]:
    return {each.name for each in functions_of(text) if any(each.line <= line <= each.end for line in lines)}


def _breaks(evidence: Evidence) -> bool:
    tests = evidence.tests
    return bool(evidence.parse_errors or (tests is not None and (tests.newly_failed or tests.vanished)))


def _is_of_some(evidence: Evidence) -> bool:
    """Whether it fails in a way that a single one of its fixes may be the reason for."""
    return bool(
        (evidence.tests is not None and evidence.tests.covering_failures)
        or evidence.suppressions
        or evidence.target.gone is False
        or counterexample(evidence)
        or evidence.control.state in (ControlState.DISPROVED, ControlState.UNCHECKED)
    )


def _piece(proposal: Proposal, file: _File, parts: Sequence[Part]) -> Fixed:
    edits = file.edits_of(parts)
    diff = diffs.make(file.path, file.before, diffs.apply(file.before, edits))
    fixes = [
        Fixed(diff, each.title, each.description, proposal.confidence, proposal.fixer, parts=(each,)) for each in parts
    ]
    number = {file.edits.index(edit): place for place, edit in enumerate(edits)}
    return replace(
        together(fixes, diff),
        parts=tuple(replace(each, edits=tuple(number[old] for old in each.edits)) for each in parts),
    )
