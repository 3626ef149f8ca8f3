"""Does knowledge help to choose? Acceptance of fixes that were chosen with knowledge beside those that were not."""

from sqlmodel import Session, col, select

from sigma_core.exchange.types import ExperimentResult
from sigma_core.experiments.service import Design
from sigma_core.experiments.share_difference import Share
from sigma_core.experiments.tables import Experiment, ExperimentVerdict
from sigma_core.proposals.lineage import latest_decisions
from sigma_core.proposals.tables import Decision, Proposal, Verdict
from sigma_core.workers.fix_ranking import COMPARISON

DESIGN = Design(
    name=COMPARISON,
    worker="dreamer",
    hypothesis="Fixes that dream chooses by what others told are accepted more often than those it chooses without.",
    approach="Compare the latest decisions on both kinds, as they happened; nobody assigns them by lot.",
    metric="accepted share",
    risk="low",
    rollback_plan="Dream chooses by the project's own record alone.",
)


def comparison_result(experiment: Experiment, project: str) -> ExperimentResult | None:
    """What the others are told of an experiment; None while its interval holds zero."""
    if experiment.verdict not in (ExperimentVerdict.HELPS, ExperimentVerdict.HARMS) or experiment.improvement is None:
        return None
    return ExperimentResult(
        experiment=experiment.name,
        improvement=experiment.improvement,
        success=experiment.verdict == ExperimentVerdict.HELPS,
        project=project,
    )


def shares(session: Session, project_id: int) -> tuple[Share, Share]:
    """Of dream's fixes in a project by their latest decision: chosen with knowledge, and without."""
    query = (
        select(Proposal.knowledge_ids, Decision.verdict)
        .join(Decision, col(Decision.proposal_id) == Proposal.id)
        .where(
            Proposal.project_id == project_id,
            Proposal.origin == "dream",
            col(Decision.id).in_(latest_decisions()),
            col(Decision.verdict).in_((Verdict.APPROVED, Verdict.REJECTED)),
        )
    )
    decided = [(bool(ids), verdict == Verdict.APPROVED) for ids, verdict in session.exec(query)]
    with_it = [accepted for used, accepted in decided if used]
    without = [accepted for used, accepted in decided if not used]
    return Share(sum(with_it), len(with_it)), Share(sum(without), len(without))
