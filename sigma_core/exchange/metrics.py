"""The exchange's figures as Prometheus reads them. Labels are workers and states, which are few and fixed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.statistics import WorkerFigures
from sigma_core.graph import outbox
from sigma_core.graph.outbox import ChangeState
from sigma_core.graph.tables import GraphUpdates
from sigma_core.graph.tables import outbox as outbox_table

_COUNTERS: tuple[tuple[str, str, Callable[[WorkerFigures], float]], ...] = (
    ("published", "Items of which the worker is the source.", lambda one: one.published),
    ("refused", "Payloads it handed in that were not accepted.", lambda one: one.refused),
    ("received", "Deliveries to it, repeated ones counted each time.", lambda one: one.received),
    ("acknowledged", "Deliveries it is done with.", lambda one: one.acknowledged),
)
_GAUGES: tuple[tuple[str, str, Callable[[WorkerFigures], float | None]], ...] = (
    ("ready", "Messages that wait in its inbox.", lambda one: one.ready),
    ("leased", "Messages it has received and not acknowledged.", lambda one: one.leased),
    ("waiting", "Messages that come back to it later.", lambda one: one.waiting),
    ("dead", "Messages given up.", lambda one: one.dead),
    ("lag_seconds", "Age of the oldest message it has not finished.", lambda one: one.lag_s),
    ("mean_freshness", "Of the living items addressed to it, 0 to 1.", lambda one: one.mean_freshness),
    ("validation_rate", "Accepted of all it handed in, 0 to 1.", lambda one: one.validation_rate),
)


def measured(database: Database, clock: Clock, exchange: Exchange) -> list[Metric]:
    """All figures of this moment. What cannot be measured is left out, not 0."""
    return [*_of_workers(exchange.stats()), *_of_outbox(database, clock)]


def render(figures: Sequence[Metric]) -> str:
    """Figures in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(figures))
    return generate_latest(registry).decode()


class _Figures(Collector):
    """Figures that were measured already."""

    def __init__(self, measured: Sequence[Metric]) -> None:
        self._measured = measured

    def collect(self) -> Sequence[Metric]:
        """What Prometheus's registry asks for."""
        return self._measured


def _of_workers(figures: Sequence[WorkerFigures]) -> Iterator[Metric]:
    for name, meaning, count in _COUNTERS:
        counter = CounterMetricFamily(f"sigma_exchange_{name}", meaning, labels=["worker"])
        for one in figures:
            counter.add_metric([one.worker], count(one))
        yield counter
    for name, meaning, measure in _GAUGES:
        gauge = GaugeMetricFamily(f"sigma_exchange_{name}", meaning, labels=["worker"])
        for one in figures:
            if (value := measure(one)) is not None:
                gauge.add_metric([one.worker], value)
        yield gauge


def _of_outbox(database: Database, clock: Clock) -> Iterator[Metric]:
    with database.reading() as session:
        counts, lag_s = outbox.counts(session), _lag_s(session, clock())
        updates = session.get(GraphUpdates, 1)
    changes = GaugeMetricFamily("sigma_graph_outbox", "Changes the graph does not show yet.", labels=["state"])
    for state in ChangeState:
        changes.add_metric([state.value], counts[state])
    yield changes
    yield _gauge("sigma_graph_outbox_lag_seconds", "Age of the oldest change that is to be written.", lag_s)
    written = CounterMetricFamily("sigma_graph_written", "Changes the graph took.")
    written.add_metric([], updates.written if updates else 0)
    yield written
    failures = updates.failures if updates else 0
    yield _gauge("sigma_graph_failures", "Times in a row that the graph was away.", failures)


def _lag_s(session: Session, now: datetime) -> float:
    """Age of the oldest change neither written nor set aside, seconds; 0 when there is none."""
    open_ = outbox_table.c.state != ChangeState.SET_ASIDE.value
    oldest = session.execute(select(func.min(outbox_table.c.created_at)).where(open_)).scalar()
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _gauge(name: str, meaning: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, meaning)
    gauge.add_metric([], value)
    return gauge
