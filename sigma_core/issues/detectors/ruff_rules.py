"""Which of ruff's rules are asked, and what each means to a project: family and severity."""

import string

from sigma_core.issues.tables import Severity

SELECTED = (
    "F",
    "E4",
    "E7",
    "E9",
    "W605",
    "B",
    "PLE",
    "PLW",
    "YTT",
    "ASYNC",
    "LOG",  # bugs
    "S",  # security
    "PERF",
    "C4",
    "FURB",  # performance and idiom
    "SIM",
    "RET",
    "PIE",
    "UP",
    "FLY",
    "I",
    "RUF",
    "PLR1",
    "PLR5",
    "TRY2",  # simplification
)
IGNORED = (
    "E741",  # short names are taste
    "PLW0603",
    "PLW2901",  # often meant
    "RUF001",
    "RUF002",
    "RUF003",  # typographic characters are often meant
    "RUF012",  # wrong for every class body read by a framework
    "RUF100",  # knows only the rules selected here, not the project's
    "S404",
    "S603",
    "S607",  # flag every use of subprocess, not a danger
    "SIM108",
    "SIM117",  # often longer lines instead of clearer ones
)
OFF_IN_TESTS = "S"
"""A linter. Tests assert, hold passwords and run what they like on purpose."""

BUG, SECURITY, PERFORMANCE = "bug", "security", "performance"
COMPLEXITY, SIMPLIFICATION, DEAD_CODE = "complexity", "simplification", "dead_code"

_MEANING: dict[str, tuple[str, Severity]] = {
    "": (SIMPLIFICATION, Severity.INFO),
    "invalid-syntax": (BUG, Severity.CRITICAL),
    "E4": (SIMPLIFICATION, Severity.INFO),
    "E7": (SIMPLIFICATION, Severity.INFO),
    "E711": (BUG, Severity.WARNING),
    "E712": (BUG, Severity.WARNING),
    "E721": (BUG, Severity.WARNING),
    "E722": (BUG, Severity.WARNING),
    "E9": (BUG, Severity.ERROR),
    "W605": (BUG, Severity.WARNING),
    "F": (BUG, Severity.ERROR),
    "F401": (DEAD_CODE, Severity.INFO),
    "F403": (SIMPLIFICATION, Severity.WARNING),
    "F405": (SIMPLIFICATION, Severity.INFO),
    "F541": (SIMPLIFICATION, Severity.INFO),
    "F811": (DEAD_CODE, Severity.WARNING),
    "F841": (DEAD_CODE, Severity.WARNING),
    "F842": (DEAD_CODE, Severity.INFO),
    "B": (BUG, Severity.WARNING),
    "B006": (BUG, Severity.ERROR),
    "B007": (SIMPLIFICATION, Severity.INFO),
    "B009": (SIMPLIFICATION, Severity.INFO),
    "B010": (SIMPLIFICATION, Severity.INFO),
    "B018": (DEAD_CODE, Severity.WARNING),
    "B023": (BUG, Severity.ERROR),
    "B028": (SIMPLIFICATION, Severity.INFO),
    "B905": (BUG, Severity.INFO),
    "PLE": (BUG, Severity.ERROR),
    "PLW": (BUG, Severity.WARNING),
    "PLW1508": (BUG, Severity.ERROR),
    "YTT": (BUG, Severity.WARNING),
    "ASYNC": (BUG, Severity.WARNING),
    "LOG": (BUG, Severity.WARNING),
    "S": (SECURITY, Severity.WARNING),
    "S101": (BUG, Severity.INFO),
    "S102": (SECURITY, Severity.ERROR),
    "S110": (BUG, Severity.WARNING),
    "S112": (BUG, Severity.WARNING),
    "S113": (BUG, Severity.WARNING),
    "S202": (SECURITY, Severity.ERROR),
    "S301": (SECURITY, Severity.ERROR),
    "S307": (SECURITY, Severity.ERROR),
    "S311": (SECURITY, Severity.INFO),
    "S501": (SECURITY, Severity.ERROR),
    "S506": (SECURITY, Severity.ERROR),
    "S602": (SECURITY, Severity.ERROR),
    "S605": (SECURITY, Severity.ERROR),
    "S608": (SECURITY, Severity.ERROR),
    "PERF": (PERFORMANCE, Severity.INFO),
    "PERF203": (PERFORMANCE, Severity.INFO),
    "C4": (PERFORMANCE, Severity.INFO),
    "C408": (SIMPLIFICATION, Severity.INFO),
    "C9": (COMPLEXITY, Severity.WARNING),
    "FURB": (SIMPLIFICATION, Severity.INFO),
    "RUF005": (SIMPLIFICATION, Severity.INFO),
    "RUF006": (BUG, Severity.WARNING),
    "RUF015": (PERFORMANCE, Severity.INFO),
    "RUF017": (PERFORMANCE, Severity.WARNING),
    "PLR09": (COMPLEXITY, Severity.INFO),
    "PLR1714": (PERFORMANCE, Severity.INFO),
    "SIM115": (BUG, Severity.WARNING),
    "SIM118": (PERFORMANCE, Severity.INFO),
}
"""By code, or its beginning as far as the linter's letters; the longest that fits counts, the empty one else."""


def linter(code: str) -> str:
    """The letters before the number: which of ruff's linters a rule belongs to."""
    return code.rstrip(string.digits)


def meaning(code: str) -> tuple[str, Severity]:
    """Family and severity of a rule."""
    for length in range(len(code), len(linter(code)) - 1, -1):
        if known := _MEANING.get(code[:length]):
            return known
    return _MEANING[""]
