"""Two hosts under load while parts are killed, stopped and away, for a time that is said; then the rows are looked at.

``make soak MINUTES=30``. A third host, which nothing is done to, tells whether memory and open files stay flat. Clocks
are not moved: that needs a machine of its own, and `tests/integration/test_moments.py` does it to the rows.
"""

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fakes.chat_server import ChatServer, answer, failure
from pydantic import SecretStr
from sqlmodel import col, func, select

from hosts.crew import Host
from hosts.invariants import broken_rows, failures
from hosts.projects import Checkout, register
from hosts.servers import Cluster, GraphServer, database
from hosts.waiting import until
from sigma_core.errors import Unavailable
from sigma_core.jobs import SCHEDULED
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import load_settings

LEASE_S, EVERY_S, PROJECTS = 5.0, 20, 3
OPINION = answer({"risks": [], "score": 0.8, "confidence": 0.5, "veto": None})


class Soak:
    """The parts, what is done to them, and what was seen meanwhile."""

    def __init__(
        self, system: System, cluster: Cluster, graph: GraphServer, model: ChatServer, hosts: list[Host]
    ) -> None:
        self._system, self._cluster, self._graph, self._model = system, cluster, graph, model
        self.witness, *self.victims = hosts
        self.done: Counter[str] = Counter()
        self.seen: list[tuple[float, int, float]] = []
        """Memory in MiB and open files of the witness, and how long the oldest due run has waited, in seconds."""

    def fault(self, chance: random.Random) -> None:
        """One of them; returns when the part is back."""
        what: Callable[[Host], None] = chance.choice(
            [self._kill, self._stop, self._restart_database, self._lose_graph, self._lose_model]
        )
        what(chance.choice(self.victims))
        self.done[what.__name__.strip("_").replace("_", " ")] += 1

    def _kill(self, host: Host) -> None:
        host.kill()
        time.sleep(LEASE_S)
        host.start()

    def _stop(self, host: Host) -> None:
        host.send(signal.SIGSTOP)
        time.sleep(2 * LEASE_S)
        host.send(signal.SIGCONT)

    def _restart_database(self, _host: Host) -> None:
        self._cluster.restart()

    def _lose_graph(self, _host: Host) -> None:
        self._graph.kill()
        time.sleep(LEASE_S)
        self._graph.start()

    def _lose_model(self, _host: Host) -> None:
        self._model.script(failure(503))
        time.sleep(2 * LEASE_S)
        self._model.script(OPINION)

    def look(self) -> None:
        """Note how things are; while the database is away nothing."""
        try:
            lag_s = self._system.runtime.status.system().waiting_s
        except Unavailable:
            return
        self.seen.append((self.witness.memory_mib(), self.witness.files(), lag_s))

    def finish(self) -> None:
        """No more cycles are asked for, and those that were end."""
        for host in self.victims:
            host.kill()
        for job in SCHEDULED:
            self._system.runtime.schedule.pause(job, "ann")
        until(self._nothing_open, "all cycles end")
        self.witness.stop()

    def _nothing_open(self) -> bool:
        with self._system.database.reading() as session:
            return session.exec(select(func.count(Run.id)).where(col(Run.finished_at).is_(None))).one() == 0


def main() -> int:
    """The exit code."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    with (
        tempfile.TemporaryDirectory(prefix="sigma-soak-") as place,
        database() as cluster,
        ChatServer() as model,
    ):
        folder, graph = Path(place), GraphServer(Path(place))
        model.script(OPINION)
        graph.start()
        settings = {
            "SIGMA_DATABASE_URL": cluster.url,
            "SIGMA_GRAPH_URL": graph.url,
            "SIGMA_EMBEDDER": "hashed",
            "SIGMA_MODEL": "soaked",
            "OPENAI_BASE_URL": model.url,
            "SIGMA_RUN_LEASE_S": str(LEASE_S),
            "SIGMA_HEARTBEAT_S": str(LEASE_S / 5),
            "SIGMA_RUN_ATTEMPTS": "99",
            "SIGMA_DELIVERY_ATTEMPTS": "99",
        }
        hosts = [Host(folder, name, settings) for name in ("witness", "first", "second")]
        system = build(load_settings(folder / "home").model_copy(update={"database_url": SecretStr(cluster.url)}))
        checkouts = register(system, folder, PROJECTS)
        for number in checkouts:
            system.projects.service.permit(number, actor="ann", model_allowed=True)
        for job in SCHEDULED:
            system.runtime.schedule.set_every(job, EVERY_S, "ann")
        soak = Soak(system, cluster, graph, model, hosts)
        try:
            for host in hosts:
                host.start()
            until(lambda: all(host.is_up(system) for host in hosts), "the hosts start")
            under_load(soak, list(checkouts.values()), minutes * 60)
            soak.finish()
            return report(soak, system, minutes)
        finally:
            for host in hosts:
                host.kill()
            graph.kill()
            system.close()


def under_load(soak: Soak, checkouts: list[Checkout], for_s: float) -> None:
    """Commits, and faults, one after the other."""
    chance, ends = random.Random(20261130), time.monotonic() + for_s
    while time.monotonic() < ends:
        chance.choice(checkouts).change()
        soak.look()
        time.sleep(chance.uniform(2, 10))
        soak.fault(chance)
        soak.look()


def report(soak: Soak, system: System, minutes: float) -> int:
    """What came of it; 1 where something that has to hold does not."""
    with system.database.reading() as session:
        ended = dict(session.exec(select(Run.state, func.count()).group_by(col(Run.state))).all())
    memory, files, lags = zip(*soak.seen, strict=True)
    # The first quarter is for what is loaded once
    warm = len(memory) // 4
    print(f"{minutes:g} minutes, {datetime.now(UTC):%Y-%m-%d}: {sum(soak.done.values())} faults")
    for name, count in sorted(soak.done.items()):
        print(f"  {name:<20} {count:>4}")
    print(f"cycles by their end: {ended}")
    print(f"the witness's memory: {memory[warm]:.0f} MiB after a quarter, {memory[-1]:.0f} MiB at the end")
    print(f"its open files: {files[warm]} after a quarter, {files[-1]} at the end, {max(files)} at most")
    print(f"longest wait of a due cycle: {max(lags):.0f} s")
    print(f"cycles that failed, by reason: {dict(failures(system.database)) or 'none'}")
    broken = broken_rows(system.database)
    print(f"what has to hold and does not: {broken or 'nothing'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
