"""The graph of real code, written. ``python benchmarks/graph_writing.py REPOSITORY… [--graph URL] [--data FOLDER]``.

For each repository its history is read once (`--seconds` at most). Then all of it is written to the embedded graph, and
once more to the server that `--graph` names: entities and facts by kind, facts a second by the clock from the outbox to
the graph, the time until one more commit is shown, and what 1 000 facts take on disk (of a server, where `--data` names
its folder).
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from pydantic import SecretStr

from sigma_core.graph import outbox
from sigma_core.graph.loader import GraphLoader
from sigma_core.graph.outbox import Changed
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def rebuilt(system: System, folder: Path | None, name: str) -> None:
    """Everything written, then one commit more."""
    system.graph.adapter.clear()
    before = size(folder) if folder else 0
    for origin in system.graph._origins.values():  # noqa: SLF001
        with system.database.transaction() as session:
            outbox.enqueue(session, origin.everything(session), system.clock())
    began = time.monotonic()
    system.graph.loader.drain()
    taken = time.monotonic() - began
    held = system.graph.adapter.stats()
    disk = f", {(size(folder) - before) / held.edges:.1f} kB on disk for 1 000 facts" if folder else ""
    one = one_more(system, system.graph.loader)
    print(f"  {name}: {held.edges} facts in {taken:.1f} s, {held.edges / taken:.0f}/s; a commit {one:.2f} s{disk}")


def one_more(system: System, loader: GraphLoader) -> float:
    """Seconds until the graph shows the newest commit, told anew."""
    with system.database.transaction() as session:
        *_, newest = system.codebase.graph_origins()["code_commit"].everything(session)
        outbox.enqueue(session, [Changed(newest.origin, newest.origin_id)], system.clock())
    began = time.monotonic()
    loader.drain()
    return time.monotonic() - began


def measure(repository: Path, home: Path, url: str | None, data: Path | None, budget_s: float) -> None:
    system = build(load_settings(home))
    project = system.projects.service.add(repository, name=repository.name, actor="benchmark")
    began = time.monotonic()
    figures = system.codebase.history.read(project, budget_s=budget_s, tell=lambda _: None)
    print(f"\n{repository.name}: {figures.commits} of {figures.of_commits} commits in {time.monotonic() - began:.1f} s")
    rebuilt(system, home / "graph", "embedded")
    kinds = Counter(kind for entity in system.graph.adapter.read("entities") for kind in entity["kinds"])
    facts = Counter(str(edge["name"]) for edge in system.graph.adapter.read("edges"))
    print(f"  {', '.join(f'{count} {what}' for what, count in [*kinds.most_common(), *facts.most_common()])}")
    system.close()
    if url:
        other = build(load_settings(home).model_copy(update={"graph_url": SecretStr(url)}))
        rebuilt(other, data, url.partition(":")[0])
        other.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="*", type=Path)
    parser.add_argument("--graph", help="bolt://… or falkor://…, without a password; what it holds of SIGMA is removed")
    parser.add_argument("--data", type=Path, help="the server's own folder")
    parser.add_argument("--seconds", type=float, default=600.0, help="for one history")
    given = parser.parse_args()
    for repository in given.repositories or [Path(__file__).resolve().parents[1]]:
        with tempfile.TemporaryDirectory(prefix="sigma-bench-") as home:
            measure(repository.resolve(), Path(home), given.graph, given.data, given.seconds)


if __name__ == "__main__":
    main()
