"""Knowledge in words: what an item says, what two contradicting ones disagree on. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sigma_core.console import words
from sigma_core.exchange.disputes import ConflictSide, Dispute
from sigma_core.exchange.items import Item
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.types import BUILT_IN

LONGEST = 140
KINDS: dict[str, tuple[str, ...]] = {
    "All": (),
    "Risks": ("risk_pattern",),
    "Issues": ("issue_pattern", "critical_issue"),
    "Fixes": ("successful_fix", "proposal_quality"),
    "Results": ("decision_outcome", "experiment_result"),
    "Trends": ("pattern_evolution",),
    "Context": ("context_enrichment",),
}
"""Filters of the feed, and the types each lets through."""

Data = Mapping[str, Any]
_SENTENCES: dict[str, Callable[[Data], str]] = {
    "risk_pattern": lambda d: f"{_pattern(d['pattern'])}, severity {d['severity']}, confidence {d['confidence']:.2f}",
    "decision_outcome": lambda d: f"{_numbered(d['decision'])} {_decided(d)}: {short(d['learning'])}",
    "successful_fix": lambda d: f"{_pattern(d['pattern'])} {_mends(d)}, improvement {d['improvement']:.2f}",
    "issue_pattern": lambda d: f"{d['issue_type']}, {d['severity']}, {_times(d['frequency'])}: {short(d['impact'])}",
    "pattern_evolution": lambda d: f"{_pattern(d['pattern'])} is {_trend(d)}, confidence {d['confidence']:.2f}",
    "context_enrichment": lambda d: f"{d['context_type']}: {_enrichment_text(d)}",
    "proposal_quality": lambda d: f"{_numbered(d['proposal'])} scored {d['score']:.2f}, {d['verdict']}",
    "experiment_result": lambda d: f"{d['experiment']} {_outcome(d)}, {words.signed(d['improvement'], '{:.2f}')}",
    "critical_issue": lambda d: f"{d['issue_type']}: {short(d['impact'])}",
}
_QUOTED: Mapping[str, Mapping[str, str]] = {
    kind.name.replace("_", " "): {name.replace("_", " "): name for name in kind.model_fields}
    for kind in BUILT_IN
    if kind.name in _SENTENCES
}
"""Types of knowledge as recall quotes them, with their fields."""


def sentence(type_name: str, data: Data) -> str:
    """What an item says, in one line; for types of others, and for what no longer fits, its fields."""
    write = _SENTENCES.get(type_name, _fields)
    try:
        said = write(data)
    except (KeyError, TypeError, ValueError):
        said = _fields(data)
    return words.headed(_cut(said))


def short(value: object) -> str:
    """A payload's value in one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {short(inner)}" for name, inner in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(short, value)) or "nothing"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def value(found: object) -> str:
    """A payload's value in full: text as it is, anything else as JSON."""
    return found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False)


def route(item: Item) -> str:
    """From → to."""
    return f"{item.source} → {', '.join(item.target) or 'nobody'}"


def question(dispute: Dispute) -> str:
    """What a person is asked to decide."""
    kind = dispute.kind
    about = _picked(dispute.standing.item.data, kind.subject) if kind else ""
    asked = " and ".join(name.replace("_", " ") for name in kind.claim) if kind else "item"
    return words.headed(_cut(f"{_pattern(about) or dispute.type}: which {asked} is right?"))


def claimed(claim: ConflictSide, kind: type[Payload] | None) -> str:
    """What one side says where they differ."""
    if kind is None:
        return f"item {claim.item.id}"
    said = [_field_text(name, claim.item.data.get(name)) for name in kind.claim]
    return _cut(", ".join(said), 40)


def _field_text(name: str, found: object) -> str:
    if isinstance(found, bool):
        return name.replace("_", " ") if found else f"no {name.replace('_', ' ')}"
    return short(found)


def _numbered(name: str) -> str:
    """decision/183 as people say it."""
    kind, slash, number = name.partition("/")
    return f"{kind} {number}" if slash else name


def _pattern(name: str) -> str:
    """linter_safe fix of F401 as people say it."""
    return name.replace("linter_safe fix", "safe linter fix").replace("linter_unsafe fix", "unsafe linter fix")


def _mends(data: Data) -> str:
    return "works" if str(data["issue_type"]) in data["pattern"] else f"fixes {data['issue_type']}"


def _trend(data: Data) -> str:
    return "of unknown trend" if data["trend"] == "unknown" else str(data["trend"])


def _times(frequency: float) -> str:
    return "once" if frequency == 1 else f"{frequency:g} times"


def _enrichment_text(data: Data) -> str:
    """What was found in words, where it has any; the subject of the whole is not said once more."""
    enrichment = data["enrichment"]
    text = enrichment.get("text") if isinstance(enrichment, Mapping) else None
    if not isinstance(text, str) or not text:
        return short(enrichment)
    return _quoted(text).removeprefix(f"{data['context_type']}, ".removeprefix("rule "))


def _quoted(text: str) -> str:
    """Where recall quotes another item, field by field, that item's own sentence; any other text as it is."""
    kind, _, told = text.partition(": ")
    names = _QUOTED.get(kind)
    if names is None:
        return text
    found = re.split(f"(?:^|; )({'|'.join(names)}) ", told)[1:]
    data = {names[name]: _number(said) for name, said in zip(found[::2], found[1::2], strict=True)}
    try:
        return _SENTENCES[kind.replace(" ", "_")](data)
    except (KeyError, TypeError, ValueError):
        return text


def _number(said: str) -> object:
    try:
        return float(said)
    except ValueError:
        return said


def _decided(data: Data) -> str:
    """One stored before undecided outcomes were told apart may be either where it is no success."""
    known = data["success"] or data.get("outcome") is not None
    return _outcome(data) if known else "was not approved"


def _outcome(data: Data) -> str:
    if data.get("outcome") == "undecided":
        return "is undecided"
    return "succeeded" if data["success"] else "failed"


def _picked(data: Data, names: tuple[str, ...]) -> str:
    return ", ".join(_named(name, short(data[name])) for name in names if data.get(name) is not None)


def _named(name: str, said: str) -> str:
    """A name or a number alone does not say what it is of."""
    return f"{name.replace('_', ' ')} {said}" if len(said) < 12 else said


def _fields(data: Data) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {short(found)}" for name, found in data.items())


def _cut(text: str, longest: int = LONGEST) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip(' …')}…"
