"""Looking around in the graph: find an entity, see what is near it, read its facts. Every read is bounded."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

from sigma_core.errors import NotFound, Unavailable
from sigma_core.formatting import interval
from sigma_core.graph import browsing_queries as queries
from sigma_core.graph.adapter import KnowledgeGraph, Stats
from sigma_core.graph.dialect import Record
from sigma_core.graph.graph_rows import attributes_of, group_id
from sigma_core.graph.read_models import OPEN, EntityNeighbourhood, EntityView, FactView, grow
from sigma_core.graph.similar_names import close_names, parts_of
from sigma_core.graph.single_flight import SingleFlight

PATIENCE_S = 5.0
"""How long a person is kept waiting. What takes longer goes on; asked again it may be there."""
MOST_HOPS = 3
MOST_ENTITIES = 60
"""In one picture: more cannot be read."""
MOST_FACTS = 200
MOST_LINES = 600
CANDIDATES = 500
PER_HOP = (28, 5, 3)
"""How many neighbours of one entity are followed, hop by hop."""
Answer = TypeVar("Answer")


class NotYet(Unavailable):
    """It takes longer than a person waits."""


class GraphBrowser:
    """What people see of the graph. `groups` of a call: the ids of the projects looked at, None for what is shared."""

    def __init__(self, graph: KnowledgeGraph, *, patience_s: float = PATIENCE_S) -> None:
        self._graph, self._patience_s = graph, patience_s
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="graph-browser")
        # Both look at the whole graph
        self._answers = SingleFlight(self._pool)

    def stats(self) -> Stats:
        """How much there is, or was a moment ago. Raises `Unavailable`."""
        counted: Stats = self._result(self._answers.ask("stats", self._graph.stats))
        return counted

    def kinds(self, groups: Sequence[int | None]) -> dict[str, int]:
        """How many entities there are of each kind, the commonest first, now or a moment ago."""
        read = partial(self._ask, queries.KINDS, {"groups": _ids(groups)})
        counted = self._result(self._answers.ask(("kinds", *groups), read))
        return {str(record["kind"]): int(record["entities"]) for record in counted}

    def search(
        self, text: str, groups: Sequence[int | None], limit: int = 8, kinds: Sequence[str] = ()
    ) -> list[EntityView]:
        """Entities whose name holds the text, whatever its capitals; the shortest name is the best. Empty: all fit.

        `kinds`, here and elsewhere: only entities of these; of all where there are none named.
        """
        wanted = {"groups": _ids(groups), "text": text.strip().lower(), "limit": limit, "kinds": list(kinds)}
        return [_entity_view(record) for record in self._records(queries.SEARCH, wanted)]

    def resembling(self, text: str, groups: Sequence[int | None], limit: int = 5) -> list[str]:
        """Names much like a text that none holds, the likest first."""
        wanted = {"groups": _ids(groups), "parts": parts_of(text), "limit": CANDIDATES}
        return close_names(text, [str(record["name"]) for record in self._records(queries.RESEMBLING, wanted)], limit)

    def most_connected(
        self, groups: Sequence[int | None], limit: int = 8, kinds: Sequence[str] = ()
    ) -> list[EntityView]:
        """Where to begin: entities with the most facts, now or a moment ago."""
        wanted = {"groups": _ids(groups), "limit": limit, "kinds": list(kinds)}
        read = partial(self._ask, queries.MOST_CONNECTED, wanted)
        asked = self._answers.ask((*groups, limit, *kinds), read)
        return [_entity_view(record) for record in self._result(asked)]

    def find(self, key: str, groups: Sequence[int | None]) -> EntityView:
        """An entity by its id or its name. Raises `NotFound` that names those much like it."""
        found = self._records(queries.IDENTIFIED, {"uuids": [key]})
        found = found or self._records(queries.NAMED, {"name": key, "groups": _ids(groups)})
        if found:
            return _entity_view(found[0])
        close = self.resembling(key, groups)
        raise NotFound("entity", f"{key[:80]} (close names: {', '.join(close)})" if close else key[:80])

    def near(self, entity: EntityView, hops: int, at: datetime, kinds: Sequence[str] = ()) -> EntityNeighbourhood:
        """What is at most so many hops away, whenever it held; of much, what holds at a moment and is best known."""
        return self._within(partial(self._near, entity, min(max(hops, 1), MOST_HOPS), at, kinds))

    def facts(self, entity: EntityView) -> list[FactView]:
        """All its facts of all times, those that began last first, with what they come from."""
        return self._within(partial(self._facts, entity))

    def _near(self, entity: EntityView, hops: int, at: datetime, kinds: Sequence[str]) -> EntityNeighbourhood:
        distance, frontier, left_out = {entity.uuid: 0}, [entity.uuid], 0
        for hop in range(1, hops + 1):
            wanted = {"uuids": frontier, "at": at, "open": OPEN, "each": PER_HOP[hop - 1], "kinds": list(kinds)}
            found = {record["uuid"]: record for record in self._ask(queries.AROUND, wanted)}
            ways = [(found[uuid]["reached"], found[uuid]["neighbours"]) for uuid in frontier if uuid in found]
            frontier, missed = grow(distance, ways, hop, MOST_ENTITIES)
            left_out += missed
        uuids = list(distance)
        records = self._ask(queries.IDENTIFIED, {"uuids": uuids})
        known = {record["uuid"]: _entity_view(record) for record in records}
        lines = self._ask(queries.BETWEEN, {"uuids": uuids, "limit": MOST_LINES})
        return EntityNeighbourhood(
            entity,
            [(known[uuid], hop) for uuid, hop in distance.items() if uuid in known],
            [_fact(record, known[record["source"]].name, known[record["target"]].name, {}) for record in lines],
            left_out,
        )

    def _facts(self, entity: EntityView) -> list[FactView]:
        records = self._ask(queries.FACTS, {"uuid": entity.uuid, "limit": MOST_FACTS})
        episodes = sorted({uuid for record in records for uuid in record["episodes"] or ()})
        names = {each["uuid"]: str(each["name"]) for each in self._ask(queries.EPISODE_NAMES, {"uuids": episodes})}
        return [_fact(record, record["subject"], record["object"], names) for record in records]

    def _records(self, cypher: str, parameters: Mapping[str, object]) -> list[Record]:
        return self._within(partial(self._ask, cypher, parameters))

    def _ask(self, cypher: str, parameters: Mapping[str, object]) -> list[Record]:
        return self._graph.records(cypher, parameters)

    def _within(self, read: Callable[[], Answer]) -> Answer:
        return self._result(self._pool.submit(read))

    def _result(self, asked: Future[Answer]) -> Answer:
        try:
            return asked.result(self._patience_s)
        except TimeoutError:
            raise NotYet(f"The graph did not answer within {interval(self._patience_s)}. It may be starting.") from None


def _ids(groups: Sequence[int | None]) -> list[str]:
    return [group_id(each) for each in groups]


def _entity_view(record: Record) -> EntityView:
    return EntityView(
        record["uuid"],
        record["name"],
        record["group_id"],
        tuple(record["kinds"] or ()),
        record.get("facts"),
        record.get("summary") or "",
    )


def _fact(record: Record, subject: str, object_: str, episodes: Mapping[str, str]) -> FactView:
    return FactView(
        record["uuid"],
        (record["source"], subject),
        record["name"],
        (record["target"], object_),
        record["fact"],
        record["valid_at"],
        record["invalid_at"],
        record["evidence_count"],
        tuple(episodes[uuid] for uuid in record["episodes"] or () if uuid in episodes),
        attributes_of(record["attributes"]),
    )
