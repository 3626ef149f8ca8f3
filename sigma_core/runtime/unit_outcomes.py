"""How the units of experiments went, and what they have cost, read from what all rooms record. Never a constant."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlmodel import Session, col, func, select

from sigma_core.exchange.tables import Knowledge, Validation
from sigma_core.experiments.tables import StrategyRun
from sigma_core.experiments.trial_terms import TrialCost
from sigma_core.experiments.trial_watch import UnitOutcomes
from sigma_core.experiments.tunable_catalog import ACCEPTED, ANSWERED, FORETOLD, KEPT, USED, USEFUL
from sigma_core.experiments.tunables import UnitKind
from sigma_core.llm.tables import PromptUsage
from sigma_core.proposals.lineage import line
from sigma_core.proposals.tables import Decision, FollowedChange, Proposal, ProposalState
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import ENDED
from sigma_core.workers.tables import CycleReport

Shares = Mapping[int, float | None]
_UNDER_WAY = (ProposalState.WAITING, ProposalState.APPROVED, ProposalState.APPLIED)
"""Of a change in one of these it may yet become known whether it is kept."""


class AcceptedProposals:
    """Of a run's proposals the share that was approved, once none of them waits for its decision.

    One that a person is to decide, or that was overtaken, does not count.
    """

    patience = timedelta(days=3)

    def settled(self, session: Session, units: Sequence[int]) -> Shares:
        query = select(Proposal.run_id, Proposal.state).where(col(Proposal.run_id).in_(units))
        states = defaultdict[int, list[str]](list)
        for run_id, state in session.exec(query):
            states[run_id or 0].append(state)
        good, bad = (ProposalState.APPROVED, ProposalState.APPLIED), (ProposalState.REJECTED,)
        return {
            unit: _share(each in good for each in states[unit] if each in (*good, *bad))
            for unit in _ended_runs(session, units)
            if ProposalState.WAITING not in states[unit]
        }


class KeptChanges:
    """Of a run's proposals the share whose change the maintainers took and kept, once that is known of each.

    What the committee rejected was not taken. One that nobody decided, or that was overtaken, does not count.
    """

    patience = timedelta(days=60)

    def settled(self, session: Session, units: Sequence[int]) -> Shares:
        query = (
            select(Proposal.run_id, Proposal.state, FollowedChange.is_taken)
            .outerjoin(FollowedChange, col(FollowedChange.line_id) == line())
            .where(col(Proposal.run_id).in_(units))
        )
        known, waiting = defaultdict[int, list[bool]](list), set[int]()
        for run_id, state, is_taken in session.exec(query):
            unit = run_id or 0
            if is_taken is not None or state == ProposalState.REJECTED:
                known[unit].append(bool(is_taken))
            elif state in _UNDER_WAY:
                waiting.add(unit)
        return {unit: _share(known[unit]) for unit in _ended_runs(session, units) if unit not in waiting}


class ForetoldOutcomes:
    """How near the committee's score of a proposal came to what became of its change: 1 less the squared difference.

    What the committee rejected, and what nobody decided, has no outcome that it could be held against.
    """

    patience = timedelta(days=60)

    def settled(self, session: Session, units: Sequence[int]) -> Shares:
        query = (
            select(Proposal.id, Proposal.state, FollowedChange.is_taken)
            .outerjoin(FollowedChange, col(FollowedChange.line_id) == line())
            .where(col(Proposal.id).in_(units))
        )
        scores = select(Decision.proposal_id, Decision.score).where(
            col(Decision.proposal_id).in_(units), Decision.decided_by == "committee", col(Decision.score).is_not(None)
        )
        # What was said first, while nothing could be known: the earliest row is the last to be written here
        said = dict(session.exec(scores.order_by(col(Decision.id).desc())).all())
        found: dict[int, float | None] = {}
        for key, state, is_taken in session.exec(query):
            score = said.get(key or 0)
            if is_taken is not None and score is not None:
                found[key or 0] = 1 - (score - is_taken) ** 2
            elif is_taken is not None or state in (ProposalState.REJECTED, ProposalState.STALE):
                found[key or 0] = None
        return found


class AnsweredCalls:
    """Of a run's model calls the share with a usable answer."""

    patience = timedelta(days=1)

    def settled(self, session: Session, units: Sequence[int]) -> Shares:
        query = select(PromptUsage.run_id, PromptUsage.success).where(col(PromptUsage.run_id).in_(units))
        calls = defaultdict[int, list[bool]](list)
        for run_id, success in session.exec(query):
            calls[run_id or 0].append(success)
        return {unit: _share(calls[unit]) for unit in _ended_runs(session, units)}


class UsefulKnowledge:
    """Of the verdicts on what a run published the share that found it useful."""

    patience = timedelta(days=1)

    def settled(self, session: Session, units: Sequence[int]) -> Shares:
        query = (
            select(Knowledge.run_id, Validation.verdict)
            .join(Validation, col(Validation.knowledge_id) == Knowledge.id, isouter=True)
            .where(col(Knowledge.run_id).in_(units))
        )
        verdicts = defaultdict[int, list[str | None]](list)
        for run_id, verdict in session.exec(query):
            verdicts[run_id or 0].append(verdict)
        return {
            unit: _share(each == "useful" for each in verdicts[unit] if each is not None)
            for unit in _ended_runs(session, units)
            if not verdicts[unit] or any(verdicts[unit])
        }


class UsedAnswers:
    """Of what a run asked the graph the share of answers that changed what its worker did."""

    patience = timedelta(days=1)

    def settled(self, session: Session, units: Sequence[int]) -> Shares:
        query = select(CycleReport.run_id, CycleReport.figures).where(col(CycleReport.run_id).in_(units))
        asked = {run_id: figures.get("experiment", {}).get("runs", []) for run_id, figures in session.exec(query)}
        ids = [each for some in asked.values() for each in some]
        used = {
            *session.exec(
                select(StrategyRun.id).where(col(StrategyRun.id).in_(ids), col(StrategyRun.used_at).is_not(None))
            )
        }
        return {unit: _share(each in used for each in some) for unit, some in asked.items()}


OUTCOMES: Mapping[str, UnitOutcomes] = {
    ACCEPTED: AcceptedProposals(),
    KEPT: KeptChanges(),
    FORETOLD: ForetoldOutcomes(),
    ANSWERED: AnsweredCalls(),
    USEFUL: UsefulKnowledge(),
    USED: UsedAnswers(),
}


def costs(session: Session, kind: UnitKind, units: Sequence[int]) -> TrialCost:
    """What the runs of these units, or of these proposals, have cost together."""
    runs = units
    if kind == "proposal":
        runs = [run_id for run_id in session.exec(select(Proposal.run_id).where(col(Proposal.id).in_(units))) if run_id]
    calls = select(func.count(), func.coalesce(func.sum(PromptUsage.cost_nano_usd), 0))
    count, money = session.exec(calls.where(col(PromptUsage.run_id).in_(runs))).one()
    took = select(func.coalesce(func.sum(Run.duration_ms), 0)).where(col(Run.id).in_(runs))
    return TrialCost(count, money or 0, (session.exec(took).one() or 0) / 1000)


def _ended_runs(session: Session, units: Sequence[int]) -> Sequence[int]:
    return [
        each for each in session.exec(select(Run.id).where(col(Run.id).in_(units), col(Run.state).in_(ENDED))) if each
    ]


def _share(good: Iterable[bool]) -> float | None:
    """The share that is good; None where nothing is known."""
    known = list(good)
    return sum(known) / len(known) if known else None
