"""Counterexamples as tests: handed out as a file, or proposed after they were seen to tell old from new."""

from collections.abc import Callable

from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.projects.service import Projects
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.evidence import Evidence, latest_verification
from sigma_core.proposals.regression import RegressionTest, regression_test
from sigma_core.proposals.review import Occasion, ProposalReview, Reviewed, Say
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.verification.patch import Change
from sigma_core.proposals.verification.verifier import Verifier


class RegressionTests:
    """Makes tests of what evidence holds."""

    def __init__(
        self, database: Database, projects: Projects, proposals: Proposals, verifier: Verifier, review: ProposalReview
    ) -> None:
        self._database, self._projects, self._proposals = database, projects, proposals
        self._verifier, self._review = verifier, review

    def of(self, key: int | str) -> RegressionTest:
        """The test that a proposal's counterexample makes. Raises `Conflict` where it makes none."""
        proposal = self._proposals.get(key)
        with self._database.reading() as session:
            latest = latest_verification(session, proposal)
        evidence = Evidence.model_validate(latest.evidence) if latest is not None else None
        clone = self._projects.clone(self._projects.get(proposal.project_id))
        return regression_test(proposal, evidence, clone.files(proposal.base_commit).keys())

    def propose(
        self,
        key: int | str,
        *,
        actor: str,
        progress: Say = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Reviewed:
        """Propose that test by itself: as it is a test, a person decides on it.

        Raises `Conflict` unless it passes on the base and fails with the change.
        """
        proposal, test = self._proposals.get(key), self.of(key)
        project = self._projects.refresh(self._projects.get(proposal.project_id))
        if project.head != proposal.base_commit:
            raise Conflict(f"The project has moved on; run `sigma verify {proposal.id}` again.")
        progress("running the test on both versions")
        before, after = self._verifier.outcomes(project, Change.of(proposal), {test.path: test.text}, test.id)
        if (before, after) != ("passed", "failed"):
            raise Conflict(f"The test does not tell old from new: {before} on the base, {after} with the change.")
        made = self._proposals.propose(
            project,
            diffs.make(test.path, None, test.text),
            title=f"Test what proposal {proposal.id} would change",
            description=f"{test.id} passes on {project.head[:8]} and fails with proposal {proposal.id}.",
            actor=actor,
        )
        (reviewed,) = self._review.review(project, [made], Occasion(actor), progress=progress, cancelled=cancelled)
        return reviewed
