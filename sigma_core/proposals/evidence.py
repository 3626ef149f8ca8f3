"""What was measured about a change. Nothing here is an opinion, and what was not measured is None or said so."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select

from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.tables import Proposal, Verification


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class ChangedFinding(_Fact):
    """A detector's finding that the change brings or removes."""

    rule: str
    family: str
    severity: str
    file: str
    line: int
    message: str
    selected: bool = False
    """The project's own configuration asks for the rule there."""


class TargetCheck(_Fact):
    """Is the issue this fix is for gone? `before` and `after` count it; `gone` is None without a target."""

    rule: str | None = None
    before: int = 0
    after: int = 0
    gone: bool | None = None


class TestCounts(_Fact):
    """Tests by outcome. `error` is a failure outside the test's own call (set-up, collection)."""

    __test__ = False

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0

    @property
    def total(self) -> int:
        """All tests reported."""
        return self.passed + self.failed + self.error + self.skipped + self.xfailed


class SuiteRunState(StrEnum):
    """How a test run as a whole went."""

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"
    """Ended without a whole report: fewer results than tests collected, or no end record."""
    TIMEOUT = "timeout"
    REFUSED = "refused"
    """Stopped by a limit (memory, output), or the sandbox did not start."""
    NO_TESTS = "no_tests"


class TestRun(_Fact):
    """One run of the project's tests."""

    __test__ = False

    state: SuiteRunState
    counts: TestCounts = TestCounts()
    duration_ms: int = 0
    detail: str = ""


class TestComparison(_Fact):
    """The tests before and after, by test id. Lists hold ids, at most 50; the counts are whole."""

    __test__ = False

    baseline: TestRun
    after: TestRun
    newly_failed: list[str] = []
    vanished: list[str] = []
    """Passed before; now skipped, xfailed, missing or unreported."""
    flaky: list[str] = []
    covering_failures: list[str] = []
    """Tests that execute a changed line and do not pass after the change, whatever they did before; less those in
    `failing_alike`."""
    failing_alike: list[str] = []
    """Tests that execute a changed line and fail before and after in the same way, where others that pass execute the
    same statements: they say nothing about the change."""
    unloadable: list[str] = []
    """Files of tests that could be loaded neither before nor after."""
    newly_passed: list[str] = []
    unstable: list[str] = []
    """Groups of ids that change from one collection to the next; compared by count and worst outcome."""


class ChangeCoverage(_Fact):
    """Statements of the change that tests execute: added ones after it, removed ones in the baseline."""

    added: int = 0
    added_executed: int = 0
    removed: int = 0
    removed_executed: int = 0
    import_only: int = 0
    unexecuted: list[str] = []
    """``file:line`` of statements no test executes."""
    covering_tests: int = 0


class ControlState(StrEnum):
    """What the control runs (each changed function is spoiled) showed."""

    PROVED = "proved"
    """Its covering tests failed: the changed code is what ran and the reports are true."""
    DISPROVED = "disproved"
    """Tests passed although the code they cover raises: the evidence cannot be believed."""
    UNCHECKED = "unchecked"
    """Its covering tests fail when it raises, and pass whatever it returns: they run it and do not check it."""
    NOT_NEEDED = "not_needed"
    NOT_RUN = "not_run"


class ControlRun(_Fact):
    """The control run of the changed functions."""

    state: ControlState = ControlState.NOT_RUN
    functions: list[str] = []
    detail: str = ""
    doubted: list[str] = []
    """Those of the functions of which that state holds, where it is not that they are proved."""


class MutatedStatement(_Fact):
    """A changed statement, and which of its mutants (small faults put into it) the tests that run it notice."""

    place: str
    """``file:line``."""
    tried: int = 0
    """Mutants that told something: those that only break the code are left out."""
    noticed: int = 0
    unnoticed: list[str] = []
    """Each with its place, what it puts there and in place of what."""
    not_mutable: str = ""
    """Why it has none that could tell anything; empty where it has."""

    @property
    def share(self) -> float | None:
        """How many of those tried were noticed, 0–1; None where none was tried."""
        return self.noticed / self.tried if self.tried else None


class DifferenceState(StrEnum):
    """What came of calling the old and the new version of the changed functions with the same inputs."""

    DIFFERS = "differs"
    NO_DIFFERENCE = "no_difference"
    """None was found, which is no proof that there is none."""
    NOT_COMPARABLE = "not_comparable"
    NOT_ASKED = "not_asked"


class Counterexample(_Fact):
    """One call that the two versions answer otherwise."""

    function: str
    arguments: str
    old: str
    new: str
    odd: bool = False
    """An argument is of a kind that neither tests nor annotations speak of, though nothing forbids it."""

    @property
    def sentence(self) -> str:
        """The counterexample as a person reads it."""
        return f"{self.function} with {self.arguments or 'no arguments'}: {self.old} before, {self.new} after."


class Differential(_Fact):
    """The old version against the new one, for a change of which is said that it keeps the behaviour."""

    state: DifferenceState = DifferenceState.NOT_ASKED
    claimed: bool = False
    """Somebody vouches for equality; else the change comes with the warning that it may differ."""
    inputs: int = 0
    """Calls whose effects were compared."""
    recorded: int = 0
    """Those among them that were seen while tests ran."""
    functions: list[str] = []
    """What was compared."""
    searchers: list[str] = []
    """What made inputs beside those that were recorded and their variations, with its version."""
    lacking: str = ""
    """Which searcher had no part in it, and why."""
    whole: bool = False
    """All of the change lies in functions that were compared."""
    counterexample: Counterexample | None = None
    """The smallest that was found."""
    differing: list[str] = []
    """All functions with a difference that counts."""
    detail: str = ""
    """Why something could not be compared."""


class TypeCheckState(StrEnum):
    """What the project's own type checker says of a change of annotations or stubs."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_CHECKED = "not_checked"
    """It is configured and could not be asked."""
    NOT_ASKED = "not_asked"


class TypeCheck(_Fact):
    """The project's own type checker, run on the base and with the change."""

    state: TypeCheckState = TypeCheckState.NOT_ASKED
    checker: str = ""
    """Its name and version."""
    new_errors: list[str] = []
    """Those that the base has not, ``file: message``, at most 20."""
    detail: str = ""
    """Why it could not be asked."""


class Complexity(_Fact):
    """Cyclomatic complexity summed over the changed functions, and the largest of them."""

    before: int = 0
    after: int = 0
    worst_before: int = 0
    worst_after: int = 0


class Deltas(_Fact):
    """Static differences between before and after."""

    complexity: Complexity = Complexity()
    lines_added: int = 0
    lines_removed: int = 0
    files: int = 0
    hunks: int = 0
    api_added: list[str] = []
    api_removed: list[str] = []
    """Public names (``module.name``) that appear or vanish, signatures that change included."""
    imports_added: list[str] = []
    security_before: int = 0
    security_after: int = 0
    performance_before: int = 0
    performance_after: int = 0
    sinks: list[str] = []
    """Dangerous calls (``eval``, ``subprocess``, SQL execution …) on added lines."""
    new_findings: list[ChangedFinding] = []
    gone_findings: list[ChangedFinding] = []


class Evidence(_Fact):
    """All that is known about one proposal, bound to base, diff, command, interpreter and environment."""

    base_commit: str
    diff_sha256: str
    command: str | None = None
    interpreter: str | None = None
    environment: str | None = None
    """Digest of the installed packages the tests ran with."""
    runner: Literal["pytest", "unittest", "django", "command"] | None = None
    grade: Grade = Grade.NONE
    applies: bool
    apply_error: str = ""
    parse_errors: list[str] = []
    compiled_equal: bool = False
    """The change leaves the compiled code equal: it needs no test."""
    equal_by_structure: str = ""
    """In what before and after differ, where their syntax trees show that they mean the same: it needs no test."""
    type_check: TypeCheck = TypeCheck()
    """Asked for where what differs is read by a type checker that the project configures."""
    target: TargetCheck = TargetCheck()
    tampering: list[str] = []
    """Why a person has to look: tests, configuration, CI, reporting machinery touched. One sentence each."""
    named: list[str] = []
    """What the base itself does that could colour its evidence, and is no reason to doubt it. One sentence each."""
    suppressions: list[str] = []
    """Suppressions added, rules weakened, definitions or files removed to make a finding vanish; what others
    lose: names, effects of imports and their order."""
    deltas: Deltas = Deltas()
    tests: TestComparison | None = None
    coverage: ChangeCoverage = ChangeCoverage()
    control: ControlRun = ControlRun()
    mutants: list[MutatedStatement] = []
    """The changed statements with what their mutants showed; none where they were not asked for."""
    differential: Differential = Differential()
    insufficient: list[str] = []
    """Why the evidence does not suffice for approval, one sentence each; empty when it does."""
    untested: list[str] = []
    """Those of these sentences that say no more than that tests are missing."""
    verified_with: list[int] = []
    """Ids of the other proposals that were in the same run."""
    test_runs: int = 0
    duration_ms: int = 0


def latest_verification(session: Session, proposal: Proposal) -> Verification | None:
    """The newest evidence, where it is of the diff and base that the proposal has now."""
    query = select(Verification).where(Verification.proposal_id == proposal.id)
    latest = session.exec(query.order_by(col(Verification.id).desc()).limit(1)).first()
    if latest is None:
        return None
    of = (latest.evidence["base_commit"], latest.evidence["diff_sha256"])
    return latest if of == (proposal.base_commit, proposal.diff_sha256) else None
