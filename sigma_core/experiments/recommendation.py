"""Which strategy to try next: by what the work is about, else by what has been of use. Pure rules of values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from sigma_core.errors import Forbidden, Invalid
from sigma_core.experiments.run_comparison import is_better
from sigma_core.experiments.tables import StrategyRun
from sigma_core.formatting import percent
from sigma_core.state_machine import RunState

CONTEXTS: Mapping[str, str] = {
    "risk_assessment": "multi_hop_exploration",
    "pattern_matching": "semantic_similarity_search",
    "evolution_tracking": "temporal_evolution_analysis",
    "cross_domain_learning": "cross_domain_transfer",
    "community_analysis": "graph_community_detection",
    "knowledge_explanation": "path_explanation",
    "anomaly_detection": "anomaly_detection",
}
"""The strategy for each kind of work."""


@dataclass(frozen=True)
class Record:
    """How a strategy's runs by one worker went: of `tried` runs that said anything, `useful` were of use."""

    useful: int = 0
    tried: int = 0

    @property
    def expected(self) -> float:
        """Share to expect (0–1): the mean of the Beta posterior with a uniform prior."""
        return (self.useful + 1) / (self.tried + 2)


@dataclass(frozen=True)
class Recommendation:
    """What to run, and why. `records` are of all the strategies it was chosen from."""

    strategy: str
    reason: str
    records: Mapping[str, Record]


def for_context(context: str, worker: str, allowed: Sequence[str]) -> Recommendation:
    """The strategy of a context. Raises `Invalid` for an unknown one, `Forbidden` where the worker may not run it."""
    strategy = CONTEXTS.get(context)
    if strategy is None:
        raise Invalid({"context": f"{context} is not one of {', '.join(CONTEXTS)}"})
    if strategy not in allowed:
        raise Forbidden(f"For {context} there is {strategy}, which {worker} may not run; it may {', '.join(allowed)}.")
    return Recommendation(strategy, f"{strategy} is the strategy for {context.replace('_', ' ')}.", {})


def by_success(worker: str, records: Mapping[str, Record], seed: str) -> Recommendation:
    """Thompson sampling: of each strategy's posterior share of useful runs one value is drawn, and the highest wins.

    What has been of use is proposed most, what is little known now and then. The same seed draws the same.
    """
    if not records:
        raise Forbidden(f"There is no strategy that {worker} may run.")
    random = Random(seed)  # noqa: S311 (a draw, no secret)
    drawn = {
        name: random.betavariate(record.useful + 1, record.tried - record.useful + 1)
        for name, record in sorted(records.items())
    }
    best = max(drawn, key=lambda name: drawn[name])
    record = records[best]
    known = (
        f"{record.useful} of {record.tried} of its runs by {worker} were of use"
        if record.tried
        else f"none of its runs by {worker} could be judged yet"
    )
    reason = (
        f"{best}: {known} ({percent(record.expected)} expected). Picked at random from the {len(records)} "
        f"that {worker} may run, the useful ones more often."
    )
    return Recommendation(best, reason, records)


def recorded(runs: Iterable[StrategyRun], primary: Mapping[str, str]) -> dict[str, Record]:
    """Each strategy's record from its ended runs, the oldest first. `primary`: each strategy's first metric."""
    records = dict.fromkeys(primary, Record())
    before: dict[str, list[float]] = {}
    for run in runs:
        if run.strategy not in primary:
            continue
        metric = run.metrics.get(primary[run.strategy], {})
        earlier = before.setdefault(run.strategy, [])
        useful = was_useful(run, metric, sum(earlier) / len(earlier) if earlier else None)
        if (value := metric.get("value")) is not None:
            earlier.append(value)
        if useful is not None:
            record = records[run.strategy]
            records[run.strategy] = Record(record.useful + useful, record.tried + 1)
    return records


def was_useful(run: StrategyRun, metric: Mapping[str, object], usual: float | None) -> bool | None:
    """Whether a run was of use; None if nothing can be said.

    What a person said of it counts first. It was of use if its result was opened, saved, or changed what a worker did;
    an error was none. For all others its first metric decides, against its mean over the earlier runs (`usual`).
    """
    if run.useful is not None:
        return run.useful
    if run.saved or run.opened_at is not None or run.used_at is not None:
        return True
    if run.status == RunState.ERROR:
        return False
    value = metric.get("value")
    if run.status != RunState.SUCCESS or usual is None or not isinstance(value, float | int):
        return None
    return is_better(value, usual, str(metric.get("better", "higher")))
