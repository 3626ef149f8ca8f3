"""What makes vectors of texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]
    """One unit row for each text."""
    Vector = np.ndarray[tuple[int], np.dtype[np.float32]]
else:
    Matrix = Vector = Any


class Embedder(Protocol):
    """Makes vectors whose products say how alike texts are, 1 at most. Safe to use from all threads."""

    @property
    def model_id(self) -> str:
        """Names the space: vectors of two ids cannot be compared, nor can thresholds on them."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def remote(self) -> bool:
        """Do texts leave this machine?"""
        ...

    @property
    def floor(self) -> float:
        """Likeness (cosine) up to which two texts have nothing in common."""
        ...

    def rows(self, texts: Sequence[str]) -> Matrix:
        """One row for each text, in their order; questions and documents alike. Raises `Unavailable`."""
        ...
