"""From rows that the graph gives, portion by portion, to the columns of a snapshot."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sigma_core.graph.dialect import moment
from sigma_core.graph.snapshot import Facts, GraphSnapshot, Numbers
from sigma_core.graph.texts import Texts
from sigma_core.text import utf8

if TYPE_CHECKING:
    from collections.abc import Mapping

Rows = Sequence[Sequence[Any]]


class FactColumns:
    """Columns of facts as they come."""

    def __init__(self) -> None:
        self.uuids: list[str] = []
        self.source: list[int] = []
        """Numbers that the database gave to entities."""
        self.target: list[int] = []
        self.predicate: list[int] = []
        self.predicates: dict[str, int] = {}
        self.sentences: list[bytes] = []
        self.moments: tuple[list[float], ...] = ([], [], [], [])
        """Created, valid, invalid, expired."""
        self._seconds = _Seconds()

    def add(self, rows: Rows) -> None:
        """Rows of `queries.SNAPSHOT_FACTS`."""
        if not rows:
            return
        uuids, source, target, *moments, names, sentences = zip(*rows, strict=True)
        self.uuids += uuids
        self.source += source
        self.target += target
        for column, some in zip(self.moments, moments, strict=True):
            column.extend(map(self._seconds.__getitem__, some))
        known = self.predicates
        self.predicate += [known.setdefault(name, len(known)) for name in names]
        self.sentences += map(utf8, sentences)


class EntityColumns:
    """Columns of entities as they come."""

    def __init__(self, groups: Sequence[str]) -> None:
        self.groups: Mapping[str, int] = {group: number for number, group in enumerate(groups)}
        self.numbers: list[int] = []
        """Those that the database gave them."""
        self.uuids: list[str] = []
        self.group: list[int] = []
        self.born_at: list[float] = []
        self.kinds: list[tuple[str, ...]] = []
        self.names: list[bytes] = []
        self.summaries: list[bytes] = []
        self._seconds, self._kinds = _Seconds(), _Kinds()

    def add(self, rows: Rows) -> None:
        """Rows of `queries.SNAPSHOT_ENTITIES`."""
        if not rows:
            return
        numbers, uuids, groups, born, kinds, names, summaries = zip(*rows, strict=True)
        self.numbers += numbers
        self.uuids += uuids
        self.group += map(self.groups.__getitem__, groups)
        self.born_at += map(self._seconds.__getitem__, born)
        self.kinds += map(self._kinds.__getitem__, kinds)
        self.names += map(utf8, names)
        self.summaries += map(utf8, summaries)


def arranged(version: str, entities: EntityColumns, facts: FactColumns) -> GraphSnapshot:
    """As arrays, both in the order of their ids, so that the same graph is the same snapshot."""
    import numpy as np

    order = _order(entities.uuids)
    numbers = np.array(entities.numbers, np.int64)[order]
    return GraphSnapshot(
        version=version,
        uuids=Texts.of(entities.uuids).take(order),
        names=Texts.packed(entities.names).take(order),
        summaries=Texts.packed(entities.summaries).take(order),
        kinds=[entities.kinds[place] for place in order.tolist()],
        groups=tuple(entities.groups),
        group=np.array(entities.group, np.int32)[order],
        born_at=np.array(entities.born_at, np.float64)[order],
        predicates=tuple(facts.predicates),
        facts=_arranged_facts(facts, numbers),
    )


def _arranged_facts(facts: FactColumns, numbers: Numbers) -> Facts:
    """Without those whose ends are gone meanwhile."""
    import numpy as np

    order = _order(facts.uuids)
    source, target = (_places(numbers, np.array(ends, np.int64)[order]) for ends in (facts.source, facts.target))
    whole = (source >= 0) & (target >= 0)
    order, source, target = order[whole], source[whole], target[whole]
    created, valid, invalid, expired = (np.array(column, np.float64)[order] for column in facts.moments)
    return Facts(
        uuids=Texts.of(facts.uuids).take(order),
        source=source,
        target=target,
        predicate=np.array(facts.predicate, np.int32)[order],
        sentences=Texts.packed(facts.sentences).take(order),
        created_at=created,
        valid_at=valid,
        invalid_at=invalid,
        expired_at=expired,
    )


def _order(uuids: Sequence[str]) -> Numbers:
    import numpy as np

    return np.array(uuids, np.bytes_).argsort(kind="stable")


def _places(numbers: Numbers, wanted: Numbers) -> Numbers:
    """Positions at which the wanted numbers stand; -1 where one is not there."""
    import numpy as np

    if not len(numbers):
        return np.full(len(wanted), -1, np.int32)
    by_number = numbers.argsort()
    found = by_number[np.minimum(numbers.searchsorted(wanted, sorter=by_number), len(numbers) - 1)]
    return np.where(numbers[found] == wanted, found, -1).astype(np.int32)


class _Seconds(dict[Any, float]):
    """Moments as a database gives them, in seconds since 1970; nan of none. Many facts share one."""

    def __missing__(self, given: Any) -> float:  # noqa: ANN401 (each database has its own)
        at = moment(given)
        self[given] = seconds = float("nan") if at is None else at.timestamp()
        return seconds


class _Kinds(dict[str, tuple[str, ...]]):
    """Kinds of an entity, each after a line's end."""

    def __missing__(self, given: str) -> tuple[str, ...]:
        self[given] = kinds = tuple(given.split("\n")[1:])
        return kinds
