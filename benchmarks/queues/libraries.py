"""Two well-known queue libraries on SQLite. Neither fans out: a message is put once for each consumer."""

import json
from pathlib import Path

import litequeue
import persistqueue

from queues.peer import CONSUMERS, text


class LiteQueue:
    """litequeue: pop marks a message, done ends it."""

    name = "litequeue"
    note = "put five times; no batch, types, checks, duplicates"

    def __init__(self, folder: Path) -> None:
        self.queues = [litequeue.LiteQueue(str(folder / f"lite-{consumer}.db")) for consumer in CONSUMERS]
        for queue in self.queues:
            queue.conn.execute("PRAGMA synchronous=NORMAL")
        self.count = 0

    def publish(self, batch: int) -> None:
        for _ in range(batch):
            self.count += 1
            for queue in self.queues:
                queue.put(text(self.count))

    def consume(self, batch: int) -> int:
        done = 0
        for queue in self.queues:
            for _ in range(batch):
                message = queue.pop()
                if message is None:
                    break
                json.loads(message.data)
                queue.done(message.message_id)
                done += 1
        return done


class PersistQueue:
    """persist-queue's acknowledged queue."""

    name = "persist-queue"
    note = "put five times; no batch, types, checks, duplicates"

    def __init__(self, folder: Path) -> None:
        self.queues = [
            persistqueue.SQLiteAckQueue(str(folder / f"persist-{consumer}"), auto_commit=True) for consumer in CONSUMERS
        ]
        self.count = 0

    def publish(self, batch: int) -> None:
        for _ in range(batch):
            self.count += 1
            for queue in self.queues:
                queue.put(text(self.count))

    def consume(self, batch: int) -> int:
        done = 0
        for queue in self.queues:
            for _ in range(min(batch, queue.size)):
                item = queue.get(block=False)
                json.loads(item)
                queue.ack(item)
                done += 1
        return done
