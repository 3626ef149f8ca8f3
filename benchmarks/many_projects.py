"""Two hundred projects, three schedulers, three verifiers, one PostgreSQL: throughput, and faults while all work.

``python benchmarks/many_projects.py [PROJECTS] [LEASE_S]``. In the first part 1, 2 and 4 verifiers prove fixes of a few
projects. In the second a fix of every project is proved and decided while the busiest scheduler is killed,
a verifier is killed in the midst of a verification, the database is restarted, and a scheduler and a verifier are cut
off from it for three leases. It ends with 1 where something was lost, doubled, failed or is stuck afterwards.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from hosts.crew import Host
from hosts.invariants import broken_rows, failures
from hosts.network import Cable
from hosts.projects import Checkout, register
from hosts.servers import Cluster, GraphServer, database
from hosts.waiting import until
from pydantic import SecretStr
from sqlmodel import col, func, select

from sigma_core.jobs import SCHEDULED
from sigma_core.proposals.handing_over.tables import VerificationOrder
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import load_settings
from sigma_core.state_machine import RunState

DIFF = """--- a/shop/part{0}.py
+++ b/shop/part{0}.py
@@ -1,2 +1,2 @@
-def scaled(values, into=[]):
-    return into + [value * 2 for value in values]
+def scaled(values, into=()):
+    return [*into, *(value * 2 for value in values)]
"""
FEW = 8


class Company:
    """Hosts, and fixes for them."""

    def __init__(self, system: System, folder: Path, settings: dict[str, str], checkouts: dict[int, Checkout]) -> None:
        self._system, self._folder, self._settings, self._checkouts = system, folder, settings, checkouts
        self.asked: set[int] = set()

    def host(self, name: str, url: str, *command: str) -> Host:
        """One that is started, on the database at this address."""
        made = Host(self._folder, name, {**self._settings, "SIGMA_DATABASE_URL": url}, *command)
        made.start()
        return made

    def up(self, schedulers: Sequence[Host], verifiers: Sequence[Host]) -> None:
        """Wait until all of these are at work."""
        until(lambda: all(each.is_up(self._system) for each in schedulers), "the schedulers start")
        until(lambda: self._system.proposals.queue.serving() >= len(verifiers), "the verifiers start")

    def propose(self, projects: Sequence[int], part: int) -> set[int]:
        """A fix for each of them, and a cycle that is to decide it."""
        runs = set()
        for number in projects:
            project = self._system.projects.service.get(number)
            self._system.proposals.service.propose(project, DIFF.format(part), title=None, actor="ann")
            runs.add(self._system.runtime.runs.enqueue("think", number, requested_by="ann").id or 0)
        self.asked |= runs
        return runs

    def open(self, runs: set[int]) -> int:
        """How many of these have not ended."""
        with self._system.database.reading() as session:
            still = select(func.count(Run.id)).where(col(Run.id).in_(runs), col(Run.finished_at).is_(None))
            return session.exec(still).one()

    def held_by(self, host: Host) -> set[int]:
        """Which runs it executes now."""
        with self._system.database.reading() as session:
            running = session.exec(select(Run.id, Run.owner).where(Run.state == RunState.RUNNING)).all()
        return {run_id or 0 for run_id, owner in running if host.holds(owner)}

    def elsewhere(self, runs: set[int], host: Host) -> bool:
        """Whether others execute all of these, or have."""
        return not self.held_by(host) & runs


def jobs(url: str) -> list[tuple[int, str, int]]:
    """Of procrastinate: number, status and how often each was given to another."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT id, status, attempts FROM procrastinate.procrastinate_jobs").fetchall()


def tell(what: str, began: float, limit_s: float | None = None) -> None:
    """One line."""
    limit = f"{limit_s:.0f} s" if limit_s else ""
    print(f"{what:<64} {time.monotonic() - began:>7.1f} s {limit:>6}", flush=True)


def throughput(company: Company, url: str, projects: Sequence[int]) -> None:
    """Verifications a minute, by 1, 2 and 4 processes."""
    print(f"\n{'verifiers':<10} {'verifications/minute':>21} {'one = 1':>8}")
    alone = 0.0
    schedulers = [company.host(f"steady{number}", url) for number in range(2)]
    for part, count in enumerate((1, 2, 4), 1):
        verifiers = [company.host(f"of-{count}-{each}", url, "verifier") for each in range(count)]
        company.up(schedulers, verifiers)
        began = time.monotonic()
        runs = company.propose(projects, part)
        until(lambda runs=runs: not company.open(runs), "the fixes are decided")
        rate = len(projects) / (time.monotonic() - began) * 60
        alone = alone or rate
        print(f"{count:<10} {rate:>21.1f} {rate / alone:>8.2f}", flush=True)
        for each in verifiers:
            each.stop()
    for each in schedulers:
        each.stop()


def faults(company: Company, cluster: Cluster, projects: Sequence[int], lease_s: float) -> None:
    """All projects have a fix decided; meanwhile this and that dies."""
    cable = Cable(cluster.url)
    schedulers = [company.host(f"scheduler{number}", cluster.url) for number in range(2)]
    schedulers.append(company.host("scheduler-far", cable.url))
    verifiers = [company.host(f"verifier{number}", cluster.url, "verifier") for number in range(2)]
    verifiers.append(company.host("verifier-far", cable.url, "verifier"))
    with stopped(schedulers + verifiers, cable):
        company.up(schedulers, verifiers)
        began = time.monotonic()
        runs = company.propose(projects, part=4)
        print(f"\n{len(runs)} fixes handed in after {time.monotonic() - began:.0f} s")
        print(f"\n{'fault':<64} {'over after':>9} {'limit':>6}")
        tenth = len(runs) // 10
        step(company, runs, 9 * tenth)
        busiest = max(schedulers[:2], key=lambda each: len(company.held_by(each)))
        held = company.held_by(busiest)
        busiest.kill()
        at = time.monotonic()
        until(lambda: company.elsewhere(held, busiest), "its cycles are executed elsewhere")
        tell(f"the scheduler with the most in hand ({len(held)}) is killed", at, 2 * lease_s)
        busiest.start()

        step(company, runs, 7 * tenth)
        victim = busy(verifiers[:2])
        victim.kill()
        at = time.monotonic()
        until(lambda: any(again and state == "doing" for _, state, again in jobs(cluster.url)), "another takes over")
        tell("a verifier is killed in the midst of a verification", at, 2 * lease_s)
        victim.start()

        step(company, runs, 5 * tenth)
        at, before = time.monotonic(), company.open(runs)
        cluster.restart()
        until(lambda: company.open(runs) < before, "cycles end again")
        tell("the database is restarted: the next cycle ends", at)

        step(company, runs, 4 * tenth)
        until(lambda: bool(company.held_by(schedulers[2])), "the far scheduler has something in hand")
        held, at = company.held_by(schedulers[2]), time.monotonic()
        cable.cut()
        until(lambda: company.elsewhere(held, schedulers[2]), "its cycles are executed elsewhere")
        tell(f"a scheduler ({len(held)} in hand) and a verifier are cut off", at, 2 * lease_s)
        time.sleep(max(0.0, 3 * lease_s - (time.monotonic() - at)))
        cable.mend()

        at = time.monotonic()
        until(lambda: not company.open(runs), "every cycle ends")
        tell("nothing is open any more, after the last fault", at, 600)
        tell(f"{len(runs)} cycles in all", began)


@contextmanager
def stopped(hosts: Sequence[Host], cable: Cable) -> Iterator[None]:
    """All of them, at the end."""
    try:
        yield
    finally:
        cable.mend()
        for each in hosts:
            each.kill()
        cable.close()


def busy(hosts: Sequence[Host]) -> Host:
    """One that is in the midst of something."""
    while True:
        for each in hosts:
            if each.is_busy:
                return each
        time.sleep(0.02)


def step(company: Company, runs: set[int], left: int) -> None:
    """Go on until no more than so many are open."""
    until(lambda: company.open(runs) <= left, f"no more than {left} are open")


def stuck(system: System, url: str, asked: set[int]) -> Iterator[str]:
    """What is not as it has to be afterwards."""
    with system.database.reading() as session:
        ended = Counter(session.exec(select(Run.state).where(col(Run.id).in_(asked))).all())
        if ended != {RunState.SUCCESS: len(asked)}:
            yield f"cycles ended as {dict(ended)}"
        if orders := session.exec(select(func.count(VerificationOrder.id))).one():
            yield f"{orders} orders are left"
        decided = select(func.count(Decision.id)).group_by(col(Decision.proposal_id))
        if several := sum(each > 1 for each in session.exec(decided)):
            yield f"{several} fixes were decided twice"
        states = Counter(session.exec(select(Proposal.state)).all())
        print(f"fixes by their state: {dict(states)}")
        if waiting := states["waiting"]:
            yield f"{waiting} fixes wait"
    if left := jobs(url):
        yield f"procrastinate has {left}"


def main() -> int:
    """The exit code."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    lease_s = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    with tempfile.TemporaryDirectory(prefix="sigma-many-") as place, database() as cluster:
        folder = Path(place)
        graph = GraphServer(folder)
        graph.start()
        settings = {
            "SIGMA_GRAPH_URL": graph.url,
            "SIGMA_EMBEDDER": "hashed",
            "SIGMA_VERIFICATION": "procrastinate",
            "SIGMA_RUN_LEASE_S": str(lease_s),
            "SIGMA_HEARTBEAT_S": str(lease_s / 3),
            "SIGMA_RUN_ATTEMPTS": "9",
        }
        try:
            return measure(folder, settings, cluster, count, lease_s)
        finally:
            graph.kill()


def measure(folder: Path, settings: dict[str, str], cluster: Cluster, count: int, lease_s: float) -> int:
    """Both parts, and whether all holds."""
    known = {"database_url": SecretStr(cluster.url), "verification": "procrastinate"}
    system = build(load_settings(folder / "home").model_copy(update=known))
    for job in SCHEDULED:
        system.runtime.schedule.pause(job, "ann")
    at = time.monotonic()
    checkouts = register(system, folder, count, parts=4)
    took_s = time.monotonic() - at
    print(f"{datetime.now(UTC):%Y-%m-%d}: {count} projects registered in {took_s:.0f} s, lease {lease_s:g} s")
    company = Company(system, folder, settings, checkouts)
    throughput(company, cluster.url, list(checkouts)[:FEW])
    faults(company, cluster, list(checkouts), lease_s)
    broken = [*stuck(system, cluster.url, company.asked), *broken_rows(system.database), *failures(system.database)]
    print(f"\n{len(company.asked)} cycles asked for; lost, doubled, failed or stuck: {broken or 'nothing'}")
    system.close()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
