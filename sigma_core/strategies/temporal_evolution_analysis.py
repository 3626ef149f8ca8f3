"""How what is known of an entity changes over time, and which modules of the code change most."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from sigma_core.formatting import plural
from sigma_core.graph.imported import Name
from sigma_core.graph.reader import GraphReader
from sigma_core.graph.snapshot import GraphSnapshot, Moments, Numbers
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.code_churn import changes, churn, modules_of
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.entity_lookup import described, entities, fact_document
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.traversal import adjacency
from sigma_core.strategies.trends import Line, Season, held_out, leaps, line, season

HOUR_S, DAY_S = 3600.0, 86_400.0
BY_HOUR_UP_TO = 7
"""Days of a window up to which it is counted by the hour."""
FEWEST_STEPS = 12
"""Of a series that is foretold."""
FEWEST_FACTS = 5
CHANGES = 50
UNITS = {HOUR_S: "hour", DAY_S: "day"}


class TemporalEvolutionAnalysis(Strategy):
    """Counts an entity's facts by day or hour, and tells trend, season and leaps of the counts."""

    name = "temporal_evolution_analysis"
    title = "Temporal evolution analysis"
    description = "Whether what is known of an entity grows or shrinks, comes again, or leaps."
    risk = "medium"
    workers = ("learning", "analysis")
    metrics = (
        Metric("trend_accuracy", "direction and slope foretold for the last quarter, beside what came"),
        Metric("prediction_quality", "1 less the error of that forecast by the error of repeating the last value"),
    )

    entity_name: Name = Field(description="Name of the entity.")
    time_window_days: int = Field(30, ge=1, le=730, description="Days to look back; up to 7 are counted by the hour.")
    pattern_type: Literal["evolution", "trend", "seasonal", "churn"] = Field(
        "evolution",
        description="evolution: facts that held, and what changed; trend, seasonal: facts that began; churn: commits "
        "that changed a module, or each module of a project.",
    )

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:
        """A series without gaps and what it shows."""
        snapshot, at = graph.snapshot(), graph.at.timestamp()
        some = entities(snapshot, self.entity_name)
        if self.pattern_type == "churn":
            return self._churn(snapshot, some, at, context.seed)
        facts = _facts_of(snapshot, some)
        step_s, edges = self._edges(at)
        held = self.pattern_type == "evolution"
        values = (holding if held else beginning)(snapshot, facts, edges).tolist()
        straight, again = line(values), season(values, context.seed)
        unit = UNITS[step_s]

        def measure() -> Mapping[str, Figure]:
            return figures(values, context.seed)

        details = {
            "entity": described(snapshot, some[0]),
            "step": unit,
            "counted": "facts that held" if held else "facts that began",
            "series": [[_moment(float(edge)), value] for edge, value in zip(edges[1:], values, strict=True)],
            "trend": {"direction": straight.direction, "slope": straight.slope, "chance": straight.chance},
            "season": _season(again),
            "leaps": [
                {"at": _moment(float(edges[step + 1])), "value": values[step], "z": round(z, 2)}
                for step, z in leaps(values, straight, again)[:CHANGES]
            ],
            "changes": _changes(snapshot, facts, float(edges[0])) if held else [],
        }
        summary = self._summary(values, straight, again, unit)
        return Finding(summary, details, (snapshot.uuids[some[0]],), snapshot.version, measure)

    def _edges(self, at: float) -> tuple[float, Moments]:
        """Seconds of a step, and the moments between steps."""
        import numpy as np

        step_s = HOUR_S if self.time_window_days <= BY_HOUR_UP_TO else DAY_S
        steps = round(self.time_window_days * DAY_S / step_s)
        return step_s, at - step_s * np.arange(steps, -1, -1, dtype=np.float64)

    def _churn(self, snapshot: GraphSnapshot, some: Sequence[int], at: float, seed: int) -> Finding:
        import numpy as np

        modules = modules_of(snapshot, some)
        step_s, edges = self._edges(at)
        found = churn(snapshot, modules, float(edges[0]), at)
        # One commit that changes several modules is one
        moments = np.unique(changes(snapshot, modules)[:, 1])
        values = np.histogram(moments, edges)[0].astype(float).tolist()
        straight = line(values)
        days, total = self.time_window_days, sum(each.weight for each in found)
        details = {
            "entity": described(snapshot, some[0]),
            "step": UNITS[step_s],
            "counted": "commits",
            "series": [[_moment(float(edge)), value] for edge, value in zip(edges[1:], values, strict=True)],
            "trend": {"direction": straight.direction, "slope": straight.slope, "chance": straight.chance},
            "modules": [
                {
                    **described(snapshot, each.module),
                    "commits": each.commits,
                    "share": round(each.weight / total, 4),
                    "issues": each.issues,
                    "definitions": each.definitions,
                    "because": each.because(snapshot, days),
                }
                for each in found[:CHANGES]
            ],
        }
        summary = (
            f"Of {plural(len(modules), 'module')} {len(found):,} changed, most: {found[0].because(snapshot, days)}"
            if found
            else f"No code of “{self.entity_name}” changed in the last {plural(days, 'day')}."
        )
        uuids = tuple(snapshot.uuids[each.module] for each in found[:CHANGES])
        return Finding(summary, details, uuids, snapshot.version, lambda: figures(values, seed))

    def _summary(self, values: Sequence[float], straight: Line, again: Season | None, unit: str) -> str:
        within = plural(self.time_window_days, "day")
        about = f"“{self.entity_name}”"
        if not any(values):
            return f"Nothing is known of {about} in the last {within}."
        if self.pattern_type == "seasonal":
            return (
                f"Facts about {about} come again every {plural(again.period, unit)}."
                if again
                else f"Facts about {about} have no season in the last {within}."
            )
        what = "hold" if self.pattern_type == "evolution" else "begin"
        if straight.direction == "stable":
            return f"As many facts about {about} {what} as before, over the last {within}."
        more = "More" if straight.slope > 0 else "Fewer"
        return (
            f"{more} and {more.lower()} facts about {about} {what}: {straight.slope:+.2g} every {unit} over the last "
            f"{within}, by chance in {straight.chance:.1%} of cases."
        )


def beginning(snapshot: GraphSnapshot, facts: Numbers, edges: Moments) -> Moments:
    """How many facts began in each step; a step without any has 0."""
    import numpy as np

    counts: Moments = np.histogram(snapshot.facts.valid_at[facts], edges)[0].astype(float)
    return counts


def holding(snapshot: GraphSnapshot, facts: Numbers, edges: Moments) -> Moments:
    """How many facts held at the end of each step."""
    import numpy as np

    begun = np.sort(snapshot.facts.valid_at[facts])
    ended = np.sort(np.nan_to_num(snapshot.facts.invalid_at[facts], nan=np.inf))
    at = edges[1:]
    counts: Moments = (begun.searchsorted(at, "right") - ended.searchsorted(at, "right")).astype(float)
    return counts


def figures(values: Sequence[float], seed: int) -> Mapping[str, Figure]:
    """Both metrics by a forecast of the last quarter."""
    if len(values) < FEWEST_STEPS or sum(map(bool, values)) < FEWEST_FACTS:
        few = unavailable(f"it takes {FEWEST_STEPS} steps, and facts in {FEWEST_FACTS} of them")
        return {"trend_accuracy": few, "prediction_quality": few}
    told_ = held_out(values, seed)
    quality = told_.prediction_quality
    return {
        "trend_accuracy": Figure(told_.trend_accuracy, told_.steps),
        "prediction_quality": unavailable("repeating the last value makes no error")
        if quality is None
        else Figure(quality, told_.steps),
    }


def _facts_of(snapshot: GraphSnapshot, some: Sequence[int]) -> Numbers:
    """Facts that speak of these entities and do not end before they begin, each once."""
    import numpy as np

    around = adjacency(snapshot, "both")
    facts = np.unique(around.fact[around.between(np.array(some))])
    ends = np.nan_to_num(snapshot.facts.invalid_at[facts], nan=np.inf)
    kept: Numbers = facts[ends > snapshot.facts.valid_at[facts]]
    return kept


def _changes(snapshot: GraphSnapshot, facts: Numbers, since: float) -> list[dict[str, Any]]:
    """What began and ended in the window, the newest first."""
    moments = [(float(snapshot.facts.valid_at[fact]), "began", int(fact)) for fact in facts]
    moments += [(float(snapshot.facts.invalid_at[fact]), "ended", int(fact)) for fact in facts]
    newest = sorted((each for each in moments if each[0] >= since), reverse=True)[:CHANGES]
    return [
        {"at": _moment(moment), "what": what, "fact": fact_document(snapshot, fact)} for moment, what, fact in newest
    ]


def _season(again: Season | None) -> dict[str, Any] | None:
    if again is None:
        return None
    return {"period": again.period, "strength": round(again.strength, 4), "chance": again.chance}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
