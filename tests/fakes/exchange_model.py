"""The exchange as its laws describe it: a few dictionaries, against which the real one is checked."""

from dataclasses import dataclass, field

LEASE_S = 50
ATTEMPTS = 2


@dataclass
class Copy:
    """One recipient's copy."""

    message_id: int
    rank: int
    place: int
    state: str = "ready"
    attempts: int = 0
    due_s: float = 0
    receipt: str | None = None


@dataclass
class Item:
    """One piece of knowledge."""

    message_id: int
    source: str
    told: set[str]


@dataclass
class Model:
    """What has been accepted, and where each copy is."""

    now_s: float = 0
    items: dict[int, Item] = field(default_factory=dict)
    inboxes: dict[str, list[Copy]] = field(default_factory=dict)
    places: int = 0

    def accept(self, number: int, message_id: int, source: str, recipients: list[str], *, urgent: bool) -> None:
        """A publication: new, or known and news to some."""
        item = self.items.setdefault(number, Item(message_id, source, {source}))
        assert item.message_id == message_id
        item.told.add(source)
        for recipient in recipients:
            if recipient not in item.told:
                item.told.add(recipient)
                self.places += 1
                copy = Copy(message_id, 0 if urgent else 1, self.places)
                self.inboxes.setdefault(recipient, []).append(copy)

    def receive(self, worker: str, limit: int) -> list[Copy]:
        """The copies that a receive has to hand out, in order."""
        for copy in self.inboxes.get(worker, []):
            if copy.state in ("leased", "waiting") and copy.due_s <= self.now_s:
                silent = copy.state == "leased" and copy.attempts >= ATTEMPTS
                copy.state, copy.receipt = "dead" if silent else "ready", None
        ready = [copy for copy in self.inboxes.get(worker, []) if copy.state == "ready"]
        taken = sorted(ready, key=lambda copy: (copy.rank, copy.place))[:limit]
        for copy in taken:
            copy.state, copy.attempts, copy.due_s = "leased", copy.attempts + 1, self.now_s + LEASE_S
        return taken

    def holder(self, worker: str, receipt: str) -> Copy | None:
        """The copy that this receipt still names."""
        return next((copy for copy in self.inboxes.get(worker, []) if copy.receipt == receipt), None)

    def finish(self, copy: Copy) -> None:
        """Acknowledged."""
        copy.state, copy.receipt = "done", None

    def reject(self, copy: Copy, delay_s: float) -> None:
        """Handling failed."""
        copy.receipt = None
        if copy.attempts >= ATTEMPTS:
            copy.state = "dead"
        else:
            copy.state, copy.due_s = ("waiting" if delay_s else "ready"), self.now_s + delay_s
