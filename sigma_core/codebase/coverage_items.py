"""Coverage as the graph shows it: a measurement is an episode, and tells what it was the first to see."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.codebase.coverage import ORIGIN
from sigma_core.codebase.graph_items import entity_of, episode_item
from sigma_core.codebase.tables import coverage, entities, measurements
from sigma_core.graph.facts import Fact
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import TESTED_BY
from sigma_core.graph.writer import GraphItem


def measurement_items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Measurements with what each began, for the updater."""
    rows = session.execute(select(measurements).where(measurements.c.id.in_(ids))).all()
    begun = _facts(session, ids)
    return {
        row.id: episode_item(
            ORIGIN,
            f"{row.id}",
            row,
            begun.get(row.id, ()),
            f"The tests were run at commit {row.commit[:12]}, and what each of them executes was recorded.",
        )
        for row in rows
    }


def every_measurement(session: Session) -> Iterator[Changed]:
    """Every measurement, for a graph that is built anew."""
    ids = session.execute(select(measurements.c.id).order_by(measurements.c.id)).scalars()
    return (Changed(ORIGIN, id_) for id_ in ids)


def _facts(session: Session, ids: Sequence[int]) -> dict[int, list[Fact]]:
    function, test = entities.alias("function"), entities.alias("test")
    began, ended = measurements.alias("began"), measurements.alias("ended")
    joined = (
        coverage.join(function, function.c.id == coverage.c.function_id)
        .join(test, test.c.id == coverage.c.test_id)
        .join(began, began.c.id == coverage.c.since_id)
        .outerjoin(ended, ended.c.id == coverage.c.until_id)
    )
    ends = [
        side.c[name].label(f"{role}_{name}")
        for role, side in (("function", function), ("test", test))
        for name in ("kind", "name", "full_name")
    ]
    query = select(coverage, *ends, began.c.at.label("valid_at"), ended.c.at.label("invalid_at"))
    told: dict[int, list[Fact]] = {}
    for row in session.execute(query.select_from(joined).where(coverage.c.since_id.in_(ids)).order_by(coverage.c.id)):
        said = Fact(
            entity_of(row.function_kind, row.function_full_name, row.function_id),
            TESTED_BY,
            entity_of(row.test_kind, row.test_full_name, row.test_id),
            f"{row.function_name} is executed by {row.test_name}",
            key=f"{ORIGIN}/{row.id}",
            valid_at=row.valid_at,
            invalid_at=row.invalid_at,
        )
        told.setdefault(row.since_id, []).append(said)
    return told
