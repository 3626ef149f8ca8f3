"""Entities whose place in the graph is unlike that of the others, and what is wrong with the shape of code."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from sigma_core.formatting import plural
from sigma_core.graph.reader import GraphReader
from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.code_anomalies import CodeAnomaly, code_anomalies
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.entity_lookup import described, listed
from sigma_core.strategies.node_features import (
    FEATURES,
    Algorithm,
    Table,
    features,
    outstanding,
    reasons,
    robust_z,
    scores,
)
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.synthetic_anomalies import with_anomalies

FEWEST = 20
"""Entities below which nothing can be said to be unusual."""
RETURNED = 200
OTHERS = 200
"""Scores of entities that do not stand out, told to see how far the others are from them."""


class AnomalyDetection(Strategy):
    """Compares entities by figures of their place: degrees, PageRank, betweenness, clustering, freshness."""

    name = "anomaly_detection"
    title = "Anomaly detection"
    description = "Entities whose connections are unlike those of the others; in code: untested hubs, circles and more."
    risk = "medium"
    workers = ("analysis", "think")
    metrics = (
        Metric("detection_rate", "anomalies found of those that were put into a part of the graph"),
        Metric("false_positive_rate", "other entities of that part that were taken for one", "lower"),
    )

    look_at: Literal["graph", "code"] = Field(
        "graph",
        description="graph: places of entities; code: untested hubs, god functions, circles of imports and ownership.",
    )
    algorithm: Algorithm = Field("isolation_forest", description="Isolation forest, or robust z-scores.")
    contamination: float = Field(
        0.1, gt=0, le=0.5, description="Share of entities that are unusual; with z-scores at most so many."
    )

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:
        """The most unusual first."""
        import numpy as np

        snapshot, at = graph.holding(), graph.at.timestamp()
        if self.look_at == "code":
            return self._in_code(snapshot)
        if len(snapshot) < FEWEST:
            return self._too_few(snapshot)
        table = features(snapshot, at, context.seed)
        score = scores(table, self.algorithm, context.seed)
        stands_out = outstanding(score, self.algorithm, self.contamination)
        flagged = np.flatnonzero(stands_out)
        foremost = flagged[np.lexsort((flagged, -score[flagged]))][:RETURNED]
        details = {
            "algorithm": self.algorithm,
            "entities": len(snapshot),
            "features": list(FEATURES),
            "anomalies": len(flagged),
            "returned": len(foremost),
            "threshold": round(float(score[flagged].min()), 4) if len(flagged) else None,
            "others": _spread(score[~stands_out]),
            "found": _document(snapshot, table, score, foremost),
        }
        uuids = tuple(snapshot.uuids[position] for position in foremost.tolist())

        def measure() -> Mapping[str, Figure]:
            return self._rates(snapshot, at, context.seed)

        return Finding(_summary(details), details, uuids, snapshot.version, measure)

    def _in_code(self, snapshot: GraphSnapshot) -> Finding:
        found = code_anomalies(snapshot)
        details = {
            "entities": len(snapshot),
            "anomalies": len(found),
            "returned": len(found[:RETURNED]),
            "found": [_code_document(snapshot, each) for each in found[:RETURNED]],
        }
        uuids = tuple(dict.fromkeys(snapshot.uuids[one] for each in found[:RETURNED] for one in each.entities))
        ruled = unavailable("they are told by a rule, which finds all there are")
        said = f"{plural(len(found), 'anomaly', 'anomalies')} of the code; first: {found[0].because}" if found else ""
        summary = said or "Nothing stands out in the code: no untested hub, no god function, no circle."
        return Finding(summary, details, uuids, snapshot.version, lambda: {each.name: ruled for each in self.metrics})

    def _rates(self, snapshot: GraphSnapshot, at: float, seed: int) -> Mapping[str, Figure]:
        part, added = with_anomalies(snapshot, seed)
        score = scores(features(part, at, seed), self.algorithm, seed)
        flagged = outstanding(score, self.algorithm, self.contamination)
        others = len(part) - added
        return {
            "detection_rate": Figure(float(flagged[others:].mean()), added),
            "false_positive_rate": Figure(float(flagged[:others].mean()), others),
        }

    def _too_few(self, snapshot: GraphSnapshot) -> Finding:
        said = f"{plural(len(snapshot), 'entity is', 'entities are')} too few to call one unusual: it takes {FEWEST}."
        details = {
            "algorithm": self.algorithm,
            "entities": len(snapshot),
            "features": list(FEATURES),
            "anomalies": 0,
            "returned": 0,
            "threshold": None,
            "others": [],
            "found": [],
        }
        none = unavailable("there are too few entities")
        return Finding(said, details, (), snapshot.version, lambda: {metric.name: none for metric in self.metrics})


def _document(snapshot: GraphSnapshot, table: Table, score: Table, positions: Numbers) -> list[dict[str, Any]]:
    apart = robust_z(table)[positions].tolist()
    return [
        {**described(snapshot, position), "score": round(float(score[position]), 4), "because": reasons(z)}
        for position, z in zip(positions.tolist(), apart, strict=True)
    ]


def _spread(score: Table) -> list[float]:
    """Some of the scores, from the lowest to the highest in even steps."""
    import numpy as np

    places = np.linspace(0, max(len(score) - 1, 0), min(len(score), OTHERS)).round().astype(int)
    return [round(each, 4) for each in np.sort(score)[places].tolist()]


def _code_document(snapshot: GraphSnapshot, anomaly: CodeAnomaly) -> dict[str, Any]:
    return {
        **described(snapshot, anomaly.entities[0]),
        "anomaly": anomaly.kind,
        "names": [snapshot.names[each] for each in anomaly.entities],
        "score": round(anomaly.score, 4),
        "because": [anomaly.because],
    }


def _summary(details: Mapping[str, Any]) -> str:
    of = plural(details["entities"], "entity", "entities")
    if not details["anomalies"]:
        return f"None of {of} stands out."
    first = details["found"][0]
    return f"{details['anomalies']:,} of {of} stand out, most {listed([first['name']])}: {first['because'][0]}."
