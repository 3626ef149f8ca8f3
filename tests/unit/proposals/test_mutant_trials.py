"""What is concluded from runs with mutants, and how few of them are needed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from fakes.benches import OneByOne, Together

from sigma_core.proposals.committee import DEFAULT_WEIGHTS, Precedents, ballots, votes
from sigma_core.proposals.decision import ReasonedVerdict, Thresholds, decide
from sigma_core.proposals.evidence import Evidence, MutatedStatement, SuiteRunState
from sigma_core.proposals.tables import Verdict
from sigma_core.proposals.verification.mutation.account import mutated_statements
from sigma_core.proposals.verification.mutation.budget import MutationBudget
from sigma_core.proposals.verification.mutation.mutants import Mutant
from sigma_core.proposals.verification.mutation.noticing import MutantResult, answer
from sigma_core.proposals.verification.mutation.targets import MutationTarget
from sigma_core.proposals.verification.mutation.trials import Tried, try_out
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.statements import Statement
from sigma_core.proposals.verification.suite_run import SuiteRun
from sigma_core.proposals.verification.variants import Variant

WRONG, BROKEN, ENDLESS = "assert 1 == 2", "TypeError: unsupported operand", "endless"


def place(line: int, *tests: str, alone: bool = False) -> MutationTarget:
    made = tuple(Mutant(Variant("m.py", (line, n), (line, n), ""), f"{line}.{n}") for n in range(4))
    return MutationTarget("m.py", line, Statement(line, line, None), made, frozenset(tests), alone=alone)


class Suite:
    """Tests that fail, and how, where a mutant of a line is met. `sees` is by line and number of the mutant."""

    def __init__(self, places: Sequence[MutationTarget], sees: Mapping[tuple[int, int], Mapping[str, str]]) -> None:
        self.places, self.sees, self.bench = places, sees, OneByOne
        self.runs: list[tuple[list[tuple[int, int]], frozenset[str]]] = []

    def __call__(self, variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
        met = [each.start for each in variants]
        self.runs.append((met, only))
        failures = {test: text for each in met for test, text in self.sees.get(each, {}).items() if test in only}
        ended = ENDLESS not in failures.values()
        outcomes = {test: ReportedOutcome.FAILED if test in failures else ReportedOutcome.PASSED for test in only}
        heard = {test: said for test, said in outcomes.items() if failures.get(test) != ENDLESS}
        report = Report(collected=sorted(only), outcomes=heard, failures=failures)
        return SuiteRun(SuiteRunState.FAILED if ended else SuiteRunState.TIMEOUT, report, 1)

    bench: type[OneByOne]

    def tried(
        self, budget: MutationBudget | None = None, known: Sequence[str] = ("t1", "t2", "t3")
    ) -> dict[int, Tried]:
        return {
            each.line: found
            for each, found in try_out(self.places, self.bench(self), budget or MutationBudget(60), known).items()
        }


def answers(tried: Tried) -> list[MutantResult]:
    return list(tried.answers.values())


def test_two_noticed_ones_are_enough_and_statements_apart_share_their_runs() -> None:
    sees = {(line, n): {f"t{line}": WRONG} for line in (1, 2, 3) for n in range(4)}
    suite = Suite([place(1, "t1"), place(2, "t2"), place(3, "t3")], sees)
    assert all(answers(each) == [MutantResult.NOTICED] * 2 for each in suite.tried().values())
    assert [met for met, _ in suite.runs] == [[(1, 0), (2, 0), (3, 0)], [(1, 1), (2, 1), (3, 1)]]


def test_an_unnoticed_one_has_another_tried() -> None:
    suite = Suite([place(1, "t1")], {(1, 1): {"t1": WRONG}})
    assert answers(suite.tried()[1]) == [MutantResult.UNNOTICED, MutantResult.NOTICED, MutantResult.UNNOTICED]


def test_what_only_breaks_the_code_tells_nothing() -> None:
    suite = Suite([place(1, "t1", "t2")], {(1, n): {"t1": BROKEN, "t2": BROKEN} for n in range(4)})
    assert answers(suite.tried()[1]) == [MutantResult.BROKEN] * 4
    mixed = Suite([place(1, "t1", "t2")], {(1, n): {"t1": BROKEN, "t2": WRONG} for n in range(4)})
    assert answers(mixed.tried()[1]) == [MutantResult.NOTICED] * 2


def test_statements_without_a_test_of_their_own_are_asked_for_apart() -> None:
    suite = Suite([place(1, "t1"), place(2, "t1")], {(1, n): {"t1": WRONG} for n in range(4)})
    found = suite.tried()
    assert answers(found[1]) == [MutantResult.NOTICED] * 2
    assert answers(found[2]) == [MutantResult.UNNOTICED] * 3
    assert all(len(met) == 1 for met, _ in suite.runs)


def test_a_test_that_meets_two_of_a_run_speaks_for_none_of_them() -> None:
    sees = {(1, n): {"t1": WRONG, "t2": WRONG} for n in range(4)}
    suite = Suite([place(1, "t1", "t2"), place(2, "t2", "t3")], sees)
    found = suite.tried()
    assert answers(found[2]) == [MutantResult.UNNOTICED] * 3
    assert ([(2, 0)], frozenset({"t2", "t3"})) in suite.runs


def test_what_everybody_may_depend_on_is_by_itself() -> None:
    suite = Suite([place(1, "t1", alone=True), place(2, "t2")], {})
    suite.tried()
    assert all(len(met) == 1 for met, _ in suite.runs)


def test_a_run_that_does_not_end_takes_no_other_with_it() -> None:
    sees = {(1, n): {"t1": ENDLESS} for n in range(4)} | {(2, n): {"t2": WRONG} for n in range(4)}
    found = Suite([place(1, "t1"), place(2, "t2"), place(3, "t3")], sees).tried()
    assert answers(found[1]) == [MutantResult.BROKEN] * 4
    assert answers(found[2]) == [MutantResult.NOTICED] * 2
    assert answers(found[3]) == [MutantResult.UNNOTICED] * 3


def test_tests_that_fail_when_nothing_is_changed_are_not_asked() -> None:
    places = [place(1, "t1"), place(2, "t2")]
    suite = Suite(places, {})
    suite.runs.clear()

    def lonely(variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
        run = suite(variants, only)
        return SuiteRun(run.state, Report(outcomes=run.report.outcomes | {"t1": ReportedOutcome.FAILED}), 1)

    tried = try_out(places, OneByOne(lonely), MutationBudget(60), known=("t2",))
    assert [each.line for each in tried] == [2]
    assert mutated_statements(places, tried)[0].not_mutable == "none of its tests passes by itself"


def test_the_budget_ends_the_trials_and_is_told_as_it_is_spent() -> None:
    said: list[str] = []
    ticks = iter(range(0, 1000, 10))
    suite = Suite([place(1, "t1"), place(2, "t1"), place(3, "t1")], {})
    tried = suite.tried(MutationBudget(15, said.append, lambda: next(ticks)))
    assert said == ["trying mutants, run 1, at most 15 s more", "trying mutants, run 2, at most 5 s more"]
    assert [len(each.answers) for each in tried.values()] == [1, 1, 0]
    assert Suite([place(1, "t1")], {}).tried(MutationBudget(0))[1].answers == {}


def test_where_a_trial_costs_little_each_mutant_has_one_to_itself_and_two_of_a_statement_come_at_once() -> None:
    sees = {(1, n): {"t1": WRONG} for n in range(4)}
    suite = Suite([place(1, "t1", "t2"), place(2, "t1")], sees)
    suite.bench = Together
    found = suite.tried()
    assert answers(found[1]) == [MutantResult.NOTICED] * 2
    assert answers(found[2]) == [MutantResult.UNNOTICED] * 3
    assert [met for met, _ in suite.runs] == [[(1, 0)], [(2, 0)], [(1, 1)], [(2, 1)], [(2, 2)]]


def test_the_tests_nearest_to_a_statement_are_asked_first_and_the_others_where_those_notice_nothing() -> None:
    near = replace(place(1, "t1", "t2", "t3"), nearest=frozenset({"t2"}))
    suite = Suite([near], {(1, 0): {"t2": WRONG}, (1, 1): {"t3": WRONG}})
    suite.bench = Together
    assert answers(suite.tried()[1]) == [MutantResult.NOTICED] * 2
    assert [(met, sorted(only)) for met, only in suite.runs] == [
        ([(1, 0)], ["t2"]),
        ([(1, 1)], ["t2"]),
        ([(1, 1)], ["t1", "t2", "t3"]),
    ]


def test_tests_nobody_heard_of_are_no_answer() -> None:
    assert answer(Report(), ["t1"]) is MutantResult.BROKEN
    assert answer(Report(outcomes={"t1": ReportedOutcome.PASSED}), ["t1"]) is MutantResult.UNNOTICED


def statement(**facts: object) -> MutatedStatement:
    return MutatedStatement.model_validate({"place": "m.py:3", **facts})


def ruling(*mutants: MutatedStatement, share: float = 0.5) -> ReasonedVerdict:
    evidence = Evidence(base_commit="a", diff_sha256="b", applies=True, compiled_equal=True, mutants=list(mutants))
    cast = votes(ballots(evidence, Precedents(accepted=50, safe=True)), {}, DEFAULT_WEIGHTS)
    return decide(evidence, cast, Thresholds(noticed_share=share))


def test_a_statement_whose_mutants_go_unnoticed_is_left_to_a_person() -> None:
    found = ruling(statement(tried=3, noticed=1, unnoticed=["`a` in place of `b`", "`c` in place of `d`"]))
    assert found.verdict is Verdict.NEEDS_HUMAN
    assert found.reasons == [
        "Executed but not checked: at m.py:3 no test notices `a` in place of `b` "
        "(1 of 3 mutants noticed, asked for 50%)."
    ]


@pytest.mark.parametrize(
    "each",
    [
        statement(tried=2, noticed=1, unnoticed=["`a` in place of `b`"]),
        statement(not_mutable="it runs at import only"),
    ],
)
def test_enough_noticed_ones_or_none_that_could_be_are_no_doubt(each: MutatedStatement) -> None:
    assert ruling(each).verdict is Verdict.APPROVED


def test_a_statement_that_the_budget_left_out_is_not_taken_for_checked() -> None:
    found = ruling(statement())
    assert found.reasons == ["Insufficient evidence: no mutant of m.py:3 was tried within the budget."]


def test_evidence_of_before_and_a_share_of_none_ask_for_nothing() -> None:
    assert ruling().verdict is Verdict.APPROVED
    assert ruling(statement(tried=3, unnoticed=["x"]), share=0).verdict is Verdict.APPROVED
    assert Evidence.model_validate({"base_commit": "a", "diff_sha256": "b", "applies": True}).mutants == []
