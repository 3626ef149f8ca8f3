"""What a question means. Its vectors are made beside the search by words, which takes as long."""

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sigma_core.errors import Unavailable
from sigma_core.graph.embeddings.embedder import Vector
from sigma_core.recall.vector_index import Similarities, VectorIndex

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QuerySimilarity:
    """Similarity as 0–1: above `floor`, what unrelated texts have in common.

    `rest` waits for the vector of the question without the names in it; None where there are none, or nothing else.
    """

    likeness: Similarities
    floor: float
    rest: Callable[[], Vector] | None

    def nearest(self, limit: int) -> list[int]:
        """The documents most alike."""
        return self.likeness.nearest(limit, self.floor)

    def of(self, ids: Collection[int]) -> dict[int, float]:
        """Of these documents; those that have no vector yet are left out."""
        return self._scaled(self.likeness.of(ids))

    def with_rest(self, ids: Collection[int]) -> dict[int, float]:
        """The same with the rest of the question; nothing where that is not to be had."""
        if self.rest is None or not ids:
            return {}
        try:
            return self._scaled(self.likeness.with_question(self.rest(), ids))
        except Unavailable as error:
            log.warning("Recall compares with the whole question only: %s", error)
            return {}

    def _scaled(self, cosines: Mapping[int, float]) -> dict[int, float]:
        return {id_: max(0.0, (cosine - self.floor) / (1 - self.floor)) for id_, cosine in cosines.items()}


class PendingQuery:
    """A question whose vectors are being made."""

    def __init__(
        self, index: VectorIndex, make: Callable[[str], Future[Vector]], text: str, project_id: int | None
    ) -> None:
        self._index, self._make, self._project_id = index, make, project_id
        self._whole = make(text)
        self._rest = ""

    def without_names(self, rest: str) -> None:
        """What the question says beside names will be wanted too."""
        self._rest = rest

    def meaning(self) -> QuerySimilarity | None:
        """Wait for it; None where it is not to be had."""
        try:
            likeness = self._index.likeness(self._whole.result(), self._project_id)
        except Unavailable as error:
            log.warning("Recall goes without meaning: %s", error)
            return None
        return QuerySimilarity(likeness, self._index.vectors.embedder.floor, self._rest_made() if self._rest else None)

    def _rest_made(self) -> Callable[[], Vector]:
        """Beside what follows the product, which wants both cores; where it costs money, not before it is wanted."""
        vectors = self._index.vectors
        return partial(vectors.query, self._rest) if vectors.embedder.remote else self._make(self._rest).result


class QueryVectors:
    """Asks what questions mean. `may_leave`: whether a project's may be handed to an embedder that is remote."""

    def __init__(self, index: VectorIndex, may_leave: Callable[[int], bool]) -> None:
        self._index, self._may_leave = index, may_leave
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="recall-question")

    def ask(self, text: str, project_id: int | None) -> PendingQuery | None:
        """None where there is nothing to compare with, or the question may not leave."""
        vectors = self._index.vectors
        if vectors.embedder.remote and project_id is not None and not self._may_leave(project_id):
            return None
        return None if vectors.empty() else PendingQuery(self._index, self._made, text, project_id)

    def _made(self, text: str) -> Future[Vector]:
        return self._beside.submit(self._index.vectors.query, text)
