"""What each worker asks the graph, one strategy a cycle, and what it may change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from sigma_core.database import Database
from sigma_core.exchange.tables import Knowledge
from sigma_core.issues.tables import Issue
from sigma_core.issues.triage import UNMENDED
from sigma_core.learning.tables import TrackRecord
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Proposal, ProposalState
from sigma_core.workers.strategy_experiments import MOST_QUESTIONS, Parameters, ProjectPlan, StrategyPlan
from sigma_core.workers.tables import KnowledgeUse

EXPERIENCED = 10
"""Decisions from which a project needs no other's experience."""
LOOKED_BACK = 50
MOST_FUNCTIONS, LIKE_FUNCTIONS = 2, 0.2
"""Functions of which is asked what is like them, and how alike that must be (0–1)."""
LIKE = 0.5
"""Similarity from which a rule tells something of another."""
MENDED_BY = ["FIXES"]
"""The relation that leads from a rule to its fixers, and not by way of a severity to everything."""


@dataclass(frozen=True)
class StrategyPlans:
    """Read from the database, never from the graph: asking what to ask must cost next to nothing."""

    database: Database
    flawed: Callable[[Project], Sequence[str]] = lambda _project: ()
    """Full names of the functions that the worst open issues of a project are in."""

    def by_worker(self) -> Mapping[str, Sequence[StrategyPlan]]:
        """Every worker's inquiries."""
        return {
            "analysis": (
                ProjectPlan("graph_community_detection", whole_graph),
                ProjectPlan("anomaly_detection", odd),
                ProjectPlan("temporal_evolution_analysis", churn),
            ),
            "dream": (ProjectPlan("semantic_similarity_search", self.unknown_rules),),
            "think": (
                ProjectPlan("multi_hop_exploration", self.rules_to_judge),
                ProjectPlan("path_explanation", self.knowledge_used),
            ),
            "learning": (
                ProjectPlan("temporal_evolution_analysis", self.newest_track_records),
                ProjectPlan("cross_domain_transfer", self.teachers),
            ),
        }

    def rules_to_judge(self, project: Project) -> Sequence[Parameters]:
        """Of the proposals that wait: what else mends the same, and how that ended."""
        waiting = select(Proposal.rule).where(
            Proposal.project_id == project.id, Proposal.state == ProposalState.WAITING, col(Proposal.rule).is_not(None)
        )
        rules = self._first(waiting.order_by(col(Proposal.id)))
        return [{"start_entity": rule, "max_hops": 3, "relationship_types": MENDED_BY} for rule in rules]

    def knowledge_used(self, project: Project) -> Sequence[Parameters]:
        """From the rule of a proposal to what the knowledge used for it speaks of, the newest first."""
        used = (
            select(Proposal.rule, Knowledge.data)
            .join(KnowledgeUse, col(KnowledgeUse.proposal_id) == Proposal.id)
            .join(Knowledge, col(Knowledge.id) == KnowledgeUse.knowledge_id)
            .where(Proposal.project_id == project.id, col(Proposal.rule).is_not(None))
            .order_by(col(KnowledgeUse.id).desc())
            .limit(LOOKED_BACK)
        )
        with self.database.reading() as session:
            pairs = dict.fromkeys((rule, subject_of(data)) for rule, data in session.exec(used))
        return [{"start": rule, "end": about} for rule, about in pairs if about is not None and about != rule][
            :MOST_QUESTIONS
        ]

    def unknown_rules(self, project: Project) -> Sequence[Parameters]:
        """Where the worst issues are: which functions are like those, and what mended them? Then of the most frequent
        open rules of which no fix was decided here: what means much the same?"""
        known = select(TrackRecord.rule).where(TrackRecord.project_id == project.id)
        rules = (
            select(Issue.rule)
            .where(Issue.project_id == project.id, col(Issue.state).in_(UNMENDED), col(Issue.rule).not_in(known))
            .group_by(col(Issue.rule))
            .order_by(func.count().desc(), col(Issue.rule))
            .limit(MOST_QUESTIONS)
        )
        with self.database.reading() as session:
            asked = [{"entity": rule, "similarity_threshold": LIKE} for rule in session.exec(rules)]
        functions = [{"function": each, "similarity_threshold": LIKE_FUNCTIONS} for each in self.flawed(project)]
        return [*functions[:MOST_FUNCTIONS], *asked]

    def newest_track_records(self, project: Project) -> Sequence[Parameters]:
        """Of the track records updated last: do such fixes come up more and more, or less and less?"""
        newest = select(TrackRecord.name).where(TrackRecord.project_id == project.id)
        names = self._first(newest.order_by(col(TrackRecord.changed_at).desc(), col(TrackRecord.id).desc()))
        return [{"entity_name": name, "time_window_days": 90, "pattern_type": "trend"} for name in names]

    def teachers(self, project: Project) -> Sequence[Parameters]:
        """The most experienced other project, while this one has little experience of its own."""
        decided = func.sum(TrackRecord.successes + TrackRecord.failures)
        experience = (
            select(Project.id, Project.name, decided)
            .join(TrackRecord, col(TrackRecord.project_id) == Project.id)
            .where(col(Project.removed_at).is_(None))
            .group_by(col(Project.id), col(Project.name))
        )
        with self.database.reading() as session:
            by_id = {id_: (count, name) for id_, name, count in session.exec(experience)}
        own = by_id.pop(project.id, (0, project.name))
        count, name = max(by_id.values(), default=(0, ""))
        if own[0] >= EXPERIENCED or count <= own[0]:
            return []
        return [{"source_domain": name, "target_domain": project.name}]

    def _first(self, query: Any) -> Sequence[str]:  # noqa: ANN401 (a statement)
        with self.database.reading() as session:
            return list(dict.fromkeys(session.exec(query.limit(LOOKED_BACK))))[:MOST_QUESTIONS]


def whole_graph(_project: Project) -> Sequence[Parameters]:
    """Communities of the code's modules, and of all that is known."""
    return [{"look_at": "modules"}, {}]


def odd(_project: Project) -> Sequence[Parameters]:
    """What stands out in the code, and in the whole graph; there by robust z-scores, because they say how far."""
    return [{"look_at": "code"}, {"algorithm": "robust_z_score"}]


def churn(project: Project) -> Sequence[Parameters]:
    """Which modules of the project changed most."""
    return [{"entity_name": project.name, "time_window_days": 90, "pattern_type": "churn"}]


def subject_of(data: Mapping[str, Any]) -> str | None:
    """The entity that an item of knowledge is about."""
    about = data.get("pattern") or data.get("issue_type") or data.get("experiment")
    return about if isinstance(about, str) else None


def open_rules(session: Session, project_id: int) -> dict[str, int]:
    """Open issues by rule."""
    counts = select(Issue.rule, func.count()).where(Issue.project_id == project_id, col(Issue.state).in_(UNMENDED))
    return dict(session.exec(counts.group_by(col(Issue.rule))).all())
