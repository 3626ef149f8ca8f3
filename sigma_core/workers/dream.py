"""Dream: write fixes for the worst open issues."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded
from sigma_core.exchange.message import Message
from sigma_core.exchange.types import ProposalQuality
from sigma_core.issues.book import IssueBook
from sigma_core.issues.tables import Issue
from sigma_core.llm.errors import BadAnswer, CallFailed
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed, Fixer, Reader
from sigma_core.proposals.service import Proposals, content_digest
from sigma_core.proposals.tables import Proposal, ProposalState
from sigma_core.proposals.verification.guard.places import is_test
from sigma_core.recall.search import Recall
from sigma_core.workers.base import Context, Publish, Work
from sigma_core.workers.memory import Memory

MOST_PROPOSALS = 100
"""Per cycle: what a group run can verify in a few minutes."""
MOST_ASKED = 10
"""Issues per cycle that the model is asked about."""
FINISHED = (ProposalState.REJECTED, ProposalState.APPLIED)


@dataclass(frozen=True)
class DreamWorker:
    """Turns issues into proposals, worst first, those whose like was accepted before others."""

    name: ClassVar[str] = "dream"
    database: Database
    clock: Clock
    projects: Projects
    issues: IssueBook
    proposals: Proposals
    linters: Sequence[Fixer]
    model: Callable[[int], Fixer] | None
    """The fixer that asks the model, for a run; None where no model server is configured."""
    recall: Recall
    acceptance: Callable[[int], Mapping[str, float]]
    """Accepted share (0–1) of fixes by rule in a project, as learned so far."""

    def work(self, project: Project, context: Context, publish: Publish) -> Work:
        project = self.projects.get(project.id or 0)
        busy, refused = self._known(project)
        figures = {"stale": self._retire(project), "model_failures": 0, "skipped": 0}
        made = 0
        for issue, fixer, recalled in self._tasks(project, busy, context.run_id):
            if made >= MOST_PROPOSALS or context.cancelled():
                break
            context.progress(f"writing fix {made + 1}: {issue.rule} in {issue.file}")
            try:
                fixed = fixer.fix(issue, self._reader(project), recalled)
            except BudgetExceeded as reached:
                figures["skipped"] += 1
                context.progress(str(reached))
                continue
            except (CallFailed, BadAnswer):
                # The call's usage row tells what went wrong
                figures["model_failures"] += 1
                continue
            if fixed is not None:
                made += self._submit(project, issue, fixed, refused, publish, context.run_id)
        return Work(made, figures)

    def integrate(self, memory: Memory, message: Message) -> Memory:
        """Keep the newest verdict on each kind of fix, bounded."""
        if message.type not in ("successful_fix", "decision_outcome", "proposal_quality", "critical_issue"):
            return memory
        seen = {**memory.get("seen", {})}
        seen[message.type] = seen.get(message.type, 0) + 1
        return {**memory, "seen": seen}

    def _known(self, project: Project) -> tuple[set[int], set[tuple[int, str]]]:
        """Issues with a proposal under way at this base, and (issue, change) pairs that were refused or applied."""
        columns = select(Proposal.issue_id, Proposal.content_sha256, Proposal.state, Proposal.base_commit).where(
            Proposal.project_id == project.id, col(Proposal.issue_id).is_not(None)
        )
        with self.database.reading() as session:
            rows = session.exec(columns).all()
        busy = {issue or 0 for issue, _, state, base in rows if base == project.head or state == ProposalState.APPLIED}
        refused = {(issue or 0, content) for issue, content, state, _ in rows if state in FINISHED}
        return busy, refused

    def _retire(self, project: Project) -> int:
        """Own proposals on an older base are stale: their evidence is bound to it."""
        undecided = (ProposalState.WAITING, ProposalState.NEEDS_HUMAN, ProposalState.APPROVED)
        old = select(Proposal).where(
            Proposal.project_id == project.id, Proposal.origin == self.name, Proposal.base_commit != project.head,
            col(Proposal.state).in_(undecided),
        )  # fmt: skip
        with self.database.transaction() as session:
            retired = session.exec(old).all()
            for proposal in retired:
                proposal.state, proposal.changed_at = ProposalState.STALE, self.clock()
        return len(retired)

    def _tasks(self, project: Project, busy: set[int], run_id: int) -> Iterator[tuple[Issue, Fixer, Sequence[str]]]:
        """What to try, worst first: the linter's own edits, then a few of the rest for the model with what recall
        knows about them."""
        rates = self.acceptance(project.id or 0)
        fixable = self.issues.worst_open(
            project.id or 0, MOST_PROPOSALS * 4, acceptance=rates, without=busy, with_fix=True
        )  # fmt: skip
        yield from ((issue, fixer, ()) for issue in _provable(fixable, project) for fixer in self.linters)
        if self.model is not None:
            tried = busy | {issue.id or 0 for issue in fixable}
            rest = self.issues.worst_open(project.id or 0, MOST_ASKED, acceptance=rates, without=tried)
            for issue in _provable(rest, project):
                yield issue, self.model(run_id), self._context(project, issue)

    def _reader(self, project: Project) -> Reader:
        clone = self.projects.clone(project)
        return lambda path: clone.read(project.head, path).decode()

    def _context(self, project: Project, issue: Issue) -> list[str]:
        hits = self.recall.search(f"{issue.rule} {issue.message}", project_id=project.id, limit=5)
        return [hit.text for hit in hits]

    def _submit(
        self, project: Project, issue: Issue, fixed: Fixed, refused: set[tuple[int, str]], publish: Publish, run_id: int
    ) -> int:
        if (issue.id, content_digest(diffs.parse(fixed.diff))) in refused:
            return 0
        with self.database.transaction() as session:
            proposal = self.proposals.submit(
                session, project, project.head, fixed, origin=self.name, issue_id=issue.id, rule=issue.rule,
                family=issue.family, run_id=run_id,
            )  # fmt: skip
            self._tell(session, proposal, publish)
        return 1

    @staticmethod
    def _tell(session: Session, proposal: Proposal, publish: Publish) -> None:
        quality = ProposalQuality(proposal=f"proposal/{proposal.id}", score=proposal.confidence, verdict="proposed")
        publish(quality, origin=f"proposal/{proposal.id}", session=session)


def _provable(issues: Sequence[Issue], project: Project) -> list[Issue]:
    """Those that stand in the newest commit as they are known, and not in the tests: these prove the fixes of others,
    and nothing proves theirs."""
    return [issue for issue in issues if issue.seen_commit == project.head and not is_test(issue.file)]
