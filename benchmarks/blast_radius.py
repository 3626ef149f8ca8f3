"""Which tests fail when a function breaks: foretold by the code's facts, by file names, and by the order of files.

``python benchmarks/blast_radius.py [REPOSITORY…] [--functions N] [--first K]``. Each function drawn by chance has its
body replaced by one that raises; all tests run. Told is, of the tests that fail then (at most K count), the share among
the first K of the blast radius, of the tests of the same-named file, and of all tests in the order of files, with 95 %
intervals by 2,000 resamples of the functions. Tests with parameters count as one, inherited ones as those they inherit.
A repository brings its environment in ``.venv``; without a repository, the shipped sample is asked about.
"""

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sigma_core.codebase.code_snapshot import CodeSnapshots
from sigma_core.codebase.module_names import module_names
from sigma_core.codebase.python_reader import parse
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.graph.vocabulary import INHERITS, TEST
from sigma_core.projects.sample import create
from sigma_core.projects.service import Projects
from sigma_core.runtime.build import build
from sigma_core.settings import Settings
from sigma_core.strategies.blast_radius import blast_radius
from sigma_core.strategies.code_graph import code_graph
from sigma_core.strategies.nearest_first import nearest_first

WAYS = ("blast radius", "same-named file", "file order")
HOPS = 5
GRACE_S = 30.0


@dataclass(frozen=True)
class Place:
    """A function with its lines in a file."""

    name: str
    path: str
    first: int
    end: int


def facts_of(repository: Path, home: Path) -> GraphSnapshot:
    """What the head of a repository says."""
    system = build(Settings(home=home, sandbox="none", history_s=0))
    projects: Projects = system.projects.service
    project = projects.add(repository, name=repository.name, actor="benchmark")
    system.codebase.history.read(projects.refresh(project), budget_s=0, tell=lambda _: None)
    found = CodeSnapshots(system.database).of(project.id or 0)
    system.close()
    return found


def tree_of(repository: Path, into: Path) -> Path:
    """A copy of the committed files."""
    into.mkdir()
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=repository, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x"], cwd=into, input=packed, check=True)
    return into


def functions_of(tree: Path, snapshot: GraphSnapshot) -> list[Place]:
    """Functions outside of tests whose body can be replaced."""
    code = code_graph(snapshot)
    names = module_names(str(path.relative_to(tree)) for path in tree.rglob("*.py"))
    found = []
    for path, module in names.by_path.items():
        text = (tree / path).read_bytes()
        source = parse(text)
        bodies = _bodies(text) if source else {}
        for each in source.definitions if source else ():
            place = snapshot.positions(f"{module}.{each.name}")
            if each.kind == "function" and each.line in bodies and place and not code.in_tests[place[0]]:
                found.append(Place(f"{module}.{each.name}", path, *bodies[each.line]))
    return found


def _bodies(text: bytes) -> dict[int, tuple[int, int]]:
    """First and last line of each body that begins on a line of its own, by the line of its function."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.body[0].lineno > node.lineno:
            found[node.lineno] = (node.body[0].lineno, node.body[-1].end_lineno or node.body[-1].lineno)
    return found


class Suite:
    """The tests of a tree, run by its project's interpreter."""

    def __init__(self, tree: Path, python: Path) -> None:
        self._tree, self._python = tree, python
        self._names = module_names(str(path.relative_to(tree)) for path in tree.rglob("*.py"))
        self._limit_s = 600.0
        began = time.monotonic()
        self.failing = self.failures()
        self._limit_s = 3 * (time.monotonic() - began) + GRACE_S

    def failures(self) -> frozenset[str]:
        """Full names of the tests that fail."""
        path = os.pathsep.join([str(self._tree / "src"), str(self._tree)])
        options = (
            "-q",
            "-rfE",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "--continue-on-collection-errors",
        )
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1000"}
        command = [str(self._python), "-m", "pytest", *options]
        try:
            done = subprocess.run(
                command,
                cwd=self._tree,
                env=environment,
                capture_output=True,
                text=True,
                timeout=self._limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return frozenset()
        lines = (line.split(" ", 1)[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR ")))
        return frozenset(name for line in lines if (name := self._name(line)))

    def _name(self, line: str) -> str:
        path, _, inside = line.partition("::")
        inside = inside.partition("[")[0].partition(" ")[0].replace("::", ".")
        return f"{self._names.by_path[path]}.{inside}" if inside and path in self._names.by_path else ""

    def broken_by(self, place: Place) -> frozenset[str]:
        """Tests that fail with this function's body raising, and only then."""
        file = self._tree / place.path
        before = file.read_bytes()
        lines = before.splitlines(keepends=True)
        start = lines[place.first - 1]
        indent = start[: len(start) - len(start.lstrip())]
        file.write_bytes(b"".join([*lines[: place.first - 1], indent + b"raise RuntimeError\n", *lines[place.end :]]))
        try:
            return self.failures() - self.failing
        finally:
            file.write_bytes(before)


def first_tests(snapshot: GraphSnapshot, place: Place, count: int) -> dict[str, list[str]]:
    """The first tests by each way."""
    code, names = code_graph(snapshot), snapshot.names
    radius = blast_radius(snapshot, snapshot.positions(place.name), HOPS)
    every = sorted(names[each] for each in np.flatnonzero(code.are(TEST)).tolist())
    stem = Path(place.path).stem.strip("_")
    wanted = {f"test_{stem}", f"{stem}_test", f"{stem}_tests"}
    same = [name for name in every if not wanted.isdisjoint(name.split("."))]
    found = ([names[each] for each in nearest_first(radius)], same, every)
    return {way: some[:count] for way, some in zip(WAYS, found, strict=True)}


def defined(snapshot: GraphSnapshot, test: str) -> str:
    """The test that this one is, or that it inherits."""
    owner, _, name = test.rpartition(".")
    facts, names = snapshot.facts, snapshot.names
    inherits = code_graph(snapshot).facts(INHERITS)
    waiting = [owner]
    for here in waiting:
        if snapshot.positions(f"{here}.{name}"):
            return f"{here}.{name}"
        mine = [each for each in inherits.tolist() if names[int(facts.source[each])] == here]
        waiting += [base for each in mine if (base := names[int(facts.target[each])]) not in waiting]
    return test


def interval(values: Sequence[float]) -> str:
    """The mean with its 95 % interval."""
    chance, sample = np.random.default_rng(0), np.array(values)
    means = sample[chance.integers(0, len(sample), (2000, len(sample)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{sample.mean():.2f} ({low:.2f} to {high:.2f})"


def measure(repository: Path, work: Path, functions: int, first: int) -> dict[str, list[float]]:
    snapshot = facts_of(repository, work / "home")
    tree = tree_of(repository, work / "tree")
    python = repository / ".venv/bin/python"
    suite = Suite(tree, python if python.exists() else Path(sys.executable))
    places = functions_of(tree, snapshot)
    random.Random(0).shuffle(places)
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    for place in places[: 3 * functions]:
        failing = {defined(snapshot, name) for name in suite.broken_by(place)}
        if not failing:
            continue
        for way, tests in first_tests(snapshot, place, first).items():
            shares[way].append(len(failing & set(tests)) / min(first, len(failing)))
        if len(shares[WAYS[0]]) >= functions:
            break
    print(f"\n{repository.name}: {len(places)} functions, {len(shares[WAYS[0]])} of which tests notice when they break")
    for way in WAYS if shares[WAYS[0]] else ():
        print(f"  {way:16} {interval(shares[way])}", flush=True)
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument("--functions", type=int, default=30, help="that tests notice, of each repository")
    parser.add_argument("--first", type=int, default=20, help="tests that count")
    given = parser.parse_args()
    whole: dict[str, list[float]] = {way: [] for way in WAYS}
    for repository in given.repositories or [None]:
        with tempfile.TemporaryDirectory(prefix="sigma-bench-") as folder:
            work = Path(folder)
            asked = create(work / "sample") if repository is None else repository.resolve()
            for way, shares in measure(asked, work, given.functions, given.first).items():
                whole[way] += shares
    if len(given.repositories) > 1:
        print(f"\nall: {len(whole[WAYS[0]])} functions")
        for way in WAYS:
            print(f"  {way:16} {interval(whole[way])}")


if __name__ == "__main__":
    main()
