"""Which fixes are not offered, and why: what a person asks who finds no proposals."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sigma_core.formatting import plural

if TYPE_CHECKING:
    from sigma_core.runtime.system import System

_MOST_REASONS = _MOST_RULES = 5


def withheld_in(sigma: "System", projects: Iterable[int]) -> dict[str, Counter[str]]:
    """Why fixes of open issues are not offered in any of these projects, with how many of each rule."""
    found: dict[str, Counter[str]] = {}
    for project_id in projects:
        for reason, rules in sigma.issues.withheld(project_id).items():
            found.setdefault(reason, Counter()).update(rules)
    return found


def withheld_lines(reasons: Mapping[str, Counter[str]]) -> list[str]:
    """What is not offered and why, the most frequent reason first, with its rules; nothing where all is."""
    if not reasons:
        return []
    by_number = sorted(reasons.items(), key=lambda each: -each[1].total())
    named = len(by_number) if len(by_number) == _MOST_REASONS + 1 else _MOST_REASONS
    most, others = by_number[:named], by_number[named:]
    number = sum(rules.total() for rules in reasons.values())
    lines = [f"{plural(number, 'fix', 'fixes')} not offered (`sigma rules offer RULE --reason WHY` changes that):"]
    lines += [f"  {rules.total()} because {reason}: {_most_of(rules)}" for reason, rules in most]
    if others:
        left = Counter[str]()
        for _, rules in others:
            left.update(rules)
        lines.append(f"  {left.total()} for {plural(len(others), 'other reason')}: {_most_of(left)}")
    return lines


def _most_of(rules: Counter[str]) -> str:
    by_number = sorted(rules.items(), key=lambda each: (-each[1], each[0]))
    named = [f"{rule} ({count})" if count > 1 else rule for rule, count in by_number[:_MOST_RULES]]
    more = len(rules) - len(named)
    return ", ".join(named) + (f" and {plural(more, 'more rule')}" if more else "")
