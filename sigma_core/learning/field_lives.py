"""How issues fared in public repositories with long histories: what a first project is compared with.

The figures ship as `field_lives.json`, made by `benchmarks/issue_lives.py`.
"""

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from sigma_core.learning.pooling import RuleTally

_FILE = Path(__file__).with_name("field_lives.json")


@cache
def _shipped() -> Mapping[str, Mapping[str, tuple[float, float]]]:
    loaded: dict[str, dict[str, tuple[float, float]]] = json.loads(_FILE.read_text())["projects"]
    return loaded


def field_tallies(*, without: Collection[str] = ()) -> dict[str, dict[str, RuleTally]]:
    """By project and rule; but for projects that are known otherwise."""
    return {
        f"{name} (public)": {rule: RuleTally(*counts) for rule, counts in rules.items()}
        for name, rules in _shipped().items()
        if name not in without
    }
