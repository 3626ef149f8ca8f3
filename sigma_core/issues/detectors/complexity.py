"""Functions with too many ways through them.

The figures are ruff's cyclomatic complexity (its rule C901 asked at threshold 0), because it measures any syntax it
can parse, in the time of reading the files, and equals what a person sees who turns the rule on.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sigma_core.issues.detectors.model import Look
from sigma_core.issues.detectors.ruff_process import ruff_version, run_ruff
from sigma_core.issues.finding import Found
from sigma_core.issues.source import Sources
from sigma_core.issues.tables import Severity

COMPLEX_FUNCTION = "complex-function"
_OPTIONS = ("--isolated", "--ignore-noqa", "--select", "C901", "--config", "lint.mccabe.max-complexity = 0")
_MEASURE = re.compile(r"^`(?P<name>.+)` is too complex \((?P<value>\d+) > 0\)$")


@dataclass(frozen=True)
class FunctionComplexity:
    """A function and its cyclomatic complexity (1: straight through)."""

    file: str
    name: str
    line: int
    column: int
    value: int


@dataclass(frozen=True)
class ComplexityDetector:
    """An issue for each function above `threshold`; the further above, the more severe."""

    threshold: int = 10
    name: str = "complexity"
    heard: Callable[[Sequence[FunctionComplexity]], None] = field(default=lambda _: None, compare=False)
    """Is told every function's figure, so that who wants them too need not have them measured again."""

    @property
    def rules(self) -> str:
        return f"complexity>{self.threshold} ruff {ruff_version()}"

    def look(self, sources: Sources) -> Look:
        functions = measure(sources.root, list(sources.files))
        self.heard(functions)
        found = [self._finding(function) for function in functions if function.value > self.threshold]
        return Look(found, {"complexity": summary([function.value for function in functions])})

    def _finding(self, function: FunctionComplexity) -> Found:
        message = f"`{function.name}` has {function.value} ways through it; {self.threshold} are easy to follow"
        return Found(
            detector=self.name,
            rule=COMPLEX_FUNCTION,
            family="complexity",
            severity=self._severity(function.value),
            file=function.file,
            line=function.line,
            end_line=function.line,
            message=message,
            column=function.column,
        )

    def _severity(self, value: int) -> Severity:
        if value > 4 * self.threshold:
            return Severity.ERROR
        return Severity.WARNING if value > 2 * self.threshold else Severity.INFO


def measure(root: Path, files: Sequence[str]) -> list[FunctionComplexity]:
    """The complexity of every function in these files (relative to `root`), methods and nested ones included."""
    functions = []
    root = root.resolve()
    for record in run_ruff(root, _OPTIONS, files):
        # a file that does not parse is reported here, too
        if match := _MEASURE.match(record["message"]):
            file = Path(record["filename"]).relative_to(root).as_posix()
            place = record["location"]
            functions.append(
                FunctionComplexity(file, match["name"], place["row"], place["column"], int(match["value"]))
            )
    return functions


def summary(values: Sequence[int]) -> dict[str, float]:
    """Number of functions, mean, 90th percentile (nearest rank) and maximum."""
    if not values:
        return {"functions": 0, "mean": 0.0, "p90": 0, "max": 0}
    ordered = sorted(values)
    p90 = ordered[-(-9 * len(ordered) // 10) - 1]
    return {"functions": len(ordered), "mean": round(sum(ordered) / len(ordered), 2), "p90": p90, "max": ordered[-1]}
