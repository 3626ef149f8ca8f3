"""The naive way: SQLAlchemy objects, a commit for each message and each step."""

import json
from pathlib import Path

from sqlalchemy import ForeignKey, Index, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from queues.peer import CONSUMERS, text


class Base(DeclarativeBase):
    """Its tables."""


class Item(Base):
    """A message."""

    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[str]


class Copy(Base):
    """A consumer's copy."""

    __tablename__ = "copy"
    __table_args__ = (Index("inbox", "recipient", "state", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    recipient: Mapped[str]
    state: Mapped[str]
    item: Mapped[Item] = relationship()


class OrmPerMessage:
    """One commit for each publication and each acknowledgement, whatever the batch."""

    name = "ORM per message"
    note = "SQLAlchemy objects, WAL; no checks, duplicates, leases"

    def __init__(self, folder: Path) -> None:
        self.engine = create_engine(f"sqlite:///{folder / 'orm.db'}")

        @event.listens_for(self.engine, "connect")
        def configure(connection, _record) -> None:
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")

        Base.metadata.create_all(self.engine)
        self.count = 0

    def publish(self, batch: int) -> None:
        for _ in range(batch):
            self.count += 1
            with Session(self.engine) as session:
                item = Item(data=text(self.count))
                session.add_all([item, *(Copy(item=item, recipient=worker, state="ready") for worker in CONSUMERS)])
                session.commit()

    def consume(self, batch: int) -> int:
        return sum(self._take(worker) for worker in CONSUMERS for _ in range(batch))

    def _take(self, worker: str) -> bool:
        waiting = select(Copy).where(Copy.recipient == worker, Copy.state == "ready").order_by(Copy.id).limit(1)
        with Session(self.engine) as session:
            copy = session.scalars(waiting).first()
            if copy is None:
                return False
            json.loads(copy.item.data)
            copy.state = "done"
            session.commit()
            return True
