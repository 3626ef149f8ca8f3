"""Tests that run a change and do not check it are not enough for approval: known fixes of linters, for real."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository
from linter_fixes.case import Case
from linter_fixes.changing import CHANGING
from linter_fixes.harmless import HARMLESS

from sigma_core.projects.sandbox import Grade, Sandbox
from sigma_core.projects.sandbox.select import SelectedSandbox
from sigma_core.proposals.committee import DEFAULT_WEIGHTS, Precedents, ballots, votes
from sigma_core.proposals.decision import ReasonedVerdict, Thresholds, decide
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.tables import Verdict
from sigma_core.proposals.verification import Verifier
from sigma_core.settings import Settings

pytestmark = pytest.mark.sandbox

HEAD = "KEPT = []\n\n\n"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    found = SelectedSandbox(Settings(home=tmp_path_factory.mktemp("home")))
    if found.grade is not Grade.FULL:
        pytest.skip("no full sandbox here")
    return found


def verified(sandbox: Sandbox, folder: Path, cases: Sequence[Case], *, checked: bool) -> dict[str, Evidence]:
    """The evidence of all fixes, verified together, by rule."""
    names = {case.rule: f"{case.rule.lower()}_fixed" for case in cases}
    code = HEAD + "\n\n".join(case.function(names[case.rule], checked=checked) for case in cases)
    tests = "import many\n\n\n" + "\n\n".join(case.tests(names[case.rule], checked=checked) for case in cases)
    small = SmallRepository(folder, {"many.py": code, "tests/test_many.py": tests})
    changes = [
        small.replacing(n, "many.py", case.function(name, checked=checked), fixed(case, name, checked=checked))
        for n, (case, name) in enumerate(zip(cases, names.values(), strict=True))
    ]
    evidence = Verifier(projects=small, sandbox=sandbox, home=small.home, mutation_s=3600).verify(
        small.project, changes
    )
    return {case.rule: evidence[n] for n, case in enumerate(cases)}


def fixed(case: Case, name: str, *, checked: bool) -> str:
    after = replace(case, before=case.after, parameters=case.new_parameters or case.parameters)
    return after.function(name, checked=checked)


def ruling(evidence: Evidence) -> ReasonedVerdict:
    """What the decision table says, with everything else speaking for the change."""
    praise = Precedents(accepted=50, safe=True)
    return decide(evidence, votes(ballots(evidence, praise), {}, DEFAULT_WEIGHTS), Thresholds())


@pytest.fixture(scope="module")
def changing(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    return verified(sandbox, tmp_path_factory.mktemp("changing"), CHANGING, checked=False)


@pytest.fixture(scope="module")
def harmless(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    return verified(sandbox, tmp_path_factory.mktemp("harmless"), HARMLESS, checked=True)


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


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.rule)
def test_a_harmless_fix_where_tests_look_is_approved(harmless: dict[str, Evidence], case: Case) -> None:
    evidence = harmless[case.rule]
    assert ruling(evidence).reasons[0].startswith("The committee scores"), evidence.mutants
    assert ruling(evidence).verdict is Verdict.APPROVED
    assert any(each.noticed for each in evidence.mutants)


def test_many_fixes_share_their_runs(changing: dict[str, Evidence], harmless: dict[str, Evidence]) -> None:
    runs = max(each.test_runs for each in changing.values()), max(each.test_runs for each in harmless.values())
    assert max(runs) <= 20
