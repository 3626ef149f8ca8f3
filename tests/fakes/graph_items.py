"""Items for a graph."""

from datetime import UTC, datetime

from sigma_core.graph.facts import Entity, Fact
from sigma_core.graph.writer import GraphItem

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def fact(subject: str, predicate: str, object_: str, said: str = "as it is", summary: str = "") -> Fact:
    """A pattern and a kind of issue, with what that is in words."""
    return Fact(Entity(subject, "pattern"), predicate, Entity(object_, "rule", summary), said)


def item(name: str, *facts: Fact, project_id: int | None = None, at: datetime = NOW) -> GraphItem:
    """What it says, or that it fixes the rule of all."""
    return GraphItem(
        key=f"test/{name}",
        type="successful_fix",
        data={"name": name},
        source="dream",
        project_id=project_id,
        valid_at=at,
        refreshed_at=at,
        facts=facts or (fact(name, "FIXES", "rule"),),
    )
