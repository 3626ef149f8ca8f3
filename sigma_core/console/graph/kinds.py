"""How each kind of entity is called, and its colour and shape: the same in every picture. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sigma_core.graph.vocabulary import (
    AUTHOR,
    CLASS,
    COMMIT,
    EXPERIMENT,
    FILE,
    FUNCTION,
    MODULE,
    PACKAGE,
    PATTERN,
    PROJECT,
    PROPOSAL,
    RULE,
    TEST,
)

OTHER = "other"
"""Kinds that only imported facts speak of."""


class _Mark(NamedTuple):
    light: str
    dark: str
    symbol: str = "circle"


_VIOLET, _CYAN, _AMBER = ("#5046C8", "#8A86F5"), ("#3B9AB8", "#4FB3CF"), ("#D08A0C", "#D69E2E")
_GREEN, _PINK, _BLUE = ("#1A9E63", "#3FB27F"), ("#B5578E", "#D07FB0"), ("#3B74D8", "#5B92EA")
_MARKS: Mapping[str, _Mark] = {
    MODULE: _Mark(*_CYAN),
    CLASS: _Mark(*_BLUE),
    FUNCTION: _Mark(*_GREEN),
    TEST: _Mark(*_GREEN, "rect"),
    FILE: _Mark(*_CYAN, "rect"),
    PACKAGE: _Mark(*_BLUE, "rect"),
    PROPOSAL: _Mark(*_VIOLET),
    RULE: _Mark(*_AMBER),
    PATTERN: _Mark(*_PINK),
    COMMIT: _Mark(*_AMBER, "diamond"),
    AUTHOR: _Mark(*_PINK, "diamond"),
    EXPERIMENT: _Mark(*_VIOLET, "diamond"),
    PROJECT: _Mark(*_GREEN, "diamond"),
    OTHER: _Mark("#8A8B96", "#8A8B96"),
}
_NAMES: Mapping[str, str] = {PATTERN: "kind of fix"}
"""Where a pattern is something else to who reads the console."""


def drawn_kind(kind: str) -> str:
    """The kind as pictures tell it apart."""
    return kind if kind in _MARKS else OTHER


def named_kind(kind: str) -> str:
    """The kind as people call it."""
    return _NAMES.get(kind, kind.replace("_", " "))


def category(kind: str, *, dark: bool) -> Mapping[str, Any]:
    """How a picture shows entities of this kind."""
    mark = _MARKS[kind]
    return {"name": named_kind(kind), "symbol": mark.symbol, "itemStyle": {"color": mark.dark if dark else mark.light}}
