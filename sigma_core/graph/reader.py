"""The graph as those see it who only ask: some groups, at a moment, and how alike its entities are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sigma_core.errors import Unavailable
from sigma_core.graph.snapshot import GraphSnapshot, Mask

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]
    Vector = np.ndarray[Any, np.dtype[np.float32]]
else:
    Matrix = Vector = Any


class GraphReader(Protocol):
    """Some groups of the graph, at one moment."""

    @property
    def at(self) -> datetime:
        """The moment that is asked about."""
        ...

    @property
    def project_names(self) -> Mapping[str, str]:
        """Names of the projects whose groups these are, by group; what is shared has none."""
        ...

    def snapshot(self) -> GraphSnapshot:
        """All that was known at the moment, ended facts too. Raises `Unavailable`."""
        ...

    def holding(self) -> GraphSnapshot:
        """What was known at the moment and held then. Raises `Unavailable`."""
        ...

    def entity_vectors(self, snapshot: GraphSnapshot) -> tuple[Matrix, Mask]:
        """A unit row for each entity, and which of the rows exist. Raises `Unavailable`."""
        ...

    def embed_query(self, text: str) -> Vector:
        """A question, to be multiplied with these rows. Raises `Unavailable`."""
        ...


class SnapshotSource(Protocol):
    """Whoever has snapshots."""

    def of(self, groups: Sequence[str]) -> GraphSnapshot:
        """The graph of these groups as it is now."""
        ...


class VectorSource(Protocol):
    """Whoever has vectors."""

    def entities(self, snapshot: GraphSnapshot) -> tuple[Matrix, Mask]:
        """What `GraphReader.entity_vectors` promises."""
        ...

    def query(self, text: str) -> Vector:
        """What `GraphReader.embed_query` promises."""
        ...


@dataclass(frozen=True)
class SnapshotReader:
    """Reads snapshots of groups; the first group counts first where two entities have one name."""

    snapshots: SnapshotSource
    groups: Sequence[str]
    at: datetime
    vectors: VectorSource | None = None
    project_names: Mapping[str, str] = field(default_factory=dict)

    def snapshot(self) -> GraphSnapshot:
        """What `GraphReader` promises."""
        return self.snapshots.of(self.groups).known_at(self.at.timestamp())

    def holding(self) -> GraphSnapshot:
        """What `GraphReader` promises."""
        return self.snapshots.of(self.groups).holding(self.at.timestamp())

    def entity_vectors(self, snapshot: GraphSnapshot) -> tuple[Matrix, Mask]:
        """What `GraphReader` promises."""
        return self._vectors.entities(snapshot)

    def embed_query(self, text: str) -> Vector:
        """What `GraphReader` promises."""
        return self._vectors.query(text)

    @property
    def _vectors(self) -> VectorSource:
        if self.vectors is None:
            raise Unavailable("There are no vectors of the graph's entities.")
        return self.vectors
