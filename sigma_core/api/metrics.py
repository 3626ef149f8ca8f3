"""The figures of the whole system as Prometheus reads them. Labels are few and fixed: workers, states, models."""

from collections.abc import Iterator
from datetime import date

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlmodel import Session, col, func, select

from sigma_core.exchange import metrics as exchange_metrics
from sigma_core.issues.tables import Issue
from sigma_core.llm.ledger import UsageTotal
from sigma_core.proposals.tables import Decision, Proposal, Verification
from sigma_core.runtime.status import SystemStatus
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(sigma: System) -> str:
    """All figures of this moment, in the text format. What cannot be measured is left out, not 0."""
    exchanged = exchange_metrics.measured(sigma.database, sigma.clock, sigma.exchange.service)
    calls = sigma.llm.usage.totals(("model",), since=date.min, until=date.max)
    with sigma.database.reading() as session:
        work = [*_runs(session), *_proposals(session)]
    return exchange_metrics.render([*_queue(sigma.runtime.status.system()), *work, *_calls(calls), *exchanged])


def _queue(status: SystemStatus) -> Iterator[Metric]:
    yield GaugeMetricFamily("sigma_scheduler_up", "1 where a scheduler is at work.", float(status.scheduler_alive))
    yield GaugeMetricFamily("sigma_runs_due", "Runs that are due and not taken up.", status.backlog)
    yield GaugeMetricFamily("sigma_queue_lag_seconds", "How long the oldest due run has waited.", status.waiting_s)
    yield GaugeMetricFamily("sigma_projects", "Projects under care.", status.projects)


def _runs(session: Session) -> Iterator[Metric]:
    runs = GaugeMetricFamily("sigma_runs", "Runs kept on record.", labels=["worker", "state"])
    took = GaugeMetricFamily(
        "sigma_run_seconds", "Sum of their durations, from the last attempt's start.", labels=["worker", "state"]
    )
    counted = select(Run.worker, Run.state, func.count(), func.sum(col(Run.duration_ms)))
    for worker, state, count, duration_ms in session.exec(counted.group_by(Run.worker, Run.state)):
        runs.add_metric([worker, state], count)
        took.add_metric([worker, state], (duration_ms or 0) / 1000)
    yield runs
    yield took


def _proposals(session: Session) -> Iterator[Metric]:
    issues = GaugeMetricFamily("sigma_issues", "Issues.", labels=["state"])
    for state, count in session.exec(select(Issue.state, func.count()).group_by(Issue.state)):
        issues.add_metric([state], count)
    proposals = GaugeMetricFamily("sigma_proposals", "Proposals.", labels=["state"])
    for state, count in session.exec(select(Proposal.state, func.count()).group_by(Proposal.state)):
        proposals.add_metric([state], count)
    decisions = CounterMetricFamily("sigma_decisions", "Decisions.", labels=["verdict", "decided_by"])
    by = select(Decision.verdict, Decision.decided_by, func.count())
    for verdict, decided_by, count in session.exec(by.group_by(Decision.verdict, Decision.decided_by)):
        decisions.add_metric([verdict, decided_by], count)
    count, duration_ms = session.exec(select(func.count(), func.sum(col(Verification.duration_ms)))).one()
    verified = CounterMetricFamily("sigma_verifications", "Proposals verified in the sandbox.")
    verified.add_metric([], count)
    took = CounterMetricFamily("sigma_verification_seconds", "Time that verifying them took.")
    took.add_metric([], (duration_ms or 0) / 1000)
    yield from (issues, proposals, decisions, verified, took)


def _calls(totals: list[UsageTotal]) -> Iterator[Metric]:
    calls = CounterMetricFamily("sigma_model_calls", "Calls of models.", labels=["model", "outcome"])
    tokens = CounterMetricFamily("sigma_model_tokens", "Tokens.", labels=["model", "kind"])
    cost = CounterMetricFamily("sigma_model_cost_usd", "What calls with a price cost.", labels=["model"])
    unpriced = CounterMetricFamily("sigma_model_calls_unpriced", "Calls without a price.", labels=["model"])
    for each in totals:
        model = each.key["model"]
        calls.add_metric([model, "success"], each.successes)
        calls.add_metric([model, "failure"], each.failures)
        tokens.add_metric([model, "input"], each.input_tokens)
        tokens.add_metric([model, "output"], each.output_tokens)
        cost.add_metric([model], each.cost_nano_usd / 1e9)
        unpriced.add_metric([model], each.unpriced)
    yield from (calls, tokens, cost, unpriced)
