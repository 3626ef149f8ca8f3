"""Issues as the graph shows them: code has an issue of a rule, from one commit to another."""

from collections.abc import Iterator, Mapping, Sequence

from sqlmodel import Session, col, select

from sigma_core.codebase.places import entities_by_id
from sigma_core.graph.facts import Attribute, Entity, Fact
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import HAS_ISSUE, RULE
from sigma_core.graph.writer import GraphItem
from sigma_core.issues.lives import ORIGIN
from sigma_core.issues.tables import Issue, IssueLife

SOURCE = "analysis"


def issue_items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Issues with all their lives, for the updater."""
    query = select(Issue, IssueLife).join(IssueLife, col(IssueLife.issue_id) == col(Issue.id))
    rows = session.exec(query.where(col(Issue.id).in_(ids)).order_by(col(IssueLife.id))).all()
    code = entities_by_id(session, {life.entity_id for _, life in rows})
    lives: dict[int, list[tuple[Issue, IssueLife]]] = {}
    for issue, life in rows:
        lives.setdefault(issue.id or 0, []).append((issue, life))
    return {
        id_: GraphItem(
            key=f"{ORIGIN}/{id_}",
            type=ORIGIN,
            data={},
            source=SOURCE,
            project_id=some[0][0].project_id,
            valid_at=some[0][1].since_at,
            refreshed_at=some[-1][1].since_at,
            facts=[_fact(issue, life, code[life.entity_id]) for issue, life in some],
            text=f"{some[0][0].rule} in {some[0][1].place}",
        )
        for id_, some in lives.items()
    }


def every_issue(session: Session) -> Iterator[Changed]:
    """Every issue that was found in code that was read, for a graph that is built anew."""
    ids = select(IssueLife.issue_id).distinct().order_by(col(IssueLife.issue_id))
    return (Changed(ORIGIN, id_) for id_ in session.exec(ids))


def _fact(issue: Issue, life: IssueLife, code: Entity) -> Fact:
    since = "since" if life.is_since_known else "since at latest"
    until = f" until commit {life.until_commit[:12]}" if life.until_commit else ""
    attributes: dict[str, Attribute] = {
        "severity": life.severity,
        "fingerprint": life.fingerprint,
        "since_known": life.is_since_known,
    }
    return Fact(
        code,
        HAS_ISSUE,
        Entity(issue.rule, RULE),
        f"{life.place} has {issue.rule} ({life.severity}) {since} commit {life.since_commit[:12]}{until}",
        key=f"issue_life/{life.id}",
        valid_at=life.since_at,
        invalid_at=life.until_at,
        attributes=attributes,
    )
