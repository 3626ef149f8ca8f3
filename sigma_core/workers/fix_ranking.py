"""What dream makes of what it received: which rules to mend first, with which knowledge, and what to tell the model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigma_core.exchange.items import ValuedItem
from sigma_core.experiments.tables import ExperimentStatus
from sigma_core.learning.posterior import pattern_name, rule_of
from sigma_core.workers.knowledge_usage import UsedKnowledge
from sigma_core.workers.received_knowledge import ReceivedKnowledge
from sigma_core.workers.rule_priorities import fix_rate, pattern_rate, pattern_rates

COMPARISON = "fixes chosen with knowledge"
"""The dreamer's experiment that says whether knowledge helps to choose."""

Likely = Callable[[int, Mapping[str, float]], Mapping[str, float]]
"""In a project, acceptance to expect (0–1) of rules that are like those it is known of."""


@dataclass(frozen=True)
class FixRanking:
    """One project as dream sees it. `rates`: acceptance to expect by rule, 0–1."""

    rates: Mapping[str, float]
    critical: frozenset[str]
    """Rules of which somebody told that they cannot wait."""
    fixes: Mapping[str, Sequence[ValuedItem]]
    patterns: Mapping[str, Sequence[ValuedItem]]
    texts: Mapping[str, Sequence[ValuedItem]]
    """By rule, what may be shown to a model: only knowledge of this project and of none."""

    def used(self, rule: str, fixer: str) -> Iterator[UsedKnowledge]:
        """The knowledge that gave a rule its place, with the acceptance it let expect."""
        for item in self.fixes.get(rule, ()):
            yield UsedKnowledge(item.id, "choice", item.freshness, fix_rate([item]))
        for item in self.patterns.get(pattern_name(fixer, rule), ())[-1:]:
            yield UsedKnowledge(item.id, "choice", item.freshness, pattern_rate(item))

    def context(self, rule: str) -> Iterator[tuple[str, UsedKnowledge]]:
        """Texts about a rule, each with its use."""
        for item in self.texts.get(rule, ()):
            yield f"{item.type}: {_data_as_text(item)}", UsedKnowledge(item.id, "context", item.freshness)


def fix_ranking(
    received: ReceivedKnowledge,
    project_id: int,
    acceptance: Mapping[str, float],
    *,
    comparison: ExperimentStatus | None = None,
    likely: Likely = lambda _project_id, _known: {},
) -> FixRanking:
    """As things stand. What patterns say yields to the project's own record and to fixes (`acceptance`).

    Where choosing by knowledge was rolled back (`comparison`), it is not chosen by; before that is decided the latest
    word about it counts. Of rules nobody has told of, those that are like them speak (`likely`).
    """
    critical = {*received.about("critical_issue", project_id), *received.about("issue_pattern", project_id)}
    helps = _knowledge_helps(received, project_id, comparison)
    fixes = received.about("successful_fix") if helps else {}
    patterns = received.about("pattern_evolution") if helps else {}
    told = {**pattern_rates(patterns), **acceptance}
    return FixRanking(
        rates={**(likely(project_id, told) if helps else {}), **told},
        critical=frozenset(critical),
        fixes=fixes,
        patterns=patterns,
        texts=_texts(received, project_id),
    )


def _knowledge_helps(received: ReceivedKnowledge, project_id: int, comparison: ExperimentStatus | None) -> bool:
    if comparison in (ExperimentStatus.PROMOTED, ExperimentStatus.ROLLED_BACK):
        return comparison == ExperimentStatus.PROMOTED
    latest = received.about("experiment_result", project_id).get(COMPARISON, ())[-1:]
    return all(item.data["success"] for item in latest)


def _texts(received: ReceivedKnowledge, project_id: int) -> dict[str, list[ValuedItem]]:
    texts: dict[str, list[ValuedItem]] = {}
    for kind in ("successful_fix", "pattern_evolution", "context_enrichment"):
        for subject, items in received.about(kind, project_id).items():
            texts.setdefault(rule_of(subject).removeprefix("rule "), []).extend(items)
    return texts


def _data_as_text(item: ValuedItem) -> str:
    return "; ".join(f"{name} {value}" for name, value in item.data.items() if value is not None)[:2000]
