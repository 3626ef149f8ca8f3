"""What a publication makes of what is known: pure steps over one plan."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from sigma_core.exchange.digests import is_near, to_json
from sigma_core.exchange.message import Published
from sigma_core.exchange.validation import Checked

Words = tuple[str, Mapping[str, Any]]
"""A digest, and the data that says it."""


class KnownItem(NamedTuple):
    """An item that is there."""

    id: int
    source: str
    recipients: tuple[str, ...]
    confirmed_by: tuple[str, ...] = ()
    contradicted: bool = False


@dataclass(frozen=True)
class KnownItems:
    """What is stored already of the items of a publication."""

    by_origin: Mapping[str, KnownItem]
    by_digest: Mapping[str, KnownItem]
    words: Mapping[str, Sequence[Words]]
    """By near key, newest first, what living items say."""
    ended: Sequence[int]
    """Items that say the same and are past their life."""


@dataclass(slots=True)
class PlannedItem:
    """An item of knowledge that the publication speaks of, and all that changes about it."""

    first: Checked
    latest: Checked
    """What was said last counts."""
    source: str
    recipients: tuple[str, ...]
    copies: list[tuple[str, tuple[str, ...]]]
    """Urgency, and the inboxes that a copy goes to."""
    confirmed_by: tuple[str, ...] = ()
    id: int = 0
    """0: it is new, and has no id yet."""
    times: int = 1
    """How often the publication says it."""
    contradicted: bool = False

    def confirm(self, item: Checked) -> None:
        """Count one more that says the same; it goes to those alone to whom it is news."""
        source = item.draft.source
        have = {*self.recipients, self.source, *self.confirmed_by}
        newcomers = tuple(worker for worker in item.recipients if worker not in have)
        if newcomers:
            self.copies.append((item.draft.urgency, newcomers))
            self.recipients += newcomers
        if source != self.source and source not in self.confirmed_by:
            self.confirmed_by += (source,)
        self.latest = item


class PublicationAnswer(NamedTuple):
    """What its publisher is told of one message, once the entry has its id."""

    entry: PlannedItem | KnownItem
    recipients: tuple[str, ...]
    duplicate: bool

    def published(self, lost: Collection[int]) -> Published:
        """`lost`: the items that have lost a conflict at once: nobody is left to receive a new one of them."""
        nobody = not self.duplicate and self.entry.id in lost
        return Published(self.entry.id, () if nobody else self.recipients, self.duplicate)


@dataclass
class PublicationPlan:
    """All that a publication is to change."""

    ended: Sequence[int]
    new: list[PlannedItem] = field(default_factory=list)
    repeated: list[PlannedItem] = field(default_factory=list)
    origins: list[tuple[str, PlannedItem]] = field(default_factory=list)
    """The findings that are told of, and by which entries."""
    answers: list[PublicationAnswer] = field(default_factory=list)
    """One for each message, in their order."""

    @property
    def entries(self) -> Iterator[PlannedItem]:
        """What is new, and what is repeated."""
        return chain(self.new, self.repeated)

    @property
    def challengers(self) -> dict[int, str]:
        """Ids and subjects of what meets those that contradict it: what is new, or has lost and is said again."""
        return {
            entry.id: entry.first.subject
            for entry in chain(self.new, (entry for entry in self.repeated if entry.contradicted))
            if entry.first.subject is not None
        }


def planned(items: Sequence[Checked], known_items: KnownItems) -> PublicationPlan:
    """Sort what is new from what repeats something known or an earlier one of these."""
    plan = PublicationPlan(known_items.ended)
    entries: dict[str, PlannedItem] = {}
    words = {key: list(several) for key, several in known_items.words.items()}
    told = {
        name: PublicationAnswer(known, known.recipients, duplicate=True)
        for name, known in known_items.by_origin.items()
    }
    for item in items:
        name = item.draft.origin
        if name is not None and name in told:
            plan.answers.append(told[name])
            continue
        said = item
        if item.near is not None and item.digest not in known_items.by_digest:
            said = _in_known_words(item, words.setdefault(item.near, []))
        entry = entries.get(said.digest)
        known = known_items.by_digest.get(said.digest)
        duplicate = entry is not None or known is not None
        if entry is None:
            entry = entries[said.digest] = _entry(said) if known is None else _repetition(said, known)
            (plan.new if known is None else plan.repeated).append(entry)
        else:
            entry.times += 1
            entry.confirm(said)
        plan.answers.append(PublicationAnswer(entry, entry.recipients, duplicate))
        if name is not None:
            plan.origins.append((name, entry))
            told[name] = PublicationAnswer(entry, entry.recipients, duplicate=True)
    return plan


def _entry(item: Checked) -> PlannedItem:
    draft = item.draft
    return PlannedItem(item, item, draft.source, item.recipients, [(draft.urgency, item.recipients)])


def _repetition(item: Checked, known: KnownItem) -> PlannedItem:
    entry = PlannedItem(
        item, item, known.source, known.recipients, [], known.confirmed_by, known.id, contradicted=known.contradicted
    )
    entry.confirm(item)
    return entry


def _in_known_words(item: Checked, words: list[Words]) -> Checked:
    """The item in the words of the one it is near to; else as it is, and `words` gets it."""
    for digest, data in words:
        if is_near(type(item.payload), data, item.data):
            worded = {**data, **{name: item.data[name] for name in item.payload.volatile}}
            return item._replace(digest=digest, data=worded, text=to_json(worded).decode())
    words.append((item.digest, item.data))
    return item
