"""Counting how fixes end, per project, rule and fixer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.message import Message
from sigma_core.exchange.types import DecisionOutcome
from sigma_core.learning.committee.judged import JudgedChange
from sigma_core.learning.evolution import Evolution
from sigma_core.learning.past_tables import LearnedChange
from sigma_core.learning.pattern_checks import CheckedPattern, FixOutcome
from sigma_core.learning.pattern_history import pattern_histories
from sigma_core.learning.posterior import mean, pattern_name
from sigma_core.learning.tables import LearnedDecision, TrackRecord
from sigma_core.proposals.committee import Precedents
from sigma_core.proposals.lineage import latest_decisions, line, line_of
from sigma_core.proposals.tables import Decision, FollowedChange, Proposal, Verdict

BATCH = 500
ACCEPTED = {Verdict.APPROVED.value: True, Verdict.REJECTED.value: False}
"""A verdict that leaves the matter to a person is neither."""


@dataclass(frozen=True)
class Lesson:
    """What one decision taught."""

    decision: Decision
    proposal: Proposal
    record: TrackRecord
    is_success: bool
    is_outcome: bool
    """It is what became of the change that says so, not the decision."""


class Learning:
    """Track records from decisions. A verdict that leaves the matter to a person teaches nothing yet."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def study(self, session: Session, project_id: int) -> list[Lesson]:
        """Count how each change stands that was decided, or ended, since it was counted; in the caller's transaction.

        A change counts once, however often it is verified and on however many commits: by what became of it on the main
        line, where that is known, else by the latest decision. While that one leaves it to a person, as neither.
        """
        lessons = []
        fresh = self._uncounted(session, project_id)
        latest = {line_of(proposal): (decision, proposal) for decision, proposal in fresh}
        latest |= {
            line_of(proposal): (decision, proposal) for decision, proposal in self._changed_endings(session, project_id)
        }
        session.add_all(LearnedDecision(decision_id=each.id or 0, counted_at=self._clock()) for each, _ in fresh)
        for of, (decision, proposal) in latest.items():
            known = session.get(LearnedChange, of) or LearnedChange(line_id=of, project_id=project_id)
            followed = session.get(FollowedChange, of)
            counted, now = known.is_success, ACCEPTED.get(decision.verdict)
            is_outcome = followed is not None and followed.is_taken is not None
            if followed is not None and is_outcome:
                now = followed.is_taken
            known.is_success = now
            session.add(known)
            if proposal.rule is None or now == counted:
                continue
            about = _About(proposal.project_id, proposal.rule, proposal.fixer, proposal.title)
            record = self._count(session, about, now, instead_of=counted)
            if now is not None:
                lessons.append(Lesson(decision, proposal, record, now, is_outcome))
        return lessons

    def hear(self, session: Session, message: Message) -> None:
        """Count an outcome told from outside, in the transaction that acknowledges it.

        Think's outcomes are decisions of ours, counted by `study` from their rows. An undecided outcome, one of no
        project, or whose context names no rule and fixer, says nothing that could be counted.
        """
        said = message.payload
        if not isinstance(said, DecisionOutcome) or said.undecided:
            return
        if message.source == "think" or message.project_id is None:
            return
        about = said.context if isinstance(said.context, dict) else {}
        rule, fixer = about.get("rule"), about.get("fixer")
        if isinstance(rule, str) and isinstance(fixer, str) and len(rule) <= 80 and len(fixer) <= 40:
            self._count(session, _About(message.project_id, rule, fixer, said.decision), said.success)

    def forget(self, session: Session, changes: Sequence[JudgedChange]) -> None:
        """Count these ended changes no more, in the caller's transaction: a drift has made them out of date."""
        for each in changes:
            record = session.exec(_of(each.project_id, each.rule, each.fixer)).one_or_none()
            if record is not None:
                record.successes = max(0, record.successes - each.happened)
                record.failures = max(0, record.failures - (not each.happened))
                record.changed_at = self._clock()
                session.add(record)

    def precedents(self, proposal: Proposal) -> Precedents:
        """How earlier fixes of the same rule by the same fixer ended in this project."""
        safe = {"linter_safe": True, "linter_unsafe": False}.get(proposal.fixer)
        if proposal.rule is None:
            return Precedents(safe=safe)
        query = _of(proposal.project_id, proposal.rule, proposal.fixer)
        with self._database.reading() as session:
            record = session.exec(query).one_or_none()
        return Precedents(record.successes, record.failures, safe) if record else Precedents(safe=safe)

    def acceptance(self, project_id: int) -> dict[str, float]:
        """Accepted share (0–1) of fixes by rule: the mean of the Beta posterior with a uniform prior.

        Of a record that clearly does better or worse than it did, only the newer half of its decisions counts.
        """
        with self._database.reading() as session:
            known = session.exec(select(TrackRecord).where(TrackRecord.project_id == project_id)).all()
            going = pattern_histories(session, project_id)
        counts: dict[str, tuple[int, int]] = {}
        for record in known:
            won, lost = counts.get(record.rule, (0, 0))
            course = going.get((record.rule, record.fixer))
            old_won, old_lost = (course.outdated_accepted, course.outdated_refused) if course else (0, 0)
            counts[record.rule] = (
                won + max(0, record.successes - old_won),
                lost + max(0, record.failures - old_lost),
            )
        return {rule: mean(won, lost) for rule, (won, lost) in counts.items()}

    def evolutions(self, project_id: int, *, session: Session | None = None) -> dict[str, Evolution]:
        """Where each track record of a project goes, by its name."""
        with self._database.reading(session) as own:
            going = pattern_histories(own, project_id)
        return {pattern_name(fixer, rule): course.evolution for (rule, fixer), course in going.items()}

    def track_records(self, project_id: int) -> Sequence[TrackRecord]:
        """All of a project, the most telling first."""
        query = select(TrackRecord).where(TrackRecord.project_id == project_id)
        with self._database.reading() as session:
            found = session.exec(query).all()
        return sorted(found, key=lambda record: -(record.successes + record.failures))

    def outcomes(self, project_id: int, limit: int) -> tuple[list[FixOutcome], int]:
        """How the last fixes counted ended, the newest first, and the id of the newest decision among them, 0 for none.

        Decisions of changes from outside are not among them: nobody's rule and fixer made these.
        """
        query = (
            select(Decision, Proposal)
            .join(Proposal, col(Proposal.id) == Decision.proposal_id)
            .join(LearnedDecision, col(LearnedDecision.decision_id) == Decision.id)
            .where(
                Proposal.project_id == project_id,
                col(Proposal.rule).is_not(None),
                col(Decision.id).in_(latest_decisions()),
                Decision.verdict != Verdict.NEEDS_HUMAN,
            )
            .order_by(col(Decision.id).desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            rows = session.exec(query).all()
        ended = [
            FixOutcome(
                proposal.rule or "",
                proposal.fixer,
                proposal.title,
                decision.verdict == Verdict.APPROVED,
                decision.reasons[0] if decision.reasons else "",
            )
            for decision, proposal in rows
        ]
        return ended, rows[0][0].id or 0 if rows else 0

    def describe(self, session: Session, project_id: int, said: CheckedPattern) -> bool:
        """Add to the track record of this name when it holds, in the caller's transaction; False if none has it."""
        query = select(TrackRecord).where(TrackRecord.project_id == project_id, TrackRecord.name == said.name)
        record = session.exec(query).first()
        if record is not None:
            record.applicability = said.applicability
            session.add(record)
        return record is not None

    @staticmethod
    def _uncounted(session: Session, project_id: int) -> Sequence[tuple[Decision, Proposal]]:
        query = (
            select(Decision, Proposal)
            .join(Proposal, col(Proposal.id) == Decision.proposal_id)
            .outerjoin(LearnedDecision, col(LearnedDecision.decision_id) == Decision.id)
            .where(Proposal.project_id == project_id, col(LearnedDecision.decision_id).is_(None))
            .order_by(col(Decision.id))
            .limit(BATCH)
        )
        return session.exec(query).all()

    @staticmethod
    def _changed_endings(session: Session, project_id: int) -> Sequence[tuple[Decision, Proposal]]:
        """Changes that ended otherwise than they were counted, each with the newest decision that was counted."""
        query = (
            select(Decision, Proposal)
            .join(LearnedDecision, col(LearnedDecision.decision_id) == Decision.id)
            .join(Proposal, col(Proposal.id) == Decision.proposal_id)
            .join(FollowedChange, col(FollowedChange.line_id) == line())
            .join(LearnedChange, col(LearnedChange.line_id) == FollowedChange.line_id)
            .where(
                FollowedChange.project_id == project_id,
                col(FollowedChange.is_taken).is_not(None),
                col(FollowedChange.is_taken).is_distinct_from(col(LearnedChange.is_success)),
            )
            .order_by(col(Decision.id))
            .limit(BATCH)
        )
        return session.exec(query).all()

    def _count(
        self, session: Session, about: "_About", accepted: bool | None, *, instead_of: bool | None = None
    ) -> TrackRecord:
        record = session.exec(_of(about.project_id, about.rule, about.fixer)).one_or_none() or TrackRecord(
            project_id=about.project_id,
            rule=about.rule,
            fixer=about.fixer,
            name=pattern_name(about.fixer, about.rule),
            description=about.title,
            successes=0,
            failures=0,
            changed_at=self._clock(),
        )
        record.successes = max(0, record.successes + (accepted is True) - (instead_of is True))
        record.failures = max(0, record.failures + (accepted is False) - (instead_of is False))
        record.changed_at = self._clock()
        session.add(record)
        session.flush()
        return record


@dataclass(frozen=True)
class _About:
    """Whose outcome is counted: of a fixer's fix of a rule in a project."""

    project_id: int
    rule: str
    fixer: str
    title: str


def _of(project_id: int, rule: str, fixer: str) -> SelectOfScalar[TrackRecord]:
    return select(TrackRecord).where(
        TrackRecord.project_id == project_id, TrackRecord.rule == rule, TrackRecord.fixer == fixer
    )
