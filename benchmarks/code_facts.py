"""Facts about code beside parsing alone. ``python benchmarks/code_facts.py [REPOSITORY…] [--seconds S]``.

Without a repository, the one that this file lies in. For each: CPU time of reading the head beside `ast.parse` of the
same files, of a commit of its history, of the next commit; what the graph holds and how fast it was written; and
whether the graph, as of three tags (or commits), says what the tags' own trees define and import.
"""

import argparse
import ast
import contextlib
import gc
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sigma_core.codebase.commits import Commit, main_line
from sigma_core.codebase.python_reader import MOST_BYTES
from sigma_core.codebase.resolution import SourceTree
from sigma_core.codebase.tree_state import ParsedFiles, TreeState, is_known, is_read, read_afresh
from sigma_core.graph.adapter import KnowledgeGraph
from sigma_core.graph.vocabulary import DEFINES, IMPORTS, PACKAGE
from sigma_core.projects.git import Clone, run
from sigma_core.projects.tables import Project
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

ROUNDS = 5
"""How often, in turns, the head is parsed and read; the least of each counts."""

Said = set[tuple[str, str, str]]
"""What is defined, by its full name, and which modules import which: predicate, subject, object."""


def timed(work: Callable[[], object]) -> float:
    """CPU time, seconds, without that of garbage from before."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def blobs_of(clone: Clone, commit: str) -> dict[str, str]:
    return {path: file.blob for path, file in clone.files(commit).items() if is_known(path) and file.is_plain}


def afresh(clone: Clone, commit: str) -> TreeState:
    blobs = blobs_of(clone, commit)
    contents = clone.contents(sorted(set(blobs.values())), MOST_BYTES)
    return read_afresh(blobs, ParsedFiles(contents.get), {})


def parse_alone(clone: Clone, commit: str) -> None:
    """Hands every file of a commit to `ast.parse`, and keeps nothing."""
    contents = clone.contents(sorted(set(blobs_of(clone, commit).values())), MOST_BYTES)
    for content in contents.values():
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            ast.parse(content)


def own(clone: Clone, commit: str) -> Said:
    """What a commit's own tree says."""
    facts = {fact for said in afresh(clone, commit).facts.values() for fact in said}
    names = {fact.object: fact.says for fact in facts if fact.predicate == DEFINES}
    named = {each: names.get(each, each.name) for fact in facts for each in (fact.subject, fact.object)}
    return {(DEFINES, "", fact.says) for fact in facts if fact.predicate == DEFINES} | {
        (IMPORTS, named[fact.subject], named[fact.object]) for fact in facts if fact.predicate == IMPORTS
    }


def as_of(edges: list[dict[str, object]], kinds: dict[object, list[str]], commit: Commit) -> Said:
    """What the graph says of the moment at which a commit was the newest."""
    holding = [
        edge
        for edge in edges
        if edge["valid_at"] <= commit.at and (edge["invalid_at"] is None or edge["invalid_at"] > commit.at)
    ]
    names = {edge["target"]: str(edge["fact"]).partition(" defines ")[2] for edge in holding if edge["name"] == DEFINES}
    names |= {edge["target"]: str(edge["object"]) for edge in holding if PACKAGE in kinds[edge["target"]]}
    said: Said = {(DEFINES, "", names[edge["target"]]) for edge in holding if edge["name"] == DEFINES}
    return said | {
        (IMPORTS, names[edge["source"]], names[edge["target"]]) for edge in holding if edge["name"] == IMPORTS
    }


def tags(clone: Clone, repository: Path, line: list[Commit]) -> list[Commit]:
    """Three commits of the main line, tagged ones if there are so many."""
    clone.fetch(repository)
    by_id = {commit.id: commit for commit in line}
    tagged = [by_id[commit] for commit in _tagged(repository) if commit in by_id] or line
    return [tagged[len(tagged) * part // 4] for part in (1, 2, 3)]


def _tagged(repository: Path) -> list[str]:
    listing = run("for-each-ref", "--format=%(objectname) %(*objectname)", "refs/tags", directory=repository).decode()
    return [fields[-1] for line in listing.splitlines() if (fields := line.split())]


def measure(repository: Path, home: Path, budget_s: float) -> None:
    system = build(load_settings(home))
    project = system.projects.service.add(repository, name=repository.name, actor="benchmark")
    clone = system.projects.service.clone(project)
    line = main_line(clone.main_line(project.head))
    state = afresh(clone, project.head)
    turns = [
        (timed(lambda: parse_alone(clone, project.head)), timed(lambda: afresh(clone, project.head)))
        for _ in range(ROUNDS)
    ]
    alone, whole = (min(of) for of in zip(*turns, strict=True))
    print(
        f"\n{repository.name}: {len(state.blobs)} files, {sum(map(is_read, state.blobs))} of Python, "
        f"{len(line)} commits"
    )
    print(f"  head: {whole:.2f} s beside {alone:.2f} s of ast.parse alone: {whole / alone:.2f} ×")
    sources = {path: state.source(path) for path in state.blobs}
    told = [source for source in sources.values() if source]
    tree = SourceTree(state.names, sources.get)
    calls = sum(len(source.calls) for source in told)
    known = sum(tree.resolve(path, each.callee) is not None for path, s in sources.items() if s for each in s.calls)
    unknown = sum(source.calls_unknown for source in told)
    print(f"  calls: {known} of {calls} distinct ones by name lead to a definition or package; {unknown} sites unnamed")
    older = Project(**{**project.model_dump(), "head": line[1].id}) if len(line) > 1 else project
    history = system.codebase.history
    spent = timed(lambda: history.read(older, budget_s=budget_s, tell=lambda _: None))
    figures = history.read(older, budget_s=0, tell=lambda _: None)
    end = "" if figures.is_complete else ", not to the first"
    print(f"  history: {figures.commits} of {figures.of_commits} commits{end}, {spent:.1f} s")
    began = time.monotonic()
    history.read(project, budget_s=0, tell=lambda _: None)
    print(f"  the next commit: {time.monotonic() - began:.2f} s by the clock")
    began = time.monotonic()
    system.graph.loader.drain()
    taken = time.monotonic() - began
    graph = system.graph.adapter
    edges = [edge for edge in graph.read("edges") if edge["name"] in ("DEFINES", "IMPORTS", "CALLS", "INHERITS")]
    print(f"  graph: {len(edges)} facts in {taken:.1f} s by the clock, {len(edges) / taken:.0f}/s")
    print(f"    {counted(graph, edges)}")
    if figures.is_complete:
        check(clone, repository, line, edges, graph)
    system.close()


def counted(graph: KnowledgeGraph, edges: list[dict[str, object]]) -> str:
    entities = Counter(kind for entity in graph.read("entities") for kind in entity["kinds"])
    facts = Counter(str(edge["name"]) for edge in edges)
    return ", ".join(f"{count} {what}" for what, count in [*entities.most_common(), *facts.most_common()])


def check(
    clone: Clone, repository: Path, line: list[Commit], edges: list[dict[str, object]], graph: KnowledgeGraph
) -> None:
    kinds = {entity["uuid"]: entity["kinds"] for entity in graph.read("entities")}
    for commit in tags(clone, repository, line):
        shown, wanted = as_of(edges, kinds, commit), own(clone, commit.id)
        equal = len(shown & wanted) / max(1, len(shown | wanted))
        print(f"  as of {commit.id[:10]} ({commit.at:%Y-%m-%d}): {equal:.1%} of {len(wanted)} DEFINES and IMPORTS")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=600.0, help="for one history")
    given = parser.parse_args()
    for repository in given.repositories or [Path(__file__).resolve().parents[1]]:
        with tempfile.TemporaryDirectory(prefix="sigma-bench-") as home:
            measure(repository.resolve(), Path(home), given.seconds)


if __name__ == "__main__":
    main()
