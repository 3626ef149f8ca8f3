"""Which tests execute a change."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sigma_core.proposals.evidence import ChangeCoverage
from sigma_core.proposals.verification.patch import ChangedFile, Patch
from sigma_core.proposals.verification.patched_tree import PatchedTree
from sigma_core.proposals.verification.report import Report
from sigma_core.proposals.verification.statements import Statement, statements_at


@dataclass(frozen=True)
class ExecutedStatements:
    """Statements of a change and the tests that execute them.

    A statement run only outside tests (at import) counts as executed by every test of the run: `covering_after`
    and `covering_before` then hold all.
    """

    added: int
    removed: int
    added_executed: int
    removed_executed: int
    import_only: int
    unexecuted: tuple[str, ...]
    direct: frozenset[str]
    """Tests that execute a changed line themselves."""
    covering: frozenset[str]
    by_statement: tuple[frozenset[str], ...] = ()
    """Of each statement the tests that execute it themselves; empty for one that runs at import."""

    @property
    def fact(self) -> ChangeCoverage:
        """What the evidence says of the statements."""
        return ChangeCoverage(
            added=self.added,
            added_executed=self.added_executed,
            removed=self.removed,
            removed_executed=self.removed_executed,
            import_only=self.import_only,
            unexecuted=list(self.unexecuted[:50]),
            covering_tests=len(self.covering),
        )


@dataclass(frozen=True)
class _Side:
    """Statements of one side (after, before) and the run that shows which were executed."""

    file: str
    statements: list[Statement]
    lines: list[int]
    """The same statements' lines in the patch's own text: another patch in the run may have shifted them."""
    report: Report
    note: str
    besides: frozenset[str] = frozenset()
    """Tests whose lines the report lacks, and that count for each statement."""

    def tests(self, statement: Statement) -> frozenset[str]:
        return self.besides | self.report.tests_executing(self.file, statement.mask)

    def at_import(self, statement: Statement) -> bool:
        return not self.tests(statement) and self.report.outside_executes(self.file, statement.mask)


def executed(
    patch: Patch, candidate: PatchedTree, before: Report, after: Report, stuck: Collection[str] = ()
) -> ExecutedStatements:
    """Added statements by the run of the candidate, removed ones by the baseline. The patch must be readable.

    What the `stuck` tests, which do not end in the base, execute there is not known: where one of them executes added
    statements of a file, it counts for the file's removed ones too.
    """
    python = [file for file in patch.files if file.path.endswith(".py")]
    added = [_Side(file.path, candidate.added(file), _own_lines(file), after, "") for file in python]
    removed = [
        _Side(
            file.old_path,
            _removed(file),
            _lines(_removed(file)),
            before,
            " (removed)",
            frozenset(test for each in side.statements for test in side.tests(each) if test in stuck),
        )
        for file, side in zip(python, added, strict=True)
    ]
    sides = [(side, each) for side in [*added, *removed] for each in side.statements]
    direct = frozenset(test for side, each in sides for test in side.tests(each))
    imported = [(side, each) for side, each in sides if side.at_import(each)]
    # Every test of both runs: one that only the other run has cannot have seen the change
    everything = frozenset(after.collected) | frozenset(before.collected) if imported else frozenset[str]()
    return ExecutedStatements(
        added=_count(added),
        removed=_count(removed),
        added_executed=_hit(added),
        removed_executed=_hit(removed),
        import_only=len(imported),
        unexecuted=tuple(
            f"{side.file}:{line}{side.note}"
            for side in [*added, *removed]
            for each, line in zip(side.statements, side.lines, strict=False)
            if not side.tests(each) and not side.at_import(each)
        ),
        direct=direct,
        covering=direct | everything,
        by_statement=tuple(side.tests(each) for side, each in sides),
    )


def _own_lines(file: ChangedFile) -> list[int]:
    return _lines(statements_at(file.after, file.added_lines)) if file.after is not None else []


def _lines(statements: Iterable[Statement]) -> list[int]:
    return [each.line for each in statements]


def _removed(file: ChangedFile) -> list[Statement]:
    return statements_at(file.before, file.removed_lines) if file.before is not None else []


def _count(sides: Iterable[_Side]) -> int:
    return sum(len(side.statements) for side in sides)


def _hit(sides: Iterable[_Side]) -> int:
    return sum(bool(side.tests(each)) or side.at_import(each) for side in sides for each in side.statements)
