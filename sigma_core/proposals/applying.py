"""From an approved proposal to a branch in the person's repository, on evidence that still holds."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals.evidence import Evidence, latest_verification
from sigma_core.proposals.lineage import line_of, said_of_successor
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.review import Occasion, ProposalReview, Say
from sigma_core.proposals.service import Proposals, held
from sigma_core.proposals.snapshot import ProposalSnapshot, last_decision, refuse_changed
from sigma_core.proposals.tables import Outcome, Proposal, ProposalState, Verdict
from sigma_core.proposals.verification.patch import Change, read_patch


class Applying:
    """Commits approved proposals to branches ``sigma/<slug>``; merging stays the person's."""

    def __init__(
        self, database: Database, clock: Clock, projects: Projects, proposals: Proposals, review: ProposalReview
    ) -> None:
        self._database, self._clock = database, clock
        self._projects, self._proposals, self._review = projects, proposals, review

    def apply(
        self,
        key: int | str,
        *,
        actor: str,
        progress: Say = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        """Commit one approved proposal to its branch; a second time gives the same outcome.

        A change that was verified together with others is verified again alone first, because alone is how it
        is applied. Raises `Forbidden` (not approved), `Conflict` (base moved, evidence no longer holds, branch
        taken).
        """
        proposal = self._proposals.get(key)
        if (done := self._proposals.outcome(proposal, "applied")) is not None:
            return done
        if proposal.state != ProposalState.APPROVED:
            with self._database.reading() as session:
                raise _not_approved(session, proposal)
        project = self._projects.refresh(self._projects.get(proposal.project_id))
        if project.head != proposal.base_commit:
            raise Conflict(
                f"The project moved from {proposal.base_commit[:8]} to {project.head[:8]} since proposal "
                f"{proposal.id} was verified; run `sigma verify {proposal.id}` again."
            )
        self._verify_alone(project, proposal, actor, progress, cancelled)
        clone = self._projects.clone(project)
        message = f"{proposal.title}\n\n{proposal.description}\n\nSIGMA proposal {proposal.id}.\n"
        after = read_patch(clone, Change.of(proposal)).contents
        files = {path: None if text is None else text.encode() for path, text in after.items()}
        commit = clone.commit_tree(proposal.base_commit, files, message)
        branch = f"sigma/{proposal.id}-{_slug(proposal.title)}"
        # The branch first: it is made only once for this commit, so a crash before the row repeats nothing
        progress(f"creating {branch}")
        self._refuse_overtaken(proposal)
        clone.branch_out(Path(project.path), branch, commit)
        return self._record(proposal, branch, commit, actor)

    def request(self, key: int | str, *, actor: str, seen: ProposalSnapshot | None = None) -> Proposal:
        """Ask for it to be applied by the next think cycle. `seen` is what the person looked at.

        Raises `Conflict` where the proposal is no longer as it was seen, `Forbidden` for one that is not approved.
        """
        with self._database.transaction() as session:
            proposal = held(session, key)
            refuse_changed(seen, proposal, last_decision(session, proposal))
            if proposal.state != ProposalState.APPROVED:
                raise _not_approved(session, proposal)
            proposal.apply_requested_by, proposal.apply_error = actor, None
            audit.record(session, self._clock, actor=actor, action="request apply", object=f"proposal/{proposal.id}")
        return proposal

    def apply_requested(self, project: Project, *, progress: Say, cancelled: Callable[[], bool]) -> int:
        """Apply what people asked for; a refusal is written to the proposal. How many were applied."""
        applied = 0
        for key, actor in self._requested(project):
            if cancelled():
                break
            why = None
            try:
                self.apply(key, actor=actor, progress=progress, cancelled=cancelled)
                applied += 1
            except (Conflict, Forbidden) as refused:
                why = str(refused)
            with self._database.transaction() as session:
                stored = held(session, key)
                stored.apply_requested_by, stored.apply_error = None, why
        return applied

    def _refuse_overtaken(self, proposal: Proposal) -> None:
        """Raises `Conflict` where somebody decided otherwise while it was verified."""
        now = self._proposals.get(proposal.id or 0)
        if (now.state, now.base_commit) != (ProposalState.APPROVED, proposal.base_commit):
            raise Conflict(f"Proposal {proposal.id} is {now.state} by now; it was not applied.")

    def _requested(self, project: Project) -> Sequence[tuple[int, str]]:
        """What people asked for, with who it was; what was approved first comes first."""
        query = select(Proposal.id, Proposal.apply_requested_by).where(
            Proposal.project_id == project.id,
            Proposal.state == ProposalState.APPROVED,
            col(Proposal.apply_requested_by).is_not(None),
        )
        with self._database.reading() as session:
            rows = session.exec(query.order_by(col(Proposal.changed_at), col(Proposal.id)))
            return [(key, actor) for key, actor in rows if key is not None and actor is not None]

    def _verify_alone(
        self, project: Project, proposal: Proposal, actor: str, progress: Say, cancelled: Callable[[], bool]
    ) -> None:
        with self._database.reading() as session:
            latest = latest_verification(session, proposal)
        if latest is None:
            raise Forbidden(f"Proposal {proposal.id} has no evidence; run `sigma verify {proposal.id}` first.")
        evidence = Evidence.model_validate(latest.evidence)
        if not evidence.verified_with:
            return
        progress("verifying it alone")
        (reviewed,) = self._review.review(project, [proposal], Occasion(actor), progress=progress, cancelled=cancelled)
        if reviewed.decision.verdict != Verdict.APPROVED:
            raise Conflict(f"Proposal {proposal.id} does not hold alone: {' '.join(reviewed.decision.reasons[:2])}")

    def _record(self, proposal: Proposal, branch: str, commit: str, actor: str) -> Outcome:
        with self._database.transaction() as session:
            stored = held(session, proposal.id or 0)
            if (known := self._proposals.outcome(stored, "applied", session=session)) is not None:
                return known
            now = self._clock()
            earlier = select(Outcome).where(Outcome.line_id == line_of(stored), Outcome.kind == OutcomeKind.APPLIED)
            outcome = session.exec(earlier).one_or_none() or Outcome(
                line_id=line_of(stored),
                proposal_id=stored.id or 0,
                project_id=stored.project_id,
                kind=OutcomeKind.APPLIED,
                actor=actor,
                at=now,
                created_at=now,
            )
            outcome.proposal_id, outcome.actor, outcome.at, outcome.created_at = stored.id or 0, actor, now, now
            outcome.branch, outcome.commit = branch, commit
            stored.state, stored.changed_at = ProposalState.APPLIED, self._clock()
            session.add_all([outcome, stored])
            audit.record(
                session, self._clock, actor=actor, action="apply", object=f"proposal/{stored.id}", reason=branch
            )
        return outcome


def _not_approved(session: Session, proposal: Proposal) -> Forbidden:
    now = said_of_successor(session, proposal)
    return Forbidden(f"Proposal {proposal.id} is {proposal.state}, not approved.{now}")


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:48].strip("-") or "change"
