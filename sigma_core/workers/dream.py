"""Dream: write fixes for the worst open issues."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import ClassVar

from sqlalchemy import or_
from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.types import ProposalQuality
from sigma_core.experiments import tunable_catalog as tunables
from sigma_core.experiments.service import Experiments
from sigma_core.experiments.tunables import DefaultValues, Tunable, TunedValues
from sigma_core.issues.rule_policy import RulePolicy
from sigma_core.issues.service import Issues
from sigma_core.issues.tables import Issue
from sigma_core.learning.posterior import mean
from sigma_core.llm.errors import FAILURES, SKIPPED, BadAnswer, CallFailed, figure_of
from sigma_core.plugins import Loaded
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
from sigma_core.proposals import rulings
from sigma_core.proposals.fixers.base import Fixed, Fixer, Reader
from sigma_core.proposals.fixers.finishing import Finisher
from sigma_core.proposals.fixers.grouping import SingleFix, joined
from sigma_core.proposals.fixers.registry import RuleFixer
from sigma_core.proposals.lineage import earlier, is_over
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.tables import Proposal, ProposalIssue, ProposalState
from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.recall.search import Hit, Recall
from sigma_core.workers.base import CycleContext, Publish, Work
from sigma_core.workers.batch import LeftOut
from sigma_core.workers.changed_places import places
from sigma_core.workers.changes_in_hand import ChangesInHand
from sigma_core.workers.fix_ranking import COMPARISON, FixRanking, Likely, fix_ranking
from sigma_core.workers.knowledge_usage import UsedKnowledge, note, settle
from sigma_core.workers.received_knowledge import ReceivedKnowledge

UNKNOWN = mean(0, 0)
"""Acceptance to expect of a rule nothing is known about: the mean of the uniform prior."""
Told = tuple[str, UsedKnowledge | None]
"""A text for the model, and its use where it is knowledge."""
DONE = (ProposalState.APPROVED, ProposalState.APPLIED)


@dataclass(frozen=True)
class _Task:
    """Issues of one rule in one file for one fixer, with what is told to it."""

    fixer: Fixer
    issues: Sequence[Issue]
    told: Sequence[Told] = ()

    @property
    def rule(self) -> str:
        return self.issues[0].rule

    @property
    def file(self) -> str:
        return self.issues[0].file

    @property
    def name(self) -> str:
        """What whoever follows the run reads of it."""
        return f"{self.rule} in {self.file}"


@dataclass(frozen=True)
class _Limits:
    """What this run is to keep to, as it is set or as it drew."""

    proposals: int
    together: int
    asked: int
    recalled: int
    linter_first: bool


@dataclass(frozen=True)
class DreamWorker:
    """Turns issues into proposals, worst first, those whose like was accepted before others."""

    name: ClassVar[str] = "dream"
    publishes: ClassVar[tuple[str, ...]] = ("proposal_quality",)
    keeps: ClassVar[Mapping[str, str]] = {
        "successful_fix": "issue_type",
        "pattern_evolution": "pattern",
        "critical_issue": "issue_type",
        "issue_pattern": "issue_type",
        "context_enrichment": "context_type",
        "experiment_result": "experiment",
    }
    database: Database
    clock: Clock
    exchange: Exchange
    received: ReceivedKnowledge
    projects: Projects
    issues: Issues
    policy: Callable[[int], RulePolicy]
    """Which rules fixes are offered of, in a project."""
    proposals: Proposals
    linters: Sequence[Fixer]
    plugins: Loaded[RuleFixer]
    """Fixers that installed packages bring."""
    patterns: RuleFixer
    """Carries out what patterns say, of their rules."""
    model: Callable[[int, int], Fixer] | None
    """The fixer that asks the model, for a project's run; None where no model server is configured."""
    recall: Recall
    experiments: Experiments
    likely: Likely
    acceptance: Callable[[int], Mapping[str, float]]
    """Acceptance to expect (0–1) of fixes by rule in a project, from what it decided and what others were told."""
    busy_files: Callable[[Project], Mapping[str, float]] = lambda _project: {}
    """How often files of a project changed lately, the busiest as 1: a fault there costs more."""
    precedents: Callable[[Project, Issue], Sequence[str]] = lambda _project, _issue: ()
    """What is told of the place of an issue: by patterns, and of functions like the one it is in and their fixes."""
    values: TunedValues = field(default_factory=DefaultValues)

    def work(self, project: Project, context: CycleContext, publish: Publish) -> Work:
        project = self.projects.get(project.id or 0)
        with self.database.transaction() as session:
            verdicts = settle(session, self.exchange, self.name)
        figures = {
            "stale": self._retire(project),
            FAILURES: 0,
            SKIPPED: 0,
            "deferred": 0,
            "knowledge_judged": verdicts,
        }
        busy = self._busy(project)
        view = self._fix_ranking(project.id or 0)
        made, mended = 0, set[int]()
        left_out = LeftOut([f"{each.package}: {each.error}" for each in self.plugins.left_out])
        limits = self._limits(project, context.run_id)
        with self._finisher(project) as finisher:
            in_hand = ChangesInHand(self._changes_in_hand(project), finisher, self._reader(project))
            for task in self._tasks(project, busy, mended, view, limits, context.run_id):
                if made >= limits.proposals or context.cancelled():
                    break
                context.progress(f"writing fix {made + 1}: {task.name}")
                try:
                    fixes = self._fixes(project, task, finisher, left_out)
                    free = [each for each in fixes if not in_hand.are_in_the_way_of(each.fixed)]
                    figures["deferred"] += len(fixes) - len(free)
                    with left_out.one(task.name):
                        fixed = self._together(project, task, free, finisher)
                        if fixed is not None and not in_hand.are_in_the_way_of(fixed):
                            self._submit(project, task, fixed, view, publish, context.run_id)
                            made += 1
                            in_hand.add(fixed)
                            mended |= (done := {part.issue_id for part in fixed.parts})
                            figures["deferred"] += len(free) - len(done)
                except (BudgetExceeded, CallFailed, BadAnswer) as error:
                    # The call's usage row tells what went wrong
                    if (figure := figure_of(error)) is not None:
                        figures[figure] += 1
                    if figure == SKIPPED:
                        context.progress(str(error))
        return Work(made, figures | left_out.figures)

    def _limits(self, project: Project, run_id: int) -> _Limits:
        def value(tunable: Tunable[int]) -> int:
            return self.values.value(tunable, project.id or 0, run_id)

        return _Limits(
            proposals=value(tunables.DREAM_PROPOSALS),
            together=value(tunables.DREAM_TOGETHER),
            asked=value(tunables.DREAM_ASKED) if self.model is not None else 0,
            recalled=value(tunables.DREAM_RECALLED) if self.model is not None else 0,
            linter_first=not self.plugins.things
            or self.values.value(tunables.DREAM_FIRST_FIXER, project.id or 0, run_id) == "linter",
        )

    @contextmanager
    def _finisher(self, project: Project) -> Iterator[Finisher]:
        clone = self.projects.clone(project)
        with ExitStack() as stack:
            yield Finisher(cache(lambda: stack.enter_context(clone.tree(project.head))))

    def _fixes(self, project: Project, task: _Task, finisher: Finisher, left_out: LeftOut) -> list[SingleFix]:
        """The fix of each issue by itself, where there is one that nobody has refused or merged."""
        read, fixes = self._reader(project), []
        for issue in task.issues:
            with left_out.one(task.name, CallFailed, BadAnswer):
                fixed = task.fixer.fix(issue, read, [text for text, _ in task.told])
                fixed = fixed and finisher.finish(fixed, issue.file, read(issue.file))
                if fixed is not None and not self._is_over(project, issue, fixed):
                    fixes.append(SingleFix(issue.id or 0, fixed))
        return fixes

    def _is_over(self, project: Project, issue: Issue, fixed: Fixed) -> bool:
        with self.database.reading() as session:
            return is_over(session, project.id or 0, diffs.parse(fixed.diff), issue.id or 0)

    def _together(self, project: Project, task: _Task, fixes: Sequence[SingleFix], finisher: Finisher) -> Fixed | None:
        """All of them as one change. What was refused or merged with others of its line is left out."""
        before = self._reader(project)(task.file)
        left = fixes
        while left:
            fixed = joined(
                left,
                task.file,
                before,
                lambda fixed: finisher.finish(fixed, task.file, before),
                lambda fixed: finisher.complete(fixed, task.file, before),
            )
            over = self._parts_over(project, fixed) if fixed is not None else set()
            if not over:
                return fixed
            left = [each for each in left if each.issue_id not in over]
        return None

    def _parts_over(self, project: Project, fixed: Fixed) -> set[int]:
        changes = diffs.parse(fixed.diff)
        with self.database.reading() as session:
            return {
                part.issue_id
                for part in fixed.parts
                if is_over(session, project.id or 0, changes, part.issue_id, part.edits)
            }

    def _fix_ranking(self, project_id: int) -> FixRanking:
        comparison = self.experiments.standing(COMPARISON, project_id)
        return fix_ranking(
            self.received, project_id, self.acceptance(project_id), comparison=comparison, likely=self.likely
        )

    def _busy(self, project: Project) -> set[int]:
        """Issues with a proposal under way at this base, or one that is applied or approved by a person."""
        query = (
            select(ProposalIssue.issue_id)
            .join(Proposal, col(Proposal.id) == ProposalIssue.proposal_id)
            .where(
                Proposal.project_id == project.id,
                or_(col(Proposal.base_commit) == project.head, col(Proposal.state).in_(DONE)),
            )
        )
        with self.database.reading() as session:
            return {*session.exec(query)}

    def _changes_in_hand(self, project: Project) -> list[Sequence[diffs.FileChange]]:
        """What is proposed at this base and not refused."""
        query = select(Proposal.diff).where(
            Proposal.project_id == project.id,
            Proposal.base_commit == project.head,
            col(Proposal.state).not_in((ProposalState.REJECTED, ProposalState.STALE)),
        )
        with self.database.reading() as session:
            return [diffs.parse(diff) for diff in session.exec(query)]

    def _retire(self, project: Project) -> int:
        """Own proposals on an older base are stale: their evidence is bound to it. What a person approved is carried
        to the new one by think."""
        undecided = (ProposalState.WAITING, ProposalState.NEEDS_HUMAN, ProposalState.APPROVED)
        old = select(Proposal).where(
            Proposal.project_id == project.id,
            Proposal.origin == self.name,
            Proposal.base_commit != project.head,
            col(Proposal.state).in_(undecided),
        )
        with self.database.transaction() as session:
            retired = [each for each in session.exec(old).all() if not _is_approved_by_person(session, each)]
            for proposal in retired:
                proposal.state, proposal.changed_at = ProposalState.STALE, self.clock()
        return len(retired)

    def _tasks(
        self, project: Project, busy: set[int], mended: set[int], view: FixRanking, limits: _Limits, run_id: int
    ) -> Iterator[_Task]:
        """What to try, the critical and the worst first: the linter's own edits and what fixers of other packages have,
        then a few of the rest for the model with what is known about them."""
        worst = partial(
            self.issues.worst_open,
            project.id or 0,
            acceptance=view.rates,
            critical=view.critical,
            busy_files=self.busy_files(project),
            policy=self.policy(project.id or 0),
        )
        tried = set(busy)

        def by_linter() -> Iterator[_Task]:
            fixable = worst(limits.proposals * 4, without=busy | mended, with_fix=True)
            for batch in _by_file(_provable(fixable, project), limits.together):
                yield from (_Task(fixer, batch) for fixer in self.linters)
            tried.update(issue.id or 0 for issue in fixable)

        def by_plugins() -> Iterator[_Task]:
            for fixer in (self.patterns, *self.plugins.things):
                theirs = worst(limits.proposals, without=tried | mended, rules=fixer.rules)
                yield from (_Task(fixer, batch) for batch in _by_file(_provable(theirs, project), limits.together))

        for source in (by_linter, by_plugins) if limits.linter_first else (by_plugins, by_linter):
            yield from source()
        if self.model is not None:
            fixer = self.model(project.id or 0, run_id)
            for issue in _provable(worst(limits.asked, without=tried | mended), project):
                yield _Task(fixer, [issue], self._context(project, issue, view, limits.recalled))

    def _reader(self, project: Project) -> Reader:
        clone = self.projects.clone(project)
        return lambda path: clone.read(project.head, path).decode()

    def _context(self, project: Project, issue: Issue, view: FixRanking, recalled: int) -> list[Told]:
        """What others told of the rule, what mended functions like the one it is in, then what recall finds."""
        question = f"{issue.rule} {issue.message}"
        hits = self.recall.search(question, project_id=project.id, limit=recalled) if recalled else []
        told: list[Told] = list(view.context(issue.rule))
        told += [(text, None) for text in self.precedents(project, issue)]
        return [*told, *((hit.text, _recalled(hit)) for hit in hits)]

    def _submit(
        self,
        project: Project,
        task: _Task,
        fixed: Fixed,
        view: FixRanking,
        publish: Publish,
        run_id: int,
    ) -> None:
        used = [*view.used(task.rule, task.fixer.name), *(each for _, each in task.told if each is not None)]
        issue_id = fixed.parts[0].issue_id
        with self.database.transaction() as session:
            before = earlier(session, project.id or 0, diffs.parse(fixed.diff), issue_id)
            proposal = self.proposals.submit(
                session,
                project,
                project.head,
                fixed,
                origin=self.name,
                issue_id=issue_id,
                rule=task.rule,
                family=task.issues[0].family,
                knowledge_ids=sorted({each.knowledge_id for each in used}),
                run_id=run_id,
                predecessor=next((each for each in before if each.base_commit != project.head), None),
            )
            note(session, self.name, proposal.id or 0, used, self.clock())
            self.issues.wanted_no_more(session, proposal.issue_ids)
            quality = ProposalQuality(
                proposal=f"proposal/{proposal.id}",
                score=view.rates.get(task.rule, UNKNOWN),
                verdict="proposed",
                rule=task.rule,
                places=places(session, proposal),
            )
            publish(quality, origin=f"proposal/{proposal.id}", session=session)


def _is_approved_by_person(session: Session, proposal: Proposal) -> bool:
    return proposal.state == ProposalState.APPROVED and rulings.standing(session, proposal) is not None


def _recalled(hit: Hit) -> UsedKnowledge | None:
    """The use of a hit that is knowledge."""
    kind, _, key = hit.id.partition("/")
    return UsedKnowledge(int(key), "context", hit.freshness) if kind == "knowledge" else None


def _by_file(issues: Sequence[Issue], most: int) -> Iterator[Sequence[Issue]]:
    """Issues of one rule in one file together, in the order in which the first of each stands."""
    together: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        together.setdefault((issue.rule, issue.file), []).append(issue)
    for each in together.values():
        yield from (each[at : at + most] for at in range(0, len(each), most))


def _provable(issues: Sequence[Issue], project: Project) -> list[Issue]:
    """Those that stand in the newest commit as they are known, and not in the tests: these prove the fixes of others,
    and nothing proves theirs."""
    return [issue for issue in issues if issue.seen_commit == project.head and not is_test(issue.file)]
