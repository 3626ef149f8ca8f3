"""Canaries: a growing share of a slot's runs meets a candidate, until outcomes decide by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import Session, col, func, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.counter import count_change
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid, NotFound
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts import labels, reading, sequential
from sigma_core.prompts.labels import LabelMover
from sigma_core.prompts.library import COUNTER, Gate
from sigma_core.prompts.sequential import Arm
from sigma_core.prompts.tables import PRODUCTION, PromptCanary, PromptLabel, PromptTemplate

ACTOR = "canary"


class Outcomes(Protocol):
    """Reads from what the system records how things went that were done with a version."""

    def count(self, session: Session, slot: str, version: str, since: datetime) -> Arm:
        """Of runs since a moment; tests and previews, which belong to no run, do not count."""
        ...


class CallSuccess:
    """A call is good when it gave a usable answer."""

    def count(self, session: Session, slot: str, version: str, since: datetime) -> Arm:
        query = (
            select(PromptUsage.success, func.count())
            .where(
                PromptUsage.prompt == slot,
                PromptUsage.version == version,
                col(PromptUsage.run_id).is_not(None),
                PromptUsage.created_at >= since,
            )
            .group_by(col(PromptUsage.success))
        )
        by_success = {bool(success): count for success, count in session.exec(query)}
        return Arm(by_success.get(True, 0), by_success.get(False, 0))


@dataclass(frozen=True)
class CanaryStatus:
    """A canary and what has been counted for it. `evidence` is a natural logarithm; decided from ln 20."""

    canary: PromptCanary
    baseline: Arm
    candidate: Arm
    baseline_name: str
    candidate_name: str
    evidence: float


class Canaries:
    """Starts, watches and ends them. `outcomes` by name: what may be compared."""

    def __init__(self, database: Database, clock: Clock, gate: Gate, outcomes: Mapping[str, Outcomes]) -> None:
        self._database, self._clock, self._gate, self._outcomes = database, clock, gate, outcomes

    def start(
        self,
        name: str,
        version: int,
        *,
        reason: str,
        actor: str,
        share: float = 0.1,
        most_share: float = 0.5,
        outcome: str = "success",
        most_calls: int = 5000,
        override: bool = False,
    ) -> PromptCanary:
        """Give a version a share of the runs in its slot, beside what is production now.

        Raises `Invalid`, `Conflict` where one runs already, `Forbidden` where the version's tests speak against it.
        """
        labels.check(PRODUCTION, reason)
        self._check(share, most_share, outcome, most_calls)
        with self._database.transaction() as session:
            template = reading.find(session, name)
            self._database.lock(session, f"prompt/{template.slot}")
            to = reading.version(session, template, version)
            held = session.get(PromptLabel, (template.worker, template.type, PRODUCTION))
            if held is None or (held.template_id, held.number) == (to.template_id, to.number):
                raise Conflict(f"{template.slot} has nothing else in production to compare v{version} with.")
            if self._running(session, template) is not None:
                raise Conflict(f"A canary of {template.slot} is running; stop it first.")
            against = self._gate.refusal(session, template, version)
            if against and not override:
                raise Forbidden(f"{against} No canary was started.")
            canary = PromptCanary(
                worker=template.worker,
                type=template.type,
                baseline_template=held.template_id,
                baseline_number=held.number,
                candidate_template=to.template_id,
                candidate_number=to.number,
                share=share,
                most_share=most_share,
                outcome=outcome,
                most_calls=most_calls,
                started_by=actor,
                reason=f"{reason} (overridden: {against})"[:2000] if against else reason,
                started_at=self._clock(),
            )
            session.add(canary)
            self._changed(session, template, f"start canary v{version}", actor, canary.reason)
        return canary

    def stop(self, name: str, *, reason: str, actor: str) -> PromptCanary:
        """Send all runs to production again. Raises `NotFound` where none is running."""
        labels.check(PRODUCTION, reason)
        with self._database.transaction() as session:
            template = reading.find(session, name)
            self._database.lock(session, f"prompt/{template.slot}")
            canary = self._running(session, template)
            if canary is None:
                raise NotFound("running canary of", template.slot)
            self._end(session, canary, "stopped", f"{actor}: {reason}"[:2000])
            self._changed(session, template, "stop canary", actor, reason)
        return canary

    def status(self, name: str) -> CanaryStatus | None:
        """The slot's running or else its last canary; None if there never was one."""
        with self._database.reading() as session:
            template = reading.find(session, name)
            query = select(PromptCanary).where(
                PromptCanary.worker == template.worker, PromptCanary.type == template.type
            )
            canary = session.exec(query.order_by(col(PromptCanary.id).desc()).limit(1)).first()
            return self.counted(session, canary) if canary else None

    def advance(self) -> Sequence[PromptCanary]:
        """Look at every running canary once: decide it, or let its share grow. Those that ended."""
        with self._database.reading() as session:
            query = select(PromptCanary.id).where(PromptCanary.state == "running")
            running = session.exec(query).all()
        return [ended for each in running if each is not None and (ended := self._advance(each)) is not None]

    def settle(self, session: Session, canary: PromptCanary, *, to_candidate: bool, actor: str, reason: str) -> None:
        """Let production be the candidate or the baseline again, and nothing be tried, in the caller's transaction.

        What has come into production since is left there.
        """
        baseline = (canary.baseline_template, canary.baseline_number)
        candidate = (canary.candidate_template, canary.candidate_number)
        chosen, other = (candidate, baseline) if to_candidate else (baseline, candidate)
        template = session.get_one(PromptTemplate, chosen[0])
        self._database.lock(session, f"prompt/{template.slot}")
        session.refresh(canary)
        if canary.state == "running":
            self._end(session, canary, "promoted" if to_candidate else "rolled_back", f"{actor}: {reason}"[:2000])
            session.flush()
        held = session.get(PromptLabel, (template.worker, template.type, PRODUCTION))
        if held is not None and (held.template_id, held.number) == other:
            to = reading.version(session, template, chosen[1])
            labels.move(session, self._clock, template, PRODUCTION, to, LabelMover(actor, reason))
        count_change(session, COUNTER)

    def _advance(self, canary_id: int) -> PromptCanary | None:
        with self._database.transaction() as session:
            canary = session.get_one(PromptCanary, canary_id)
            self._database.lock(session, f"prompt/{canary.worker}/{canary.type}")
            session.refresh(canary)
            if canary.state != "running":
                return None
            now = self.counted(session, canary)
            verdict = sequential.decide(now.baseline, now.candidate)
            if verdict is None and now.baseline.calls + now.candidate.calls < canary.most_calls:
                self._grow(session, now)
                return None
            self._conclude(session, now, verdict)
        return canary

    def _grow(self, session: Session, now: CanaryStatus) -> None:
        canary = now.canary
        share = sequential.next_share(canary.share, canary.most_share, canary.calls_then, now.baseline, now.candidate)
        if share != canary.share:
            canary.share, canary.calls_then = share, now.candidate.calls
            count_change(session, COUNTER)

    def _conclude(self, session: Session, now: CanaryStatus, verdict: sequential.Direction | None) -> None:
        canary = now.canary
        template = session.get_one(PromptTemplate, canary.candidate_template)
        candidate, baseline = _share_text(now.candidate), _share_text(now.baseline)
        said = f"{canary.outcome}: {now.candidate_name} {candidate}, {now.baseline_name} {baseline}"
        state = {"better": "promoted", "worse": "rolled_back", None: "stopped"}[verdict]
        self._end(session, canary, state, said if verdict else f"Undecided after {canary.most_calls} calls. {said}")
        canary.figures = {"baseline": vars(now.baseline), "candidate": vars(now.candidate), "evidence": now.evidence}
        session.flush()
        if verdict == "better":
            to = reading.version(session, template, canary.candidate_number)
            labels.move(
                session, self._clock, template, PRODUCTION, to, LabelMover(ACTOR, f"Canary {canary.id}. {said}")
            )
        self._changed(session, template, f"canary {state}", ACTOR, said)

    def counted(self, session: Session, canary: PromptCanary) -> CanaryStatus:
        """A canary with its counts so far, or those it ended by."""
        outcomes, slot = self._outcomes[canary.outcome], f"{canary.worker}/{canary.type}"
        names = [
            session.get_one(PromptTemplate, template).version_name(number)
            for template, number in (
                (canary.baseline_template, canary.baseline_number),
                (canary.candidate_template, canary.candidate_number),
            )
        ]
        if canary.figures:
            old, new = Arm(**canary.figures["baseline"]), Arm(**canary.figures["candidate"])
        else:
            old, new = (outcomes.count(session, slot, name, canary.started_at) for name in names)
        return CanaryStatus(canary, old, new, names[0], names[1], sequential.evidence(old, new))

    def _running(self, session: Session, template: PromptTemplate) -> PromptCanary | None:
        query = select(PromptCanary).where(
            PromptCanary.worker == template.worker, PromptCanary.type == template.type, PromptCanary.state == "running"
        )
        return session.exec(query).one_or_none()

    def _end(self, session: Session, canary: PromptCanary, state: str, verdict: str) -> None:
        canary.state, canary.verdict, canary.ended_at = state, verdict, self._clock()
        session.add(canary)

    def _changed(self, session: Session, template: PromptTemplate, action: str, actor: str, reason: str) -> None:
        audit.record(
            session, self._clock, actor=actor, action=action, object=f"prompt/{template.full_name}", reason=reason
        )
        session.flush()
        count_change(session, COUNTER)

    def _check(self, share: float, most_share: float, outcome: str, most_calls: int) -> None:
        fields = {}
        if not 0 < share <= most_share < 1:
            fields["share"] = "is not over 0 and at most the largest share, which is under 1"
        if outcome not in self._outcomes:
            fields["outcome"] = f"is one of {', '.join(self._outcomes)}"
        if not 20 <= most_calls <= 1_000_000:
            fields["most_calls"] = "is not in 20 to 1000000"
        if fields:
            raise Invalid(fields)


def _share_text(arm: Arm) -> str:
    return f"{arm.good} of {arm.calls}"
