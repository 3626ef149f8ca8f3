"""Which rules a selector of the linter means: a code, or the beginning of one."""

_OF_SEVERAL = frozenset({"PL"})
"""Letters that several of ruff's linters begin with, and that it takes for all of these."""


def selects(selector: str, rule: str) -> bool:
    """Whether ruff takes the rule for one that the selector means: ``F`` means F401, and neither FURB nor FLY."""
    if selector == "ALL":
        return True
    rest = rule.removeprefix(selector)
    return bool(selector) and rule.startswith(selector) and (selector in _OF_SEVERAL or not rest[:1].isalpha())
