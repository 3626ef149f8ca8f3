"""Tests that run a change and do not check it are not enough for approval: known fixes of linters, for real."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository
from linter_fixes.case import Case
from linter_fixes.changing import CHANGING
from linter_fixes.harmless import HARMLESS
from linter_fixes.harmless_flow import FLOW
from linter_fixes.harmless_values import VALUES
from linter_fixes.weak_collections import COLLECTIONS
from linter_fixes.weak_effects import EFFECTS
from linter_fixes.weak_numbers import NUMBERS
from linter_fixes.weak_text import TEXT

from sigma_core.projects.sandbox import Sandbox
from sigma_core.proposals.committee import DEFAULT_WEIGHTS, Precedents, ballots, votes
from sigma_core.proposals.decision import ReasonedVerdict, Thresholds, decide
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.tables import Verdict
from sigma_core.proposals.verification.patch import Promise
from sigma_core.proposals.verification.verifier import Verifier

# The first test of each kind verifies all of its fixes, which takes minutes on a busy machine
pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]

HEAD = "KEPT = []\n\n\n"
WEAK = (*NUMBERS, *TEXT, *COLLECTIONS, *EFFECTS)
ALIKE = (*HARMLESS, *FLOW, *VALUES)
REFUSED = {
    "FURB188": "returns str where a subclass of it went in",
    "SIM220": "leaves a function that does nothing with its argument",
}
"""Of those alike: each differs in a way that nobody minds, or looks like what hides a finding."""


def verified(
    sandbox: Sandbox, folder: Path, cases: Sequence[Case], *, checked: bool, promise: Promise | None = None
) -> dict[str, Evidence]:
    """The evidence of all fixes, verified together, by rule."""
    code = HEAD + "\n\n".join(case.function(case.name, checked=checked) for case in cases)
    tests = "import many\n\n\n" + "\n\n".join(case.tests(case.name, checked=checked) for case in cases)
    small = SmallRepository(folder, {"many.py": code, "tests/test_many.py": tests})
    changes = [
        replace(small.replacing(n, "many.py", *both(case, checked=checked)), promise=promise)
        for n, case in enumerate(cases)
    ]
    evidence = Verifier(projects=small, sandbox=sandbox, home=small.home, mutation_s=3600).verify(
        small.project, changes
    )
    return {case.rule: evidence[n] for n, case in enumerate(cases)}


def both(case: Case, *, checked: bool) -> tuple[str, str]:
    """Its function before and after."""
    return case.function(case.name, checked=checked), case.fixed.function(case.name, checked=checked)


def ruling(evidence: Evidence) -> ReasonedVerdict:
    """What the decision table says, with everything else speaking for the change."""
    praise = Precedents(accepted=50, safe=True)
    return decide(evidence, votes(ballots(evidence, praise), {}, DEFAULT_WEIGHTS), Thresholds())


@pytest.fixture(scope="module")
def changing(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    return verified(sandbox, tmp_path_factory.mktemp("changing"), CHANGING, checked=False)


@pytest.fixture(scope="module")
def weak(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    return verified(sandbox, tmp_path_factory.mktemp("weak"), WEAK, checked=True, promise=Promise.MEANT)


@pytest.fixture(scope="module")
def alike(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    return verified(sandbox, tmp_path_factory.mktemp("alike"), ALIKE, checked=True, promise=Promise.KEPT)


@pytest.mark.parametrize("case", CHANGING, ids=lambda case: case.rule)
def test_a_fix_that_changes_behaviour_where_tests_do_not_look_is_left_to_a_person(
    changing: dict[str, Evidence], case: Case
) -> None:
    found = ruling(changing[case.rule])
    assert found.verdict is Verdict.NEEDS_HUMAN
    unnoticed = [each for statement in changing[case.rule].mutants for each in statement.unnoticed]
    assert unnoticed
    assert any(reason.startswith("Executed but not checked: at many.py:") for reason in found.reasons)
    assert any(unnoticed[0] in reason for reason in found.reasons)


@pytest.mark.parametrize("case", WEAK, ids=lambda case: case.rule)
def test_a_fix_that_changes_behaviour_on_other_inputs_than_those_of_tests_is_left_to_a_person(
    weak: dict[str, Evidence], case: Case
) -> None:
    found, example = ruling(weak[case.rule]), weak[case.rule].differential.counterexample
    assert found.verdict is Verdict.NEEDS_HUMAN
    assert example is not None
    assert f"Changes the behaviour: {example.sentence}" in found.reasons


@pytest.mark.parametrize("case", [each for each in ALIKE if each.rule not in REFUSED], ids=lambda case: case.rule)
def test_a_harmless_fix_where_tests_look_is_approved(alike: dict[str, Evidence], case: Case) -> None:
    evidence = alike[case.rule]
    assert ruling(evidence).reasons[0].startswith("The committee scores"), evidence.mutants
    assert ruling(evidence).verdict is Verdict.APPROVED
    # Some have nothing that could be otherwise: texts in other quotes, a branch without its `else`
    needless = case not in HARMLESS or evidence.equal_by_structure
    assert needless or any(each.noticed for each in evidence.mutants)


def test_many_fixes_share_their_runs(
    changing: dict[str, Evidence], weak: dict[str, Evidence], alike: dict[str, Evidence]
) -> None:
    assert max(each.test_runs for group in (changing, weak, alike) for each in group.values()) <= 20
