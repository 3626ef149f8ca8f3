"""What one domain has learned that may hold in another."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from sigma_core.errors import Invalid
from sigma_core.formatting import plural
from sigma_core.graph.imported import Name
from sigma_core.graph.reader import GraphReader, Matrix
from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.domains import domain
from sigma_core.strategies.entity_lookup import described, fact_document
from sigma_core.strategies.like_modules import like_modules
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.traversal import adjacency

MOST_PATTERNS = 500
"""Of the source domain, the best connected."""
BLOCK = 64
RETURNED = 200
KIND = "pattern"
FACTS_EACH = 3


class Match(NamedTuple):
    """A pattern and what is nearest to it in the other domain."""

    pattern: int
    nearest: int
    similarity: float


class CrossDomainTransfer(Strategy):
    """Finds for each pattern of one domain what it is nearest to in the other."""

    name = "cross_domain_transfer"
    title = "Cross-domain transfer"
    description = "Patterns of one project or topic that have something much like them in another."
    risk = "high"
    workers = ("learning", "dream")
    metrics = (
        Metric("transfer_success", "patterns of the source that have a near entity in the target"),
        Metric("adaptation_quality", "mean similarity of those pairs", unit="cosine"),
    )

    source_domain: Name = Field(description="Project or topic to learn from.")
    target_domain: Name = Field(description="Project or topic to carry it to.")
    similarity_threshold: float = Field(0.8, ge=0, le=1, description="Cosine from which two are near.")
    look_at: Literal["patterns", "modules"] = Field(
        "patterns", description="patterns: by what they mean; modules: of two projects' code, by their neighbourhoods."
    )

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:  # noqa: ARG002 (nothing is left to chance)
        """Nearest of the target to each of the source."""
        if self.source_domain.strip().casefold() == self.target_domain.strip().casefold():
            raise Invalid({"target_domain": "must be another than source_domain"})
        snapshot = graph.holding()
        if self.look_at == "modules":
            return self._of_modules(graph, snapshot)
        source = patterns(snapshot, domain(graph, snapshot, "source_domain", self.source_domain))
        target = domain(graph, snapshot, "target_domain", self.target_domain)
        matrix, there = graph.entity_vectors(snapshot)
        compared, targets = source[there[source]], target[there[target]]
        near = [pair for pair in nearest(matrix, compared, targets) if pair.similarity >= self.similarity_threshold]
        near.sort(key=lambda pair: (-pair.similarity, pair.pattern))

        def measure() -> Mapping[str, Figure]:
            return _figures(near, len(compared), len(targets))

        details = {
            "source": {"domain": self.source_domain, "patterns": len(source), "compared": len(compared)},
            "target": {"domain": self.target_domain, "entities": len(target), "compared": len(targets)},
            "transferred": len(near),
            "pairs": [_document(snapshot, pair) for pair in near[:RETURNED]],
        }
        uuids = tuple(snapshot.uuids[pair.pattern] for pair in near[:RETURNED])
        return Finding(self._summary(snapshot, near, len(compared)), details, uuids, snapshot.version, measure)

    def _of_modules(self, graph: GraphReader, snapshot: GraphSnapshot) -> Finding:
        source = domain(graph, snapshot, "source_domain", self.source_domain)
        target = domain(graph, snapshot, "target_domain", self.target_domain)
        found = like_modules(snapshot, source, target, self.similarity_threshold)
        details = {
            "transferred": len(found),
            "modules": [
                {
                    "module": described(snapshot, each.module),
                    "nearest": described(snapshot, each.nearest),
                    "similarity": round(each.likeness, 4),
                    "packages": list(each.packages),
                    "rules": list(each.rules),
                    "because": each.because(snapshot),
                }
                for each in found[:RETURNED]
            ],
        }
        said = f"No module of {self.source_domain} has a like one in {self.target_domain}."
        if found:
            many = plural(len(found), "module")
            said = (
                f"{many} of {self.source_domain} have like ones in {self.target_domain}; {found[0].because(snapshot)}"
            )
        nothing = unavailable("modules are compared by their neighbourhoods, not by vectors")
        uuids = tuple(snapshot.uuids[each.module] for each in found[:RETURNED])
        return Finding(
            said, details, uuids, snapshot.version, lambda: {metric.name: nothing for metric in self.metrics}
        )

    def _summary(self, snapshot: GraphSnapshot, near: Sequence[Match], compared: int) -> str:
        of = plural(compared, "pattern")
        if not near:
            return f"None of {of} of {self.source_domain} has anything near it in {self.target_domain}."
        first = f"“{snapshot.names[near[0].pattern]}” to “{snapshot.names[near[0].nearest]}”"
        return (
            f"{len(near):,} of {of} of {self.source_domain} have something near them in {self.target_domain}; "
            f"the nearest is {first} at {near[0].similarity:.2f}."
        )


def patterns(snapshot: GraphSnapshot, positions: Numbers) -> Numbers:
    """Those that are patterns, or all where none is; of very many the best connected."""
    import numpy as np

    some = np.array([position for position in positions.tolist() if KIND in snapshot.kinds[position]], np.int64)
    some = some if len(some) else np.asarray(positions, np.int64)
    around = adjacency(snapshot, "both")
    degree = around.start[some + 1] - around.start[some]
    chosen: Numbers = some[np.lexsort((some, -degree))][:MOST_PATTERNS]
    return chosen


def nearest(matrix: Matrix, source: Numbers, target: Numbers) -> list[Match]:
    """For each of the source the nearest of the target, itself left out."""
    import numpy as np

    found: list[Match] = []
    rows = matrix[target] if len(target) else matrix[:0]
    for start in range(0, len(source) if len(target) else 0, BLOCK):
        some = source[start : start + BLOCK]
        likeness = matrix[some] @ rows.T
        likeness[some[:, None] == target[None, :]] = -1
        best = likeness.argmax(axis=1)
        values = likeness[np.arange(len(some)), best]
        found += [
            Match(int(one), int(target[place]), float(value))
            for one, place, value in zip(some, best, values, strict=True)
            if one != target[place]
        ]
    return found


def _figures(near: Sequence[Match], compared: int, targets: int) -> Mapping[str, Figure]:
    if not compared or not targets:
        nothing = unavailable(f"the {'target' if compared else 'source'} has no entity with a vector")
        return {"transfer_success": nothing, "adaptation_quality": nothing}
    mean = Figure(sum(pair.similarity for pair in near) / len(near), len(near)) if near else None
    return {
        "transfer_success": Figure(len(near) / compared, compared),
        "adaptation_quality": mean or unavailable("nothing is near enough"),
    }


def _document(snapshot: GraphSnapshot, pair: Match) -> dict[str, Any]:
    around = adjacency(snapshot, "both")
    facts = around.fact[around.start[pair.pattern] : around.start[pair.pattern + 1]][:FACTS_EACH]
    return {
        "pattern": described(snapshot, pair.pattern),
        "nearest": described(snapshot, pair.nearest),
        "similarity": round(pair.similarity, 4),
        "facts": [fact_document(snapshot, int(fact)) for fact in facts],
    }
