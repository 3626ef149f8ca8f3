"""A proposal whose base has moved: carried to the newest commit where its text still stands, else retired."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy.exc import IntegrityError

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, NotFound
from sigma_core.projects.git import Clone
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.diff import DoesNotApply, FileChange
from sigma_core.proposals.service import found
from sigma_core.proposals.tables import Proposal, ProposalState


class Rebasing:
    """Moves proposals to a project's head."""

    def __init__(self, database: Database, clock: Clock, projects: Projects) -> None:
        self._database, self._clock, self._projects = database, clock, projects

    def onto_head(self, project: Project, proposal: Proposal) -> Proposal | None:
        """The proposal on the project's head; None where the same change is proposed there already.

        A change whose lines no longer stand in their file keeps its old diff on the new base: verification then
        says that it does not apply. Raises `Conflict` for an applied one.
        """
        if proposal.state == ProposalState.APPLIED:
            raise Conflict(f"Proposal {proposal.id} is applied already.")
        if proposal.base_commit == project.head:
            return proposal
        changes = diffs.parse(proposal.diff)
        with suppress(DoesNotApply):
            changes = _relocated(self._projects.clone(project), project.head, changes)
        try:
            with self._database.transaction() as session:
                stored = found(session, proposal.id or 0)
                stored.base_commit, stored.diff = project.head, diffs.render(changes)
                stored.diff_sha256 = diffs.digest(changes)
                stored.state, stored.changed_at = ProposalState.WAITING, self._clock()
        except IntegrityError:
            with self._database.transaction() as session:
                stored = found(session, proposal.id or 0)
                stored.state, stored.changed_at = ProposalState.STALE, self._clock()
            return None
        return stored


def _relocated(clone: Clone, commit: str, changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """The same changes at the lines where their text stands now. Raises `DoesNotApply` where that is not one place."""
    return tuple(_moved(change, _text(clone, commit, change.old_path)) for change in changes)


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
