"""How two entities are connected, in words; and how a change of code gets to what it may harm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from pydantic import Field, model_validator

from sigma_core.errors import Invalid, SigmaError
from sigma_core.formatting import plural
from sigma_core.graph.imported import Name
from sigma_core.graph.reader import GraphReader
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.code_paths import Target, paths_to
from sigma_core.strategies.context import Step, StrategyContext
from sigma_core.strategies.entity_lookup import code_entities, described, entities, fact_document
from sigma_core.strategies.path_text import PathCheck, by_rule, check, folded, reading_ease
from sigma_core.strategies.paths import shortest_simple_paths
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.traversal import adjacency

PATHS = 3
"""In a result, the shortest."""


class PathExplanation(Strategy):
    """Finds the shortest ways between two entities and tells the first of them."""

    name = "path_explanation"
    title = "Path explanation"
    description = "How two entities are connected: the shortest ways, and the first of them in words."
    risk = "low"
    workers = ("think", "dream")
    metrics = (
        Metric("clarity", "reading ease of the explanation (Flesch)", unit="0 to 100"),
        Metric("completeness", "relations of the path that it names; 0 if it names anything else of the graph"),
        Metric("usefulness", "explanations that people opened or confirmed, of those they were shown"),
    )

    start: Name = Field(description="Name of the entity to begin with.")
    end: Name | None = Field(None, description="Name of the entity to arrive at.")
    towards: Target | None = Field(
        None,
        description="How a change of start gets to a test, an endpoint, or a sink (a function with a security issue); "
        "with end, to that one.",
    )
    max_path_length: int = Field(5, ge=1, le=8, description="Steps of a path at most.")
    explanation_depth: int = Field(
        2, ge=1, le=3, description="1: the relations; 2: also what was stated of them; 3: also since when."
    )

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "PathExplanation":
        if self.end is None and self.towards is None:
            raise ValueError("give end or towards")
        return self

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:
        """Up to three paths, and words for the first."""
        snapshot = graph.holding()
        if self.towards is not None:
            return self._through_code(snapshot, self.towards, context)
        starts, ends = entities(snapshot, self.start), entities(snapshot, self.end or "")
        if set(starts) & set(ends):
            raise Invalid({"end": "must be another entity than start"})
        around = adjacency(snapshot, "both")
        found = sorted(
            (
                path
                for start in starts[:PATHS]
                for end in ends[:PATHS]
                for path in shortest_simple_paths(around, start, end, self.max_path_length, PATHS)
            ),
            key=lambda path: (len(path), path),
        )[:PATHS]
        if not found:
            return self._nothing(snapshot)
        return self._finding(snapshot, found, [step_facts(snapshot, path) for path in found], context)

    def _through_code(self, snapshot: GraphSnapshot, towards: Target, context: StrategyContext) -> Finding:
        starts = code_entities(snapshot, self.start)
        only = code_entities(snapshot, self.end) if self.end is not None else ()
        known = context.endpoints() if towards == "endpoint" else {}
        paths = paths_to(snapshot, starts, towards, self.max_path_length, endpoints=known, only=only)
        if not any(path.facts for path in paths):
            return self._nothing(snapshot, f"a{'n' if towards == 'endpoint' else ''} {towards}")
        paths = [path for path in paths if path.facts][:PATHS]
        finding = self._finding(snapshot, [path.entities for path in paths], [path.facts for path in paths], context)
        arrives = f"It reaches {paths[0].arrives}"
        said = f"{finding.summary} {arrives}." if towards == "endpoint" else finding.summary
        return replace(finding, summary=said, details={**finding.details, "arrives": [path.arrives for path in paths]})

    def _finding(
        self,
        snapshot: GraphSnapshot,
        found: Sequence[Sequence[int]],
        facts: Sequence[Sequence[int]],
        context: StrategyContext,
    ) -> Finding:
        steps = [as_step(snapshot, fact) for fact in facts[0]]
        text, by, refused = self._words(snapshot, facts[0], steps, context)

        def measure() -> Mapping[str, Figure]:
            checked = check(text, steps, folded_names(snapshot))
            return {
                "clarity": clarity(text, steps),
                "completeness": completeness(checked),
                "usefulness": usefulness(context),
            }

        details = {
            "explanation": text,
            "explained_by": by,
            "refused": refused,
            "paths": [_document(snapshot, path, some) for path, some in zip(found, facts, strict=True)],
        }
        uuids = tuple(dict.fromkeys(snapshot.uuids[position] for path in found for position in path))
        return Finding(text, details, uuids, snapshot.version, measure)

    def _words(
        self, snapshot: GraphSnapshot, facts: Sequence[int], steps: Sequence[Step], context: StrategyContext
    ) -> tuple[str, str, str | None]:
        """Words, whose they are, and why those of the model were not taken."""
        since = [_day(float(snapshot.facts.valid_at[fact])) for fact in facts]
        ruled = by_rule(steps, self.explanation_depth, since)
        if context.explain is None:
            return ruled, "rule", None
        try:
            text = context.explain(steps)
        except SigmaError as error:
            return ruled, "rule", str(error)
        wrong = check(text, steps, folded_names(snapshot)).wrong
        return (ruled, "rule", wrong) if wrong else (text, "model", None)

    def _nothing(self, snapshot: GraphSnapshot, end: str = "") -> Finding:
        within = f"within {plural(self.max_path_length, 'step')}"
        said = f"Nothing connects “{self.start}” and {end or f'“{self.end}”'} {within}."
        details: dict[str, Any] = {"explanation": None, "explained_by": None, "refused": None, "paths": []}
        none = unavailable("there is no path")
        return Finding(said, details, (), snapshot.version, lambda: {metric.name: none for metric in self.metrics})


def step_facts(snapshot: GraphSnapshot, path: Sequence[int]) -> list[int]:
    """For each step the newest fact that joins its ends."""
    around, chosen = adjacency(snapshot, "both"), []
    for here, there in pairwise(path):
        places = slice(around.start[here], around.start[here + 1])
        facts = around.fact[places][around.neighbour[places] == there]
        chosen.append(int(max(facts.tolist(), key=lambda fact: (snapshot.facts.valid_at[fact], -fact))))
    return chosen


def as_step(snapshot: GraphSnapshot, fact: int) -> Step:
    """A fact as it stands."""
    row = fact_document(snapshot, fact)
    return Step(row["subject"], row["predicate"], row["object"], row["sentence"])


def folded_names(snapshot: GraphSnapshot) -> tuple[str, ...]:
    """All names as texts are compared; kept with the snapshot."""
    return snapshot.derived("folded names", lambda made: tuple({folded(name) for name in made.names}))


def clarity(text: str, steps: Sequence[Step]) -> Figure:
    """Reading ease."""
    names = {name for step in steps for name in (step.subject, step.object)}
    ease = reading_ease(text, names)
    return unavailable("there are no words in it") if ease is None else Figure(*ease)


def completeness(checked: PathCheck) -> Figure:
    """How much of the path the shown text tells."""
    return Figure(checked.completeness, checked.steps)


def usefulness(context: StrategyContext) -> Figure:
    """By what people did with such results."""
    opened = context.opened()
    if opened is None or not opened[1]:
        return unavailable("nobody was shown one yet")
    return Figure(opened[0] / opened[1], opened[1])


def _document(snapshot: GraphSnapshot, path: Sequence[int], facts: Sequence[int]) -> dict[str, Any]:
    steps = [
        {**fact_document(snapshot, fact), "forwards": bool(snapshot.facts.source[fact] == here)}
        for here, fact in zip(path, facts, strict=False)
    ]
    return {"length": len(facts), "entities": [described(snapshot, position) for position in path], "steps": steps}


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
