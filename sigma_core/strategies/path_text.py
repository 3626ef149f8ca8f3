"""A path in words: by rule, or by a model; what either says is checked against the path. Pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sigma_core.graph.facts import plain
from sigma_core.strategies.context import Step

SHORTEST_NAME = 4
"""Characters of an entity's name below which it may be any word."""
MOST_WORDS = 5_000


def by_rule(steps: Sequence[Step], depth: int, since: Sequence[str]) -> str:
    """One sentence for each step. Depth 1 names relations; 2 adds what was stated; 3 adds since when."""
    sentences = []
    for step, day in zip(steps, since, strict=True):
        said, stated = f"{step.subject} {worded(step.predicate)} {step.object}", plain(step.sentence).rstrip(".")
        if depth > 1 and stated.casefold().startswith(said.casefold()):
            said = stated
        elif depth > 1 and stated:
            said += f": {stated}"
        if depth > 2:
            said += f" (since {day})"
        sentences.append(f"{said}.")
    return " ".join(sentences)


def worded(predicate: str) -> str:
    """``HAS_RISK`` as has risk."""
    return predicate.replace("_", " ").lower()


@dataclass(frozen=True)
class PathCheck:
    """How a text stands to a path."""

    named: int
    """Steps of which it names both ends and the relation."""
    steps: int
    strangers: tuple[str, ...]
    """Entities of the graph that it names and that no step speaks of."""

    @property
    def completeness(self) -> float:
        """Share of the steps named; 0 where it tells of anything else."""
        return 0.0 if self.strangers or not self.steps else self.named / self.steps

    @property
    def wrong(self) -> str | None:
        """What is wrong with it, in words."""
        if self.strangers:
            return f"it names {', '.join(self.strangers[:3])}, which the path does not"
        if self.named < self.steps:
            return f"it names {self.named} of {self.steps} steps"
        return None


def check(text: str, steps: Sequence[Step], names: Iterable[str]) -> PathCheck:
    """Which steps a text names, and what else. `names`: of all entities of the graph, as `folded` gives them."""
    folded_ = folded(text)
    told = folded(" ".join(f"{s.subject} {worded(s.predicate)} {s.predicate} {s.object} {s.sentence}" for s in steps))
    named = sum(
        all(_holds(folded_, part) for part in (step.subject, step.object))
        and (_holds(folded_, worded(step.predicate)) or _holds(folded_, step.predicate))
        for step in steps
    )
    strangers = [
        name
        for name in names
        if name in folded_ and len(name) >= SHORTEST_NAME and name not in told and _holds(folded_, name)
    ]
    return PathCheck(named, len(steps), tuple(strangers))


def folded(text: str) -> str:
    """As it is compared: one space between words, capitals alike."""
    return " ".join(text.split()).casefold()


def _holds(text: str, part: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(folded(part))}(?!\w)", text) is not None


def reading_ease(text: str, names: Collection[str]) -> tuple[float, int] | None:
    """Flesch's reading ease (1948), 0 hard to 100 easy, and how many words it rests on; a name is one easy word."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "it")
    words = re.findall(r"[A-Za-z][A-Za-z'-]*", text)[:MOST_WORDS]
    sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
    if not words:
        return None
    syllables = sum(_syllables(word) for word in words)
    ease = 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)
    return max(0.0, min(100.0, ease)), len(words)


def _syllables(word: str) -> int:
    """Groups of vowels, a silent e at the end left out."""
    low = word.lower()
    groups = len(re.findall(r"[aeiouy]+", low))
    silent = low.endswith("e") and not low.endswith(("le", "ee", "ye"))
    return max(1, groups - silent)
