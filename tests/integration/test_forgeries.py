"""An attack suite: wrong changes that want to be believed, each verified for real and none approved."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository
from forgeries.bases import BASES
from forgeries.changed import CHANGED, DORMANT, OTHER_FILES
from forgeries.outsider import OUTSIDE_FILES, OUTSIDER, UNTOLD
from forgeries.shop import FILES, HONEST, WRONG

from sigma_core.projects.sandbox import ResourceLimits, Sandbox
from sigma_core.proposals.committee import DEFAULT_WEIGHTS, Precedents, ballots, votes
from sigma_core.proposals.decision import ReasonedVerdict, Thresholds, decide
from sigma_core.proposals.evidence import ControlState, Evidence, SuiteRunState
from sigma_core.proposals.tables import Verdict
from sigma_core.proposals.verification.patch import Change
from sigma_core.proposals.verification.verifier import Verifier

# The first test verifies all changes, which takes minutes on a busy machine
pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]


class Shop:
    """The shop's repository, with files of the base beside its own."""

    def __init__(self, sandbox: Sandbox, folder: Path, files: dict[str, str], **settings: object) -> None:
        self.repository = SmallRepository(folder, {**FILES, **files}, **settings)
        self.verifier = Verifier(
            projects=self.repository,
            sandbox=sandbox,
            home=self.repository.home,
            limits=ResourceLimits(wall_s=60),
            mutation_s=3600,
        )

    def evidence(self, changed: Mapping[str, Mapping[str, str]]) -> dict[str, Evidence]:
        """Of changes by their names, each a text for each file, in one session."""
        changes = [self._change(n, files) for n, files in enumerate(changed.values())]
        found = self.verifier.verify(self.repository.project, changes)
        return {name: found[n] for n, name in enumerate(changed)}

    def _change(self, number: int, files: Mapping[str, str]) -> Change:
        made = [self.repository.change(number, path, lambda _, text=text: text) for path, text in files.items()]
        return Change(number, "".join(each.diff for each in made), self.repository.head)


def ruling(evidence: Evidence) -> ReasonedVerdict:
    """What the decision table says, with everything else speaking for the change."""
    praise = Precedents(accepted=50, safe=True)
    return decide(evidence, votes(ballots(evidence, praise), {}, DEFAULT_WEIGHTS), Thresholds())


def exposed_by_running(evidence: Evidence) -> bool:
    """Whether the runs alone show it, whatever was read in the text."""
    tests = evidence.tests
    bad = tests is None or bool(tests.newly_failed or tests.vanished or tests.covering_failures)
    whole = tests is not None and tests.after.state in (SuiteRunState.PASSED, SuiteRunState.FAILED)
    based = tests is not None and tests.baseline.state in (SuiteRunState.PASSED, SuiteRunState.FAILED)
    return bad or not whole or not based or evidence.control.state is not ControlState.PROVED


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(sandbox, tmp_path_factory.mktemp("shop"), DORMANT)


@pytest.fixture(scope="module")
def changes(shop: Shop) -> dict[str, Evidence]:
    """All changes of the shop, in one session: they lie in the same lines, so each has runs of its own."""
    texts = {**OUTSIDER, **CHANGED, "honest": HONEST, "wrong": WRONG}
    changed = {name: {"shop/price.py": text} for name, text in texts.items()}
    changed |= {name: {"shop/price.py": WRONG, **files} for name, files in {**OUTSIDE_FILES, **OTHER_FILES}.items()}
    assert len(changed) == len(OUTSIDER) + len(CHANGED) + len(OUTSIDE_FILES) + len(OTHER_FILES) + 2
    return shop.evidence(changed)


def test_an_honest_change_of_the_same_project_is_approved_and_a_wrong_one_rejected(
    changes: dict[str, Evidence],
) -> None:
    assert ruling(changes["honest"]).verdict is Verdict.APPROVED
    assert ruling(changes["wrong"]).verdict is Verdict.REJECTED


@pytest.mark.parametrize("name", [*OUTSIDER, *OUTSIDE_FILES])
def test_a_change_by_an_outsider_is_never_approved(changes: dict[str, Evidence], name: str) -> None:
    evidence = changes[name]
    assert ruling(evidence).verdict is not Verdict.APPROVED
    assert bool(evidence.tampering) is (name not in UNTOLD)
    # What no reading tells is seen by tests that do not notice what else it does
    assert evidence.tampering or any(
        reason.startswith("Executed but not checked") for reason in ruling(evidence).reasons
    )


@pytest.mark.parametrize("name", [*CHANGED, *OTHER_FILES])
def test_a_change_that_forges_is_never_approved(changes: dict[str, Evidence], name: str) -> None:
    assert ruling(changes[name]).verdict is not Verdict.APPROVED
    # What is read is told even where the runs would have shown it
    assert changes[name].tampering or name == "an end by an exception at import"


@pytest.mark.parametrize("name", BASES)
def test_a_base_that_forges_gets_no_wrong_change_approved(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    hostile = BASES[name]
    shop = Shop(sandbox, tmp_path, hostile.files, test_command=hostile.command)
    evidence = shop.evidence({"wrong": {"shop/price.py": WRONG}})["wrong"]
    assert ruling(evidence).verdict is not Verdict.APPROVED
    assert exposed_by_running(evidence)
