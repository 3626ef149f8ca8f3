"""Schedulers with homes of their own on one PostgreSQL: throughput, and what becomes of work when parts die.

``python benchmarks/several_hosts.py [PROJECTS] [LEASE_S]``. In the first part 1, 2 and 4 hosts analyse a new commit of
each project. In the second, three hosts prove fixes while one is killed, one is stopped past its lease and the
database is restarted; then the rows are looked at from outside. It ends with 1 where something was lost or doubled.
"""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hosts.crew import Host
from hosts.invariants import broken_rows, failures
from hosts.projects import Checkout, register
from hosts.servers import Cluster, GraphServer, database
from hosts.waiting import until
from pydantic import SecretStr
from sqlmodel import col, func, select

from sigma_core.jobs import SCHEDULED
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import load_settings
from sigma_core.state_machine import RunState

CHAIN = ("analysis", "dream", "think", "learning")


class Bench:
    """Hosts, and what they are asked."""

    def __init__(self, system: System, folder: Path, settings: dict[str, str], checkouts: dict[int, Checkout]) -> None:
        self._system, self._folder, self._settings, self._checkouts = system, folder, settings, checkouts
        self.asked: set[int] = set()

    @contextmanager
    def hosts(self, count: int, label: str) -> Iterator[Sequence[Host]]:
        """So many, at work."""
        crew = [Host(self._folder, f"{label}{number}", self._settings) for number in range(count)]
        try:
            for host in crew:
                host.start()
            until(lambda: all(host.is_up(self._system) for host in crew), "the hosts start")
            yield crew
        finally:
            for host in crew:
                host.kill()

    def change(self) -> None:
        """A commit in each project."""
        for checkout in self._checkouts.values():
            checkout.change()

    def ask(self, worker: str) -> set[int]:
        """One run of each project."""
        runs = {
            self._system.runtime.runs.enqueue(worker, project, requested_by="ann").id or 0
            for project in self._checkouts
        }
        self.asked |= runs
        return runs

    def ended(self, runs: set[int]) -> bool:
        """Whether all of these have."""
        with self._system.database.reading() as session:
            open_ = select(func.count(Run.id)).where(col(Run.id).in_(runs), col(Run.finished_at).is_(None))
            return session.exec(open_).one() == 0

    def held_by(self, host: Host) -> set[int]:
        """Which runs it executes now."""
        with self._system.database.reading() as session:
            running = select(Run.id, Run.owner).where(Run.state == RunState.RUNNING)
            return {run_id or 0 for run_id, owner in session.exec(running) if host.holds(owner)}

    def taken_over_after_s(self, runs: set[int], host: Host) -> float:
        """How long it takes until others execute all of what it held; by the clock of this machine."""
        began = time.monotonic()

        def elsewhere() -> bool:
            with self._system.database.reading() as session:
                rows = session.exec(select(Run.owner, Run.attempt, Run.state).where(col(Run.id).in_(runs))).all()
            return all(attempt > 1 or state == RunState.SUCCESS for owner, attempt, state in rows if owner)

        until(elsewhere, f"what {host.name} held is taken over")
        return time.monotonic() - began


def throughput(bench: Bench, projects: int) -> None:
    """New commits analysed a minute, by 1, 2 and 4 hosts."""
    alone = 0.0
    print(f"\n{'hosts':<8} {'analyses/minute':>16} {'one host = 1':>13}")
    for count in (1, 2, 4):
        with bench.hosts(count, f"of-{count}-") as crew:
            bench.change()
            began = time.monotonic()
            runs = bench.ask("analysis")
            until(lambda runs=runs: bench.ended(runs), "the projects are analysed")
            rate = projects / (time.monotonic() - began) * 60
            for host in crew:
                host.stop()
        alone = alone or rate
        print(f"{count:<8} {rate:>16.1f} {rate / alone:>13.2f}")


def faults(bench: Bench, cluster: Cluster, lease_s: float) -> None:
    """One host killed, one stopped, the database restarted, while fixes are written and proved."""
    print(f"\n{'fault':<52} {'over after':>10} {'limit':>8}")
    with bench.hosts(3, "host") as (first, second, third):
        bench.change()
        for worker in CHAIN:
            runs = bench.ask(worker)
            if worker == "dream":
                until(
                    lambda runs=runs: bool(bench.held_by(first)) or bench.ended(runs),
                    "the first host has something to do",
                )
                held = bench.held_by(first)
                first.kill()
                tell(
                    "a host is killed: its cycles are executed elsewhere",
                    bench.taken_over_after_s(held, first),
                    lease_s,
                )
            if worker == "think":
                until(
                    lambda runs=runs: bool(bench.held_by(second)) or bench.ended(runs),
                    "the second host has something to do",
                )
                held = bench.held_by(second)
                second.send(signal.SIGSTOP)
                waited = bench.taken_over_after_s(held, second)
                tell("a host is stopped: the same", waited, lease_s)
                time.sleep(max(0.0, 1.5 * lease_s - waited))
                second.send(signal.SIGCONT)
                began = time.monotonic()
                cluster.restart()
                until(lambda runs=runs: bool(bench.held_by(third)) or bench.ended(runs), "cycles go on")
                tell("the database is restarted: cycles are executed again", time.monotonic() - began, None)
            until(lambda runs=runs: bench.ended(runs), f"every cycle of {worker} ends")
        second.stop()
        third.stop()


def tell(fault: str, seconds: float, lease_s: float | None) -> None:
    """One line."""
    print(f"{fault:<52} {seconds:>8.1f} s {f'{2 * lease_s:.0f} s' if lease_s else '':>8}")


def main() -> int:
    """The exit code."""
    projects = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    lease_s = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="sigma-hosts-") as place, database() as cluster:
        folder = Path(place)
        graph = GraphServer(folder)
        graph.start()
        settings = {
            "SIGMA_DATABASE_URL": cluster.url,
            "SIGMA_GRAPH_URL": graph.url,
            "SIGMA_EMBEDDER": "hashed",
            "SIGMA_RUN_LEASE_S": str(lease_s),
            "SIGMA_HEARTBEAT_S": str(lease_s / 5),
        }
        try:
            return measure(folder, settings, cluster, projects, lease_s)
        finally:
            graph.kill()


def measure(folder: Path, settings: dict[str, str], cluster: Cluster, projects: int, lease_s: float) -> int:
    """Both parts, and whether all holds."""
    system = build(load_settings(folder / "home").model_copy(update={"database_url": SecretStr(cluster.url)}))
    for job in SCHEDULED:
        system.runtime.schedule.pause(job, "ann")
    bench = Bench(system, folder, settings, register(system, folder, projects))
    print(
        f"{projects} projects, lease {lease_s:g} s, PostgreSQL, a graph server; each host a process with its own home"
    )
    throughput(bench, projects)
    faults(bench, cluster, lease_s)
    broken = [*broken_rows(system.database), *failures(system.database)]
    print(f"\n{len(bench.asked)} cycles asked for; lost, doubled or failed: {broken or 'nothing'}")
    system.close()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
