"""Functions that repeat another one's shape: copied, with names changed.

The shape is the syntax in the order in which it is written, with variables, parameters and literal values left out;
what is called, and the attributes that are asked for, stay. Two shapes are compared by their runs of four parts
(Jaccard's index of the sets); which ones are compared at all is told by the smallest hashes of their runs (Broder,
1997).
"""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sigma_core.issues.detectors.model import Look
from sigma_core.issues.finding import Found
from sigma_core.issues.source import SourceFile, Sources
from sigma_core.issues.tables import Severity

COPIED_FUNCTION = "copied-function"
RUN, SKETCH = 4, 16
"""Parts of a run, and hashes that stand for a function when it is decided whom to compare it with."""
MOST_PARTS = 4_000
"""Of a function; a longer one is data."""
MOST_ALIKE = 40
"""Functions with one hash in common beyond which it tells nothing."""
_NEVER = (ast.Load, ast.Store, ast.Del, ast.arguments, ast.arg, ast.Name, ast.Constant, ast.expr_context)
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class FunctionShape:
    """A function with the hashes of its runs."""

    file: str
    name: str
    line: int
    end_line: int
    is_method: bool
    parts: int
    runs: frozenset[int]

    def likeness(self, other: "FunctionShape") -> float:
        """0–1: runs that both have, of all that either has."""
        both = len(self.runs & other.runs)
        return both / (len(self.runs) + len(other.runs) - both)


@dataclass(frozen=True)
class CopiedCodeDetector:
    """An issue for each function of `fewest_parts` and more that is `alike` (0–1) to one that comes before it.

    Methods of one name are overrides of each other, or meant to be exchanged: they are left alone, as tests are.
    """

    alike: float = 0.75
    fewest_parts: int = 40
    name: str = "copied_code"

    @property
    def rules(self) -> str:
        return f"copied_code>={self.alike} of {self.fewest_parts} by {RUN}"

    def look(self, sources: Sources) -> Look:
        shapes = [
            each for path in sorted(sources.files) if not _is_test(path) for each in self._of(sources.files[path])
        ]
        by_hash: dict[int, list[int]] = {}
        found = []
        for number, shape in enumerate(shapes):
            sketch = sorted(shape.runs)[:SKETCH]
            near = {other for each in sketch for other in by_hash.get(each, ())}
            best = max(
                ((shape.likeness(shapes[other]), -other) for other in near if not _exchanged(shape, shapes[other])),
                default=(0.0, 0),
            )
            if best[0] >= self.alike:
                found.append(self._finding(shape, shapes[-best[1]], best[0]))
            for each in sketch:
                alike = by_hash.setdefault(each, [])
                if len(alike) < MOST_ALIKE:
                    alike.append(number)
        return Look(found)

    def _of(self, source: SourceFile) -> Iterator[FunctionShape]:
        tree = source.parse() if "def " in source.text else None
        if tree is None:
            return
        for name, node, is_method in _functions(tree):
            parts = list(_parts(node))[: MOST_PARTS + 1]
            if self.fewest_parts <= len(parts) <= MOST_PARTS:
                lines = node.lineno, node.end_lineno or node.lineno
                yield FunctionShape(source.path, name, *lines, is_method, len(parts), _runs(parts))

    def _finding(self, shape: FunctionShape, other: FunctionShape, likeness: float) -> Found:
        where = f"in {other.file}" if other.file != shape.file else "in the same file"
        message = f"`{shape.name}` repeats `{other.name}` {where}: {likeness:.0%} of their shape is the same"
        return Found(
            detector=self.name,
            rule=COPIED_FUNCTION,
            family="simplification",
            severity=Severity.INFO,
            file=shape.file,
            line=shape.line,
            end_line=shape.line,
            message=message,
        )


def _functions(tree: ast.Module) -> Iterator[tuple[str, _FUNCTIONS, bool]]:
    """Functions by their dotted names, and whether a class holds them; those within others are part of these."""
    waiting: list[tuple[ast.AST, str, bool]] = [(tree, "", False)]
    while waiting:
        node, prefix, in_class = waiting.pop()
        for each in ast.iter_child_nodes(node):
            if isinstance(each, _FUNCTIONS):
                yield f"{prefix}{each.name}", each, in_class
            elif isinstance(each, ast.ClassDef):
                waiting.append((each, f"{prefix}{each.name}.", True))
            elif isinstance(each, ast.stmt):
                waiting.append((each, prefix, in_class))


def _parts(function: _FUNCTIONS) -> Iterator[str]:
    """The syntax of a body, names and values left out, its docstring too."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    waiting: list[ast.AST] = [*reversed(body)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute):
            yield f".{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield f"{node.func.id}()"
        elif not isinstance(node, _NEVER):
            yield type(node).__name__
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _runs(parts: Sequence[str]) -> frozenset[int]:
    # Of the standard library's hashes this one is the same in every process
    joined = ("\0".join(parts[at : at + RUN]).encode() for at in range(len(parts) - RUN + 1))
    return frozenset(int.from_bytes(hashlib.blake2b(each, digest_size=8).digest()) for each in joined)


def _exchanged(one: FunctionShape, other: FunctionShape) -> bool:
    same = one.name.rpartition(".")[2] == other.name.rpartition(".")[2]
    return same and one.is_method and other.is_method


def _is_test(path: str) -> bool:
    parts = path.split("/")
    return parts[-1].startswith("test_") or parts[-1].endswith("_test.py") or not {"tests", "test"}.isdisjoint(parts)
