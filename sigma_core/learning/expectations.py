"""What to expect of mending each rule's issues in a project: from its past, from projects like it, from what became of
our own changes; reckoned anew when any of these changed, and kept for all who order their work by it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlmodel import Session, col, delete, func, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.issues.tables import Issue, IssueState, RuleExpectation
from sigma_core.learning.beta_interval import beta_interval
from sigma_core.learning.lives import LifeEnding, RuleCount, rule_counts
from sigma_core.learning.past_reading import PastReading
from sigma_core.learning.pooling import NOTHING, PooledRules, RulePrior, RuleTally
from sigma_core.learning.tables import TrackRecord
from sigma_core.learning.value import FixCosts, value_of
from sigma_core.llm.tables import PromptUsage
from sigma_core.projects.tables import Project
from sigma_core.proposals.lineage import latest_decisions
from sigma_core.proposals.tables import Decision, Proposal, Verdict, Verification

PRIOR_WORTH = 8.0
"""Changes of ours that what the past says is worth at most: what became of them counts soon for more."""
VERIFIED_WORTH = 4.0


@dataclass(frozen=True)
class _Record:
    """What our own changes of a rule came to, in all projects: how many were proved, and what that took."""

    proved: int
    tried: int
    seconds: float


class Expectations:
    """What can be expected of a rule's fixes, by what became of those of all projects."""

    def __init__(self, database: Database, clock: Clock, past: PastReading) -> None:
        self._database, self._clock, self._past = database, clock, past

    def of(self, project_id: int, *, session: Session | None = None) -> Sequence[RuleExpectation]:
        """Those kept of a project, the most worth while first; of whoever mends it, and of each fixer."""
        query = select(RuleExpectation).where(RuleExpectation.project_id == project_id)
        with self._database.reading(session) as own:
            order = (col(RuleExpectation.value).desc(), col(RuleExpectation.rule), col(RuleExpectation.fixer))
            return own.exec(query.order_by(*order)).all()

    def values(self, project_id: int) -> Mapping[str, float]:
        """By rule, how much mending one is worth per cost (0–1): what work is ordered by."""
        return {each.rule: each.value for each in self.of(project_id) if not each.fixer}

    def reckon(self, session: Session, project: Project) -> Sequence[RuleExpectation]:
        """Anew, in the caller's transaction; rows stay as they are where nothing came that changes any."""
        self._database.lock(session, f"expectations/{project.id}")
        rows = _Reckoning(session, self._past, project, self._clock).rows()
        before = self.of(project.id or 0, session=session)
        if _figures(rows) == _figures(before):
            return before
        session.exec(delete(RuleExpectation).where(col(RuleExpectation.project_id) == project.id))
        session.add_all(rows)
        session.flush()
        return rows


def _figures(rows: Sequence[RuleExpectation]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each.rule, each.fixer): each.model_dump(exclude={"id", "changed_at"}) for each in rows}


class _Reckoning:
    """One project's, with what all others know."""

    def __init__(self, session: Session, past: PastReading, project: Project, clock: Clock) -> None:
        self._session, self._past, self._project, self._now = session, past, project, clock()
        # To the day: an issue that lives on counts for a little more with each
        self._today = self._now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    def rows(self) -> list[RuleExpectation]:
        rules = {*self._open_rules(), *self._counts, *(rule for rule, _ in self._track_records)}
        found = []
        for rule in sorted(rules):
            prior = self._pooled.prior(self._project.name, rule)
            fixers = [fixer for other, fixer in self._track_records if other == rule]
            found += [self._row(prior, fixer) for fixer in ("", *sorted(fixers))]
        return found

    def _row(self, prior: RulePrior, fixer: str) -> RuleExpectation:
        mine = [each for (rule, by), each in self._track_records.items() if rule == prior.rule and fixer in ("", by)]
        taken, refused = sum(each.successes for each in mine), sum(each.failures for each in mine)
        worth = min(1.0, PRIOR_WORTH / (prior.fixed + prior.unfixed))
        a, b = prior.fixed * worth + taken, prior.unfixed * worth + refused
        low, high = beta_interval(a, b)
        count, costs = self._counts.get(prior.rule), self._costs(prior.rule)
        wanted = a / (a + b)
        return RuleExpectation(
            project_id=self._project.id or 0,
            rule=prior.rule,
            fixer=fixer,
            wanted=wanted,
            low=low,
            high=high,
            own_trials=prior.own_trials,
            lives=count.lives if count else 0,
            fixed_lives=self._fixed[prior.rule],
            median_days=count.median_days if count else None,
            pooled=prior.pooled,
            sources=[asdict(each) for each in prior.sources],
            taken=taken,
            refused=refused,
            verifies=costs.verifies,
            seconds=costs.seconds,
            nano_usd=costs.nano_usd,
            value=value_of(wanted, costs, usual_s=self._usual_s),
            changed_at=self._now,
        )

    @cached_property
    def _lives(self) -> Mapping[str, Mapping[str, RuleCount]]:
        """Of all projects under care, by name and rule."""
        projects = self._session.exec(select(Project.id, Project.name).where(col(Project.removed_at).is_(None))).all()
        return {
            name: rule_counts(self._past.lives(key or 0, session=self._session), self._today) for key, name in projects
        }

    @property
    def _counts(self) -> Mapping[str, RuleCount]:
        return self._lives.get(self._project.name, {})

    @cached_property
    def _fixed(self) -> Counter[str]:
        mine = self._past.lives(self._project.id or 0, session=self._session)
        return Counter(each.rule for each in mine if each.ending is LifeEnding.FIXED)

    @cached_property
    def _pooled(self) -> PooledRules:
        known = {
            name: {rule: RuleTally(each.fixed, each.unfixed) for rule, each in counts.items()}
            for name, counts in self._lives.items()
        }
        ignored = self._ignored()
        mine = known.setdefault(self._project.name, {})
        for rule, count in ignored.items():
            mine[rule] = mine.get(rule, NOTHING) + RuleTally(0.0, float(count))
        return PooledRules(known)

    @cached_property
    def _track_records(self) -> Mapping[tuple[str, str], TrackRecord]:
        query = select(TrackRecord).where(TrackRecord.project_id == self._project.id)
        return {(each.rule, each.fixer): each for each in self._session.exec(query)}

    def _open_rules(self) -> Sequence[str]:
        states = (IssueState.OPEN, IssueState.REOPENED, IssueState.IGNORED)
        query = select(Issue.rule).where(Issue.project_id == self._project.id, col(Issue.state).in_(states))
        return self._session.exec(query.distinct()).all()

    def _ignored(self) -> Mapping[str, int]:
        """Issues that a person does not want mended, by rule."""
        query = select(Issue.rule, func.count()).where(
            Issue.project_id == self._project.id, Issue.state == IssueState.IGNORED
        )
        return dict(self._session.exec(query.group_by(col(Issue.rule))).all())

    @cached_property
    def _records(self) -> Mapping[str, _Record]:
        """By rule: what the committee made of each of our changes last, in all projects, and how long that took."""
        decided = (
            select(Proposal.rule, Decision.verdict, func.count(), func.sum(Verification.duration_ms))
            .join(Decision, col(Decision.proposal_id) == Proposal.id)
            .join(Verification, col(Verification.id) == Decision.verification_id)
            .where(col(Decision.id).in_(latest_decisions("committee")), col(Proposal.rule).is_not(None))
            .group_by(col(Proposal.rule), col(Decision.verdict))
        )
        proved, tried, took = Counter[str](), Counter[str](), defaultdict[str, float](float)
        for named, verdict, count, duration_ms in self._session.exec(decided):
            rule = named or ""
            tried[rule] += count
            proved[rule] += count * (verdict == Verdict.APPROVED)
            took[rule] += float(duration_ms or 0) / 1000
        return {rule: _Record(proved[rule], tried[rule], took[rule]) for rule in tried}

    @cached_property
    def _usual_s(self) -> float:
        """What proving a fix takes, of any rule."""
        tried = sum(each.tried for each in self._records.values())
        return (sum(each.seconds for each in self._records.values()) + 10.0) / (tried + 1)

    @cached_property
    def _price(self) -> int:
        """What the calls for one fix of a model cost here, nano-USD."""
        spent = select(func.sum(PromptUsage.cost_nano_usd)).where(
            PromptUsage.project_id == self._project.id, PromptUsage.prompt == "dream/error_fix"
        )
        made = select(func.count()).where(Proposal.project_id == self._project.id, Proposal.fixer == "model")
        return int(self._session.exec(spent).one() or 0) // max(1, self._session.exec(made).one())

    def _costs(self, rule: str) -> FixCosts:
        record = self._records.get(rule, _Record(0, 0, 0.0))
        tried = sum(each.tried for each in self._records.values())
        usual = (sum(each.proved for each in self._records.values()) + 1) / (tried + 2)
        by_model = (rule, "model") in self._track_records
        return FixCosts(
            verifies=(record.proved + VERIFIED_WORTH * usual) / (record.tried + VERIFIED_WORTH),
            seconds=(record.seconds + VERIFIED_WORTH * self._usual_s) / (record.tried + VERIFIED_WORTH),
            nano_usd=self._price if by_model else 0,
        )
