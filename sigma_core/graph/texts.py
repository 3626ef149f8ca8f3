"""Many texts in little memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma_core.text import utf8

if TYPE_CHECKING:
    import numpy as np

    Positions = np.ndarray[tuple[int], np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts by position. A tenth of what a list of them takes, because a text is made when it is asked for."""

    buffer: bytes
    starts: "Positions"
    ends: "Positions"

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """Pack these texts."""
        return cls.packed([utf8(text) for text in texts])

    @classmethod
    def packed(cls, packed: Sequence[bytes]) -> "Texts":
        """Pack texts that are UTF-8 already."""
        import numpy as np

        ends = np.cumsum(np.fromiter(map(len, packed), np.int64, len(packed)))
        starts = ends - np.fromiter(map(len, packed), np.int64, len(packed))
        return cls(b"".join(packed), starts, ends)

    def take(self, positions: "Positions") -> "Texts":
        """Those at these positions, in their order."""
        return Texts(self.buffer, self.starts[positions], self.ends[positions])

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, position: int) -> str:
        return self.buffer[self.starts[position] : self.ends[position]].decode()

    def __iter__(self) -> Iterator[str]:
        for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            yield self.buffer[start:end].decode()
