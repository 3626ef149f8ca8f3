"""Why a proposal was made and judged as it was: how the knowledge used for it hangs together with its rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.tables import Knowledge
from sigma_core.experiments.tables import StrategyRun
from sigma_core.proposals.tables import Proposal
from sigma_core.state_machine import RunState
from sigma_core.workers.strategy_plans import subject_of
from sigma_core.workers.strategy_results import explained
from sigma_core.workers.tables import KnowledgeUse

LOOKED_BACK = 200
"""Explanations of a project that are looked through, the newest."""


@dataclass(frozen=True)
class Explanation:
    """What the graph says between a proposal's rule and an item of knowledge used for it."""

    knowledge_id: int
    about: str
    text: str
    strategy_run: int


@dataclass(frozen=True)
class WhyTrace:
    """Explanations that think's experiments have found."""

    database: Database
    clock: Clock

    def of(self, proposal: Proposal) -> Sequence[Explanation]:
        """Of one proposal; an explanation that is shown has been of use."""
        if proposal.rule is None:
            return ()
        with self.database.reading() as session:
            used = _used(session, proposal)
            runs = _explanations(session, proposal, set(used.values())) if used else {}
        found = [
            Explanation(knowledge_id, about, text, run.id or 0)
            for knowledge_id, about in used.items()
            if (run := runs.get(about)) is not None and (text := explained(run)) is not None
        ]
        if any(run.used_at is None for run in runs.values()):
            with self.database.transaction() as session:
                for run in runs.values():
                    row = session.get_one(StrategyRun, run.id)
                    row.used_at = row.used_at or self.clock()
        return found


def _used(session: Session, proposal: Proposal) -> dict[int, str]:
    """What each item of knowledge used for it speaks of, by its id."""
    query = (
        select(Knowledge.id, Knowledge.data)
        .join(KnowledgeUse, col(KnowledgeUse.knowledge_id) == Knowledge.id)
        .where(KnowledgeUse.proposal_id == proposal.id)
        .order_by(col(Knowledge.id))
    )
    return {id_ or 0: about for id_, data in session.exec(query) if (about := subject_of(data)) is not None}


def _explanations(session: Session, proposal: Proposal, ends: set[str]) -> dict[str, StrategyRun]:
    """The newest from its rule to each of these, by what it leads to."""
    query = select(StrategyRun).where(
        StrategyRun.strategy == "path_explanation",
        StrategyRun.project_id == proposal.project_id,
        StrategyRun.status == RunState.SUCCESS,
    )
    newest = session.exec(query.order_by(col(StrategyRun.id).desc()).limit(LOOKED_BACK)).all()
    return {
        end: run
        for run in reversed(newest)
        if run.parameters.get("start") == proposal.rule and (end := run.parameters.get("end")) in ends
    }
