"""CPU and rate of publish → five consumers, beside peers, in interleaved rounds; and what a backlog costs.

``python benchmarks/exchange.py [ROUNDS] [LARGEST BACKLOG]``. Ratios within one run are to be trusted, not microseconds:
they depend on the machine and on what else it does. Two rows are limits, not rivals.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from heapq import nlargest
from pathlib import Path

from queues.libraries import LiteQueue, PersistQueue
from queues.orm import OrmPerMessage
from queues.ours import Ours
from queues.peer import Peer
from queues.sqlite import LeasedRows, Log
from sqlalchemy import select

from sigma_core.clock import utc_now
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.items import freshest
from sigma_core.exchange.tables import knowledge

PEERS: Sequence[Callable[[Path], Peer]] = (Ours, LeasedRows, Log, OrmPerMessage, LiteQueue, PersistQueue)
ROUND = 100
"""Messages a round."""
OFTEN = 20
"""Questions by index for one scan."""


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """CPU time of this process and time on the clock, microseconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1e6, (time.perf_counter() - wall) * 1e6


def one_round(peer: Peer, batch: int) -> None:
    """`ROUND` messages, published and consumed in batches."""
    for _ in range(ROUND // batch):
        peer.publish(batch)
    for _ in range(ROUND // batch):
        peer.consume(batch)


def compare(folder: Path, batch: int, rounds: int) -> None:
    """All in turns, medians."""
    peers = [make(folder) for make in PEERS]
    costs: dict[str, list[tuple[float, float]]] = {peer.name: [] for peer in peers}
    for number in range(rounds + 1):
        for peer in peers:
            figures = spent(lambda peer=peer: one_round(peer, batch))
            if number:  # the first is to warm up
                costs[peer.name].append(figures)
    print(f"\nPublish → five consumers, batch {batch}, median of {rounds} interleaved rounds of {ROUND} messages")
    print(f"{'':<16} {'us CPU/message':>14} {'messages/s':>11} {'CPU, ours = 1':>14}")
    medians = {
        name: [statistics.median(kind) / ROUND for kind in zip(*all_, strict=True)] for name, all_ in costs.items()
    }
    ours = medians[Ours.name][0]
    for peer in peers:
        cpu, wall = medians[peer.name]
        print(f"{peer.name:<16} {cpu:>14.0f} {1e6 / wall:>11.0f} {cpu / ours:>14.2f}   {peer.note}")


def backlog(folder: Path, sizes: Sequence[int], rounds: int) -> None:
    """What receiving and acknowledging ten costs behind backlogs of these sizes, in turns."""
    print("\nReceive and acknowledge ten, behind a backlog")
    queues = {size: filled(folder / str(size), size) for size in sizes}
    costs: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size, queue in queues.items():
            costs[size].append(spent(lambda queue=queue: queue.consume(10))[0] / 50)
    medians = {size: statistics.median(all_) for size, all_ in costs.items()}
    for size, middle in medians.items():
        ratio = middle / medians[sizes[0]]
        print(f"{size:>8} waiting: {middle:6.0f} us CPU a delivery, {ratio:.2f} of that behind {sizes[0]}")


def freshest_of(folder: Path, size: int, rounds: int) -> None:
    """Finding the 20 freshest by index, beside reading all and computing in Python; both must find the same."""
    ours = filled(folder / "fresh", size)
    now, registry, database = utc_now(), ours.exchange.registry, ours.database

    def by_index() -> list[tuple[int, float]]:
        with database.reading() as session:
            return freshest(session, registry, now, 20)

    def by_scan() -> list[tuple[int, float]]:
        with database.reading() as session:
            rows = session.execute(select(knowledge.c.id, knowledge.c.type, knowledge.c.refreshed_at))
            every = [(row.id, freshness(row.refreshed_at, now, registry.decay_s(row.type))) for row in rows]
        return nlargest(20, every, key=lambda one: (one[1], one[0]))

    assert by_index() == by_scan()

    def often() -> None:
        for _ in range(OFTEN):
            by_index()

    # Several in a row: the first after a scan finds the processor's memory full of the scan
    costs = [(spent(often)[0] / OFTEN, spent(by_scan)[0]) for _ in range(rounds)]
    index, scan = (statistics.median(kind) for kind in zip(*costs, strict=True))
    print(f"\nFreshest 20 of {size}: {index:.0f} us CPU by index, {scan / index:.0f} times that by a scan in Python")


def filled(folder: Path, size: int) -> Ours:
    """An exchange with that many messages waiting."""
    folder.mkdir()
    ours = Ours(folder)
    while ours.count < size:
        ours.publish(1000)
    return ours


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    largest = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    for batch in (1, 100):
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), batch, rounds)
    with tempfile.TemporaryDirectory() as folder:
        backlog(Path(folder), [size for size in (1_000, 20_000, 200_000) if size <= largest], rounds * 3)
        freshest_of(Path(folder), min(largest, 100_000), rounds)


if __name__ == "__main__":
    main()
