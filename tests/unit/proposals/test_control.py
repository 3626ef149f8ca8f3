"""What control runs conclude, by outcomes alone."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from fakes.benches import OneByOne, Together

from sigma_core.proposals.evidence import ControlState, SuiteRunState
from sigma_core.proposals.verification.control import batched, prove
from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.proof import Controlled, Proof, control_run
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.sabotage import DefectKind
from sigma_core.proposals.verification.statements import functions_of
from sigma_core.proposals.verification.suite_run import SuiteRun
from sigma_core.proposals.verification.variants import Variant

TEXT = "def a():\n    return 1\n\n\ndef b():\n    return 2\n\n\ndef c():\n    return 3\n"
A, B, C = (Site("m.py", each.line, each) for each in functions_of(TEXT))
PLACE = Site("m.py", 4, None)


def spoil(site: Site, kind: DefectKind) -> list[Variant]:
    return [Variant(site.file, (site.line, number), (site.line, number), kind) for number in range(4)]


class Suite:
    """Tests that execute sites. A test in `blind` never fails, one in `trusting` only where something raises."""

    def __init__(
        self,
        tests: Mapping[str, Sequence[Site]],
        *,
        blind: Sequence[str] = (),
        trusting: Sequence[str] = (),
        patient: int = 0,
        alone: Sequence[str] = (),
        alone_in_base: Sequence[str] = (),
        asleep: Sequence[str] = (),
        ending: SuiteRunState = SuiteRunState.FAILED,
    ) -> None:
        self.tests, self.blind, self.trusting, self.patient, self.ending = tests, blind, trusting, patient, ending
        self.alone, self.alone_in_base, self.asleep = alone, alone_in_base, asleep
        self.runs: list[tuple[frozenset[str], int]] = []

    def __call__(self, variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
        self.runs.append((only, len(variants)))
        outcomes = dict.fromkeys(only, ReportedOutcome.PASSED)
        for name in only:
            met = [each for each in variants if each.start[0] in [site.line for site in self.tests[name]]]
            seen = [each for each in met if each.text == DefectKind.ERROR or name not in self.trusting]
            if name in self.alone or (name not in self.blind and any(each.start[1] >= self.patient for each in seen)):
                outcomes[name] = ReportedOutcome.FAILED
        if variants and self.ending is not SuiteRunState.FAILED:
            return SuiteRun(self.ending, Report(), 1)
        return self._ended(outcomes)

    def base(self, only: frozenset[str]) -> SuiteRun:
        return self._ended(
            {n: ReportedOutcome.FAILED if n in self.alone_in_base else ReportedOutcome.PASSED for n in only}
        )

    @staticmethod
    def _ended(outcomes: dict[str, ReportedOutcome]) -> SuiteRun:
        return SuiteRun(SuiteRunState.FAILED, Report(collected=sorted(outcomes), outcomes=outcomes), 1)

    def controlled(self, *sites: Site) -> list[Controlled]:
        return [Controlled(each, tuple(n for n, seen in self.tests.items() if each in seen)) for each in sites]

    def proof(self, *sites: Site) -> Proof:
        return prove(self.controlled(*sites), spoil, OneByOne(self), self.base, Random(7), asleep=self.passing_before)

    def passing_before(self, _site: Site, tests: Iterable[str]) -> frozenset[str]:
        return frozenset(tests) & frozenset(self.asleep)

    def state(self, *sites: Site) -> tuple[ControlState, str]:
        found = control_run(self.controlled(*sites), self.proof(*sites), followed=True)
        return found.state, found.detail


def test_what_every_test_notices_is_proved_in_one_run_of_each_kind_and_one_with_nothing_spoiled() -> None:
    suite = Suite({"t1": [A], "t2": [B], "t3": [C]})
    assert suite.state(A, B, C) == (ControlState.PROVED, "")
    assert sorted(spoiled for _, spoiled in suite.runs) == [0, 3, 3]


def test_all_runs_ask_for_the_same_tests_and_the_true_one_comes_at_any_turn() -> None:
    turns = set()
    for seed in range(20):
        suite = Suite({"t1": [A], "t2": [A, B]}, trusting=["t1"])
        prove(suite.controlled(A, B), spoil, OneByOne(suite), suite.base, Random(seed))
        assert len({only for only, _ in suite.runs}) == 1
        turns.add([spoiled for _, spoiled in suite.runs].index(0))
    assert len(turns) > 2


def test_functions_without_a_test_of_their_own_are_spoiled_one_after_the_other() -> None:
    suite = Suite({"t1": [A, B], "t2": [A, B, C]})
    assert suite.state(A, B, C) == (ControlState.PROVED, "")
    assert {spoiled for _, spoiled in suite.runs} == {0, 1}
    inner, outer = functions_of("def o():\n    def i():\n        return 1\n    return i\n")[::-1]
    nested = [Controlled(Site("m.py", each.line, each), (f"t{each.line}",)) for each in (outer, inner)]
    assert len(batched(nested)) == 2


def test_another_kind_is_tried_where_the_first_is_not_noticed() -> None:
    assert Suite({"t1": [A]}, patient=1).state(A)[0] is ControlState.PROVED
    assert Suite({"t1": [A]}, patient=2).state(A)[0] is ControlState.DISPROVED
    assert Suite({"t1": [A], "t2": [A]}, trusting=["t1"]).state(A)[0] is ControlState.PROVED


def test_tests_that_notice_nothing_at_all_are_not_asked_for_long() -> None:
    suite = Suite({"t1": [A]}, blind=["t1"])
    assert suite.state(A)[0] is ControlState.DISPROVED
    assert sum(spoiled for _, spoiled in suite.runs) == 3


def test_tests_that_pass_whatever_the_code_does_disprove() -> None:
    suite = Suite({"t1": [A], "t2": [A], "t3": [B]}, blind=["t2"])
    detail = "t2 passes although a in m.py, which it executes, raises."
    assert suite.state(A, B) == (ControlState.DISPROVED, detail)
    assert Suite({"t1": [A]}, blind=["t1"]).state(A)[0] is ControlState.DISPROVED


def test_tests_that_pass_whatever_the_code_does_before_the_change_too_are_not_held_against_it() -> None:
    suite = Suite({"t1": [A], "t2": [A], "t3": [B]}, blind=["t2"], asleep=["t2"])
    detail = "t2, which executes a in m.py, would pass though it raised, before the change as well."
    assert suite.state(A, B) == (ControlState.PROVED, detail)
    nobody = Suite({"t1": [A]}, blind=["t1"], asleep=["t1"])
    assert nobody.state(A)[0] is ControlState.DISPROVED


def test_tests_that_run_the_code_and_look_at_nothing_are_told() -> None:
    state, detail = Suite({"t1": [A], "t2": [A]}, trusting=["t1", "t2"]).state(A)
    assert state is ControlState.UNCHECKED
    assert detail == "no test that executes a in m.py notices when it returns something else or does nothing."
    assert Suite({"t1": [A], "t2": [A]}, trusting=["t1"]).state(A)[0] is ControlState.PROVED


def test_a_test_that_fails_when_it_is_asked_for_alone_was_not_told_truly() -> None:
    suite = Suite({"t1": [A]}, alone=["t1"])
    detail = "t1 passes in the whole run, and fails when it is asked for alone."
    assert suite.state(A) == (ControlState.DISPROVED, detail)


def test_a_test_that_needs_others_before_it_tells_nothing() -> None:
    lonely = Suite({"t1": [A], "t2": [A]}, alone=["t1"], alone_in_base=["t1"])
    assert lonely.state(A)[0] is ControlState.PROVED
    only = Suite({"t1": [A]}, alone=["t1"], alone_in_base=["t1"])
    assert only.state(A)[0] is ControlState.DISPROVED


def test_runs_that_we_stop_prove_nothing() -> None:
    suite = Suite({"t1": [A], "t2": [B]}, ending=SuiteRunState.REFUSED)
    assert suite.state(A, B) == (ControlState.NOT_RUN, "no run with a in m.py spoiled came to its end.")


def test_code_without_which_nothing_runs_is_noticed_when_it_is_spoiled_alone() -> None:
    suite = Suite({"t1": [A], "t2": [B]}, ending=SuiteRunState.CRASHED)
    assert suite.state(A, B) == (ControlState.PROVED, "")
    assert sorted(spoiled for _, spoiled in suite.runs) == [0, 1, 1, 1, 1, 2, 2]
    loaded = [Controlled(each, ("t1",), at_import=True) for each in (A, B)]
    assert len(batched(loaded)) == 2


def test_a_site_that_nothing_reaches_is_left_unproved_and_ends() -> None:
    suite = Suite({"t1": [A], "t2": []})
    sites = [*suite.controlled(A), Controlled(PLACE, (), ("t2",))]
    found = control_run(sites, prove(sites, spoil, OneByOne(suite), suite.base, Random(7)), followed=True)
    assert (found.state, found.detail) == (
        ControlState.NOT_RUN,
        "no test fails although the module level of m.py raises.",
    )


def test_a_function_that_stands_in_for_its_file_need_only_be_noticed() -> None:
    suite = Suite({"t1": [A], "t2": [A]}, trusting=["t1"], blind=["t2"])
    sites = [Controlled(A, ("t1", "t2"), stands_in=True)]
    assert (
        control_run(sites, prove(sites, spoil, OneByOne(suite), suite.base, Random(7)), followed=True).state
        is ControlState.PROVED
    )
    assert [spoiled for _, spoiled in suite.runs].count(1) == 1


def test_a_spoiled_place_at_whose_test_a_run_stood_is_asked_alone_and_the_others_once_more_together() -> None:
    suite = Suite({"t1": [A], "t2": [B], "t3": [C]})

    def hanging(variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
        run = suite(variants, only)
        if all(each.start[0] != B.line for each in variants):
            return run
        half = Report(collected=["t1", "t2", "t3"], outcomes={"t1": ReportedOutcome.PASSED})
        return SuiteRun(SuiteRunState.TIMEOUT, half, 1)

    proof = prove(suite.controlled(A, B, C), spoil, OneByOne(hanging), suite.base, Random(7))
    assert control_run(suite.controlled(A, B, C), proof, followed=True).state is ControlState.PROVED
    assert sorted(spoiled for _, spoiled in suite.runs) == [0, 1, 1, 2, 2, 3, 3]


def test_where_a_trial_costs_little_each_place_is_asked_by_its_own_tests_beside_one_with_nothing_spoiled() -> None:
    places = set()
    for seed in range(20):
        suite = Suite({"t1": [A, B], "t2": [A, B, C], "t3": [C]})
        bench = Together(suite)
        proof = prove(suite.controlled(A, B, C), spoil, bench, suite.base, Random(seed))
        assert control_run(suite.controlled(A, B, C), proof, followed=True).state is ControlState.PROVED
        (start,) = bench.starts
        for tests in {each.tests for each in start}:
            same = [each for each in start if each.tests == tests]
            assert sum(not each.variants for each in same) == 2
            assert len(same) >= 4
        places.add([not each.variants for each in start].index(True))
    assert len(places) > 1


def test_what_runs_when_its_file_is_loaded_is_loaded_anew_by_all_that_are_to_look_alike() -> None:
    suite = Suite({"t1": [A], "t2": [B]})
    bench = Together(suite)
    loaded = [Controlled(A, ("t1",), at_import=True), *suite.controlled(B)]
    prove(loaded, spoil, bench, suite.base, Random(7))
    assert {(each.tests == {"t1"}, each.afresh) for start in bench.starts for each in start} == {
        (True, True),
        (False, False),
    }


def test_which_other_tests_pass_by_themselves_is_found_out_beside() -> None:
    suite = Suite({"t1": [A], "t2": [B], "t3": [B]}, alone=["t3"])
    bench = Together(suite)
    proof = prove(suite.controlled(A), spoil, bench, suite.base, Random(7), frozenset({"t2", "t3"}))
    assert proof.sound == {"t1", "t2"}
    assert proof.unequal == set()
    assert len(bench.starts) == 1


def test_every_function_that_no_test_checks_is_named_and_not_the_first_alone() -> None:
    suite = Suite({"t1": [A], "t2": [B], "t3": [C]}, trusting=["t1", "t3"])
    found = control_run(suite.controlled(A, B, C), suite.proof(A, B, C), followed=True)
    assert (found.state, found.doubted) == (ControlState.UNCHECKED, ["a in m.py", "c in m.py"])
    worse = Suite({"t1": [A], "t2": [B], "t3": [C]}, trusting=["t1"], blind=["t3"])
    found = control_run(worse.controlled(A, B, C), worse.proof(A, B, C), followed=True)
    assert (found.state, found.doubted) == (ControlState.DISPROVED, ["c in m.py"])
    proved = Suite({"t1": [A], "t2": [B]})
    assert control_run(proved.controlled(A, B), proved.proof(A, B), followed=True).doubted == []


def test_where_not_all_tests_of_a_function_are_asked_a_quick_one_of_each_stretch_is() -> None:
    names = [f"t{number:03}" for number in range(400)]
    suite = Suite({name: [A] for name in names})
    took = {name: 0.001 if number % 2 else 2.0 for number, name in enumerate(names)}
    prove(suite.controlled(A), spoil, OneByOne(suite), suite.base, Random(7), seconds=took)
    assert {only for only, _ in suite.runs} == {frozenset(names[1::2])}
    few = Suite({"t1": [A], "t2": [A]})
    prove(few.controlled(A), spoil, OneByOne(few), few.base, Random(7), seconds={"t1": 60.0})
    assert {only for only, _ in few.runs} == {frozenset({"t1", "t2"})}
