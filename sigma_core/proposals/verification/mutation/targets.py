"""Which statements of a change are mutated, and which tests have to notice."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.proposals.verification.measure import Measurement
from sigma_core.proposals.verification.mutation.mutants import Mutant, arms, dumps, mutants
from sigma_core.proposals.verification.patch import ChangedFile, Patch
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.statements import Statement, statements_at

A_STATEMENT = 3
"""Mutants of one statement that have to tell something."""
A_CHANGE = 20
"""Mutants of a change, for each fix that it consists of."""
_NEAREST = 20
_LONG_S = 2.0
"""Where all tests of a statement take less, to ask some of them first costs more than it spares."""
_SPARE = 3
"""More of them are made, for those that only break the code."""


@dataclass(frozen=True)
class MutationTarget:
    """One statement that a change brings, its mutants in the order in which they are tried, and the passed tests that
    execute it. `why_not` says why it has none."""

    file: str
    line: int
    """In the change's own text: others in the run may have shifted it."""
    statement: Statement
    mutants: tuple[Mutant, ...] = ()
    tests: frozenset[str] = frozenset()
    nearest: frozenset[str] = frozenset()
    """Those of them that are asked first: where all take long, the few that execute the least beside it."""
    alone: bool = False
    """It also runs outside tests, where everybody may depend on it."""
    why_not: str = ""

    @property
    def name(self) -> str:
        """What a person calls the place."""
        return f"{self.file}:{self.line}"


def targets_of(patch: Patch, measured: Measurement) -> list[MutationTarget]:
    """The statements of a readable patch, in order; of one that only removes, those that stand there now."""
    found = [place for file in patch.files if _is_mutable(file) for place in _places(patch, file, measured)]
    most = A_CHANGE * patch.change.fixes
    left = most
    for n, place in enumerate(found):
        if place.mutants and left <= 0:
            found[n] = MutationTarget(place.file, place.line, place.statement, why_not=f"more than {most} mutants")
        left -= min(A_STATEMENT, len(place.mutants))
    return found


def _is_mutable(file: ChangedFile) -> bool:
    return file.after is not None and file.path.endswith(".py")


def _places(patch: Patch, file: ChangedFile, measured: Measurement) -> list[MutationTarget]:
    candidate, text = measured.candidate, measured.candidate.contents[file.path] or ""
    lines = [each.line for each in statements_at(file.after or "", file.added_lines)]
    before = statements_at(file.before, file.removed_lines) if file.before is not None else []
    known = dumps(file.before or "", before)
    brought = list(zip(lines, candidate.added(file), strict=False))
    if not brought and known:
        brought, known = candidate.left(file), set()
    # By the change's own lines: others in the run shift them, and there are none when it is applied
    seed = f"{patch.sha256}:{file.path}"
    found = []
    for line, each in brought:
        whole = mutants(file.path, text, each, known, f"{seed}:{line}", A_STATEMENT + _SPARE)
        choices = [made for made in arms(file.path, text, each, known, A_STATEMENT) if made]
        found += [_place(file.path, line, each, made, measured.run.report) for made in (whole, *choices)]
    return found


def _place(file: str, line: int, statement: Statement, made: Sequence[Mutant], report: Report) -> MutationTarget:
    executing = report.tests_executing(file, statement.mask)
    tests = frozenset(name for name in executing if report.outcomes.get(name) is ReportedOutcome.PASSED)
    outside = report.outside_executes(file, statement.mask)
    why = "it runs at import only" if outside else "no test that passes runs it"
    if not tests:
        return MutationTarget(file, line, statement, why_not=why)
    if not made:
        return MutationTarget(file, line, statement, why_not="it has no part that could be otherwise")
    return MutationTarget(file, line, statement, tuple(made), tests, _nearest(tests, report), alone=outside)


def _nearest(tests: frozenset[str], report: Report) -> frozenset[str]:
    if sum(report.seconds.get(name, 0) for name in tests) < _LONG_S:
        return tests
    return frozenset(sorted(tests, key=lambda name: (report.breadth.get(name, 0), name))[:_NEAREST])
