"""The exchange's figures for Prometheus: true, complete, with few labels."""

from fakes.knowledge import VALID, fix, risk
from prometheus_client.parser import text_string_to_metric_families

from sigma_core.clock import utc_now
from sigma_core.exchange import metrics
from sigma_core.jobs import WORKERS


def measured(bench) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(metrics.render(metrics.measured(bench.database, utc_now, bench.exchange)))
    samples = (sample for family in families for sample in family.samples)
    return {(one.name, next(iter(one.labels.values()), "")): one.value for one in samples}


def test_every_figure_of_a_worker_is_there(bench) -> None:
    bench.exchange.publish("dream", fix())
    bench.exchange.publish("think", risk())
    bench.exchange.acknowledge("learning", bench.exchange.receive("learning", 1))
    bench.exchange.receive("analysis")
    found = measured(bench)
    assert found["sigma_exchange_published_total", "dream"] == 1
    assert found["sigma_exchange_received_total", "learning"] == 1
    assert found["sigma_exchange_acknowledged_total", "learning"] == 1
    assert found["sigma_exchange_ready", "learning"] == 1
    assert found["sigma_exchange_leased", "analysis"] == 1
    assert found["sigma_exchange_dead", "analysis"] == 0
    assert 0 <= found["sigma_exchange_lag_seconds", "learning"] < 60
    assert 0.99 < found["sigma_exchange_mean_freshness", "learning"] <= 1
    assert found["sigma_exchange_validation_rate", "dream"] == 1
    assert found["sigma_graph_outbox", "pending"] == 2
    assert found["sigma_graph_outbox", "set_aside"] == 0
    assert 0 <= found["sigma_graph_outbox_lag_seconds", ""] < 60


def test_what_cannot_be_measured_is_left_out(bench) -> None:
    found = measured(bench)
    assert ("sigma_exchange_validation_rate", "dream") not in found
    assert ("sigma_exchange_lag_seconds", "dream") not in found
    assert found["sigma_exchange_ready", "dream"] == 0


def test_the_number_of_series_does_not_grow_with_what_is_exchanged(bench) -> None:
    for name, payload in VALID.items():
        bench.exchange.publish("operator", name, payload)
    before = len(measured(bench))
    for number in range(30):
        bench.exchange.publish("operator", risk(number))
    assert len(measured(bench)) == before <= 11 * len(WORKERS) + 6
