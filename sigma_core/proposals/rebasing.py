"""A proposal whose base has moved: carried to the newest commit where its text still stands, else retired."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, NotFound
from sigma_core.issues.tables import Issue
from sigma_core.issues.triage import UNMENDED
from sigma_core.projects.git import Clone
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
from sigma_core.proposals import rulings
from sigma_core.proposals.diff import DoesNotApply, FileChange
from sigma_core.proposals.fixers.base import Fixed, Part
from sigma_core.proposals.service import Proposals, held
from sigma_core.proposals.tables import Proposal, ProposalState


class Rebasing:
    """Moves proposals to a project's head."""

    def __init__(self, database: Database, clock: Clock, projects: Projects, proposals: Proposals) -> None:
        self._database, self._clock = database, clock
        self._projects, self._proposals = projects, proposals

    def onto_head(self, project: Project, proposal: Proposal) -> Proposal | None:
        """The proposal on the project's head; None where the same change is proposed there already.

        A change whose lines no longer stand in their file keeps its old diff on the new base: verification then
        says that it does not apply. Raises `Conflict` for an applied one.
        """
        _refuse_applied(proposal)
        if proposal.base_commit == project.head:
            return proposal
        changes = diffs.parse(proposal.diff)
        with suppress(DoesNotApply):
            changes = self._relocated(project, proposal, changes)
        try:
            with self._database.transaction() as session:
                stored = held(session, proposal.id or 0)
                _refuse_applied(stored)
                stored.base_commit, stored.diff = project.head, diffs.render(changes)
                stored.diff_sha256, stored.files = diffs.digest(changes), [change.path for change in changes]
                stored.state, stored.changed_at = ProposalState.WAITING, self._clock()
        except IntegrityError:
            with self._database.transaction() as session:
                stored = held(session, proposal.id or 0)
                stored.state, stored.changed_at = ProposalState.STALE, self._clock()
            return None
        return stored

    def carry_rulings(self, project: Project) -> Sequence[Proposal]:
        """What a person approved on an earlier commit, once more on the project's head, to be verified there.

        Where the text it was about is gone, or its issue, it is out of date.
        """
        query = select(Proposal).where(
            Proposal.project_id == project.id,
            Proposal.state == ProposalState.APPROVED,
            Proposal.base_commit != project.head,
        )
        with self._database.reading() as session:
            old = [each for each in session.exec(query) if rulings.standing(session, each) is not None]
        return [carried for each in old if (carried := self._succeeded(project, each)) is not None]

    def _succeeded(self, project: Project, proposal: Proposal) -> Proposal | None:
        try:
            changes = self._relocated(project, proposal, diffs.parse(proposal.diff))
        except DoesNotApply:
            changes = ()
        with self._database.transaction() as session:
            stored = held(session, proposal.id or 0)
            if stored.state != ProposalState.APPROVED:
                return None
            stored.state, stored.changed_at = ProposalState.STALE, self._clock()
            states = [session.get_one(Issue, key).state for key in stored.issue_ids]
            if not changes or (states and not any(state in UNMENDED for state in states)):
                return None
            fixed = Fixed(
                diffs.render(changes),
                stored.title,
                stored.description,
                stored.confidence,
                stored.fixer,
                stored.prompt_version,
                stored.model_answer,
                tuple(map(Part.from_json, stored.parts)),
            )
            carried = self._proposals.submit(
                session,
                project,
                project.head,
                fixed,
                origin=stored.origin,
                issue_id=stored.issue_id,
                rule=stored.rule,
                family=stored.change_type,
                knowledge_ids=stored.knowledge_ids,
                run_id=stored.run_id,
                predecessor=stored,
            )
            carried.keeps_behaviour = stored.keeps_behaviour
            carried.apply_requested_by = stored.apply_requested_by
            stored.apply_requested_by = None
        return carried

    def _relocated(self, project: Project, proposal: Proposal, changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
        """The same changes where their text stands now, in files that may have other names.

        Raises `DoesNotApply` where that is not one place.
        """
        clone = self._projects.clone(project)
        now_at = {old: new for new, old in clone.renames(proposal.base_commit, project.head).items()}
        moved = [_in_renamed(change, now_at) for change in changes]
        return tuple(_moved(change, _text(clone, project.head, change.old_path)) for change in moved)


def _refuse_applied(proposal: Proposal) -> None:
    if proposal.state == ProposalState.APPLIED:
        raise Conflict(f"Proposal {proposal.id} is applied already.")


def _in_renamed(change: FileChange, now_at: Mapping[str, str]) -> FileChange:
    """The change in the file as it is called now."""
    old = now_at.get(change.old_path, change.old_path)
    return replace(change, old_path=old, path=old if change.path == change.old_path else change.path)


def _moved(change: FileChange, text: str) -> FileChange:
    with suppress(DoesNotApply):
        diffs.check(text, change)
        return change
    lines, hunks, shift = diffs.split_lines(text), [], 0
    for hunk in change.hunks:
        size = len(hunk.old)
        places = [at for at in range(len(lines) - size + 1) if size and lines[at : at + size] == hunk.old]
        if len(places) != 1:
            raise DoesNotApply(f"What the diff expects stands {len(places)} times in {change.old_path}.")
        hunks.append(replace(hunk, start=places[0] + 1, new_start=places[0] + 1 + shift))
        shift += len(hunk.new) - size
    return replace(change, hunks=tuple(hunks))


def _text(clone: Clone, commit: str, path: str) -> str:
    try:
        return clone.read(commit, path).decode()
    except (NotFound, UnicodeDecodeError):
        return ""
