"""Proposals handed in, looked up and decided by people."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from sigma_core import audit, identity
from sigma_core.bulk import BulkOutcome, on_each
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid, NotFound
from sigma_core.projects.git import TreeFile
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
from sigma_core.proposals import listing
from sigma_core.proposals.diff import DiffRefused, FileChange
from sigma_core.proposals.evidence import Evidence, latest_verification
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.lineage import earlier, line_of, said_of_successor
from sigma_core.proposals.snapshot import ProposalSnapshot, last_decision, refuse_changed
from sigma_core.proposals.tables import Decision, Outcome, Proposal, ProposalIssue, ProposalState, Verdict
from sigma_core.proposals.withdrawal import withdraw


class Proposals:
    """The register of changes."""

    def __init__(self, database: Database, clock: Clock, projects: Projects) -> None:
        self._database, self._clock, self._projects = database, clock, projects

    def propose(
        self,
        project: Project,
        diff: str,
        *,
        title: str | None,
        actor: str,
        keeps_behaviour: bool = False,
        description: str = "Handed in from outside.",
    ) -> Proposal:
        """Hand in a change from outside. The same diff on the same base is the same proposal.

        With `keeps_behaviour` it is rejected where a function is found to behave otherwise.

        Raises `DiffRefused` at once for a diff that is malformed, binary, empty or leaves the repository.
        """
        if title is not None and not (0 < len(title.strip()) <= 200 and title.strip().isprintable()):
            raise Invalid({"title": "one line of 1 to 200 characters"})
        changes = diffs.parse(diff)
        project = self._projects.refresh(project)
        refuse_links(changes, self._projects.clone(project).files(project.head))
        files = [change.path for change in changes]
        fixed = Fixed(
            diff=diffs.render(changes),
            title=title.strip() if title else f"Change {', '.join(PurePosixPath(file).name for file in files)}"[:200],
            description=description,
            confidence=0.5,
            fixer="outside",
        )
        before = self._earlier(project, changes)
        with self._database.transaction() as session:
            proposal = self.submit(session, project, project.head, fixed, origin="operator", predecessor=before)
            # Said once, it holds: whoever hands the same in again takes nothing back
            proposal.keeps_behaviour = proposal.keeps_behaviour or keeps_behaviour
            audit.record(session, self._clock, actor=actor, action="propose", object=f"proposal/{proposal.id}")
        return proposal

    def submit(
        self,
        session: Session,
        project: Project,
        base: str,
        fixed: Fixed,
        *,
        origin: str,
        issue_id: int | None = None,
        rule: str | None = None,
        family: str = "outside",
        knowledge_ids: Sequence[int] = (),
        run_id: int | None = None,
        predecessor: Proposal | None = None,
    ) -> Proposal:
        """Store a fix in the caller's transaction; the proposal there already is, if it is the same.

        `predecessor` is the same change on an earlier commit.
        """
        changes = diffs.parse(fixed.diff)
        digest = diffs.digest(changes)
        same = select(Proposal).where(
            Proposal.project_id == project.id, Proposal.base_commit == base, Proposal.diff_sha256 == digest
        )
        if known := session.exec(same).one_or_none():
            return known
        now = self._clock()
        proposal = Proposal(
            project_id=project.id or 0,
            issue_id=issue_id,
            title=fixed.title[:200],
            description=fixed.description[:8000],
            change_type=family,
            diff=diffs.render(changes),
            diff_sha256=digest,
            content_sha256=content_digest(changes),
            base_commit=base,
            files=[change.path for change in changes],
            confidence=fixed.confidence,
            origin=origin,
            fixer=fixed.fixer,
            rule=rule,
            parts=[part.as_json() for part in fixed.parts],
            prompt_version=fixed.prompt_version,
            model_answer=fixed.model_answer,
            knowledge_ids=list(knowledge_ids),
            run_id=run_id,
            state=ProposalState.WAITING,
            created_at=now,
            changed_at=now,
            predecessor_id=predecessor.id if predecessor else None,
            lineage_id=line_of(predecessor) if predecessor else None,
        )
        try:
            with session.begin_nested():
                session.add(proposal)
                session.flush()
                session.add_all(
                    ProposalIssue(proposal_id=proposal.id or 0, issue_id=each) for each in proposal.issue_ids
                )
        except IntegrityError:
            # Another process stored the same a moment earlier
            return session.exec(same).one()
        return proposal

    def _earlier(self, project: Project, changes: Sequence[FileChange]) -> Proposal | None:
        """The same change as it was handed in on an earlier commit."""
        clone = self._projects.clone(project)
        with self._database.reading() as session:
            found_ = earlier(session, project.id or 0, changes, None, lambda base: clone.renames(base, project.head))
            return next((each for each in found_ if each.base_commit != project.head), None)

    def prove_again(self, session: Session, project_id: int, *, unlike: str | None = None) -> int:
        """What was left to a person waits to be proved anew, for now its tests can run; how many.

        With `unlike`, the digest of an environment, only what was measured in another one.
        """
        doubtful = select(Proposal).where(
            Proposal.project_id == project_id, Proposal.state == ProposalState.NEEDS_HUMAN
        )
        again = [
            each for each in session.exec(doubtful) if unlike is None or _measured_elsewhere(session, each, unlike)
        ]
        for proposal in again:
            proposal.state, proposal.changed_at = ProposalState.WAITING, self._clock()
        return len(again)

    def await_verification(self, session: Session, key: int | str, *, actor: str) -> Proposal:
        """Let one that waits, or was left to a person, be verified by the next think cycle.

        Raises `Conflict` for one that is decided.
        """
        proposal = held(session, key)
        if proposal.state not in (ProposalState.WAITING, ProposalState.NEEDS_HUMAN):
            raise Conflict(f"Proposal {proposal.id} is {proposal.state}; only what is undecided is verified again.")
        proposal.state, proposal.changed_at = ProposalState.WAITING, self._clock()
        audit.record(session, self._clock, actor=actor, action="ask to verify", object=f"proposal/{proposal.id}")
        return proposal

    def list(self, *, project_id: int | None = None, state: str | None = None, limit: int = 500) -> "list[Proposal]":
        """Newest first. Raises `Invalid` for a state there is not."""
        if state is not None and state not in list(ProposalState):
            raise Invalid({"state": f"{state} is not one of {', '.join(ProposalState)}"})
        query = select(Proposal).order_by(col(Proposal.id).desc()).limit(limit)
        if project_id is not None:
            query = query.where(Proposal.project_id == project_id)
        if state is not None:
            query = query.where(Proposal.state == state)
        with self._database.reading() as session:
            return [*session.exec(query)]

    def counts(self, project_id: int) -> dict[str, int]:
        """Number of a project's proposals by state; every state is there."""
        with self._database.reading() as session:
            return listing.counts(session, project_id)

    def get(self, key: int | str) -> Proposal:
        """Raises `NotFound`, for a malformed id too."""
        with self._database.reading() as session:
            return found(session, key)

    def latest_decision(self, proposal: Proposal) -> Decision:
        """Raises `NotFound` before the first decision."""
        with self._database.reading() as session:
            decision = last_decision(session, proposal)
        if decision is None:
            raise NotFound("decision on proposal", proposal.id)
        return decision

    def outcome(self, proposal: Proposal, kind: str, *, session: Session | None = None) -> Outcome | None:
        """What became of it, where something has."""
        query = select(Outcome).where(Outcome.proposal_id == proposal.id, Outcome.kind == kind)
        with self._database.reading(session) as own:
            return own.exec(query).one_or_none()

    def export(self, key: int | str) -> str:
        """The patch, as `git apply` takes it."""
        return self.get(key).diff

    def approve(
        self, key: int | str, *, reason: str | None, actor: str, seen: ProposalSnapshot | None = None
    ) -> Decision:
        """A person approves, whatever the committee said. `seen` is what that person looked at.

        Raises `Forbidden` for a diff that does not apply, `Conflict` where the proposal is no longer as it was seen
        or is out of date, `Invalid` without a reason where a rejection is overruled.
        """
        return self._decided(key, Verdict.APPROVED, reason, actor, seen)

    def reject(
        self, key: int | str, *, reason: str | None, actor: str, seen: ProposalSnapshot | None = None
    ) -> Decision:
        """A person rejects, and tells why. Raises `Conflict` where the proposal is no longer as it was seen."""
        return self._decided(key, Verdict.REJECTED, reason, actor, seen)

    def decide_all(
        self, verdict: Verdict, seen: Mapping[int, ProposalSnapshot], *, reason: str | None, actor: str
    ) -> BulkOutcome:
        """The same verdict on many, each as it was seen. Raises `Invalid` where a reason lacks for all of them."""
        return on_each(seen, lambda key: self._decided(key, verdict, reason, actor, seen[key]))

    def take_back(self, key: int | str, *, actor: str) -> Proposal:
        """Undo the person's own decision within ten seconds of it; the proposal as it stands again.

        Raises `Forbidden` for somebody else's decision, `Conflict` where it is too late.
        """
        with self._database.transaction() as session:
            proposal = held(session, key)
            undone = withdraw(session, proposal, actor, self._clock())
            said = ": ".join([undone.verdict, *undone.reasons])[:2000]
            audit.record(
                session, self._clock, actor=actor, action="take back", object=f"proposal/{proposal.id}", reason=said
            )
        return proposal

    def _decided(
        self, key: int | str, verdict: Verdict, given: str | None, actor: str, seen: ProposalSnapshot | None
    ) -> Decision:
        reason = (given or "").strip() or None
        if reason and len(reason) > 2000:
            raise Invalid({"reason": "at most 2000 characters"})
        with self._database.transaction() as session:
            proposal = held(session, key)
            before = last_decision(session, proposal)
            if proposal.state == ProposalState.APPLIED:
                raise Conflict(f"Proposal {proposal.id} is applied already.")
            refuse_changed(seen, proposal, before)
            if (verdict, proposal.state) == (Verdict.APPROVED, ProposalState.STALE):
                now = said_of_successor(session, proposal)
                raise Conflict(f"Proposal {proposal.id} is out of date and cannot be approved.{now}")
            latest = latest_verification(session, proposal)
            if verdict == Verdict.APPROVED:
                _refuse_unfit(proposal, Evidence.model_validate(latest.evidence) if latest else None)
            if reason is None and (demand := _demand(proposal, verdict)) is not None:
                raise Invalid({"reason": demand})
            decision = Decision(
                proposal_id=proposal.id or 0,
                verification_id=latest.id if latest else None,
                verdict=verdict,
                decided_by="person",
                actor=actor,
                reasons=[reason] if reason else [],
                seen=ProposalSnapshot.of(proposal, before).stored(),
                created_at=self._clock(),
            )
            proposal.state, proposal.changed_at = ProposalState(verdict.value), self._clock()
            if verdict == Verdict.REJECTED:
                # Approved once more, it is not put on a branch by what was asked before
                proposal.apply_requested_by = None
            session.add_all([decision, proposal])
            audit.record(
                session, self._clock, actor=actor, action=verdict.value, object=f"proposal/{proposal.id}", reason=reason
            )
        return decision


def _measured_elsewhere(session: Session, proposal: Proposal, environment: str) -> bool:
    latest = latest_verification(session, proposal)
    if latest is None:
        return False
    evidence = Evidence.model_validate(latest.evidence)
    return evidence.environment not in (None, environment) and not evidence.tampering


def _demand(proposal: Proposal, verdict: Verdict) -> str | None:
    """Why this verdict needs a reason, where it does."""
    if verdict == Verdict.REJECTED:
        return "tell why it is rejected"
    return f"tell why: this overrules the verdict {proposal.state}" if proposal.state == Verdict.REJECTED else None


def _refuse_unfit(proposal: Proposal, evidence: Evidence | None) -> None:
    if evidence is None:
        raise Forbidden(f"Proposal {proposal.id} is not verified yet; run `sigma verify {proposal.id}` first.")
    if not evidence.applies or evidence.parse_errors:
        raise Forbidden(f"Proposal {proposal.id} does not apply to {proposal.base_commit[:8]}; nobody can approve it.")


def found(session: Session, key: int | str) -> Proposal:
    """The proposal with this id. Raises `NotFound`."""
    return identity.existing_row(session, Proposal, "proposal", key)


def held(session: Session, key: int | str) -> Proposal:
    """The same, to be changed in this transaction: what others are just deciding about it is waited for."""
    return identity.existing_row(session, Proposal, "proposal", key, alone=True)


def content_digest(changes: Sequence[FileChange]) -> str:
    """SHA-256 of what is added and removed where, line numbers aside: the same fix after its file has shifted."""
    text = "\0".join(
        f"{change.path}\0{mark}{line}"
        for change in changes
        for hunk in change.hunks
        for mark, line in hunk.lines
        if mark != " "
    )
    return hashlib.sha256(text.encode()).hexdigest()


def refuse_links(changes: Sequence[FileChange], tree: dict[str, TreeFile]) -> None:
    """Raises `DiffRefused` where a path goes through a symbolic link or into a submodule."""
    special = {path for path, entry in tree.items() if not entry.is_plain}
    for change in changes:
        for path in {change.path, change.old_path}:
            whole = PurePosixPath(path)
            through = special & {str(step) for step in (whole, *whole.parents)}
            if through:
                raise DiffRefused(f"The path {path} goes through {min(through)}, which is a link or submodule.")
