"""Vectors of the letters alone: finds the same words spelt otherwise, and nothing that is said in other words."""

import re
import zlib
from collections.abc import Iterator, Sequence

from sigma_core.graph.embeddings.embedder import Matrix

_WORD = re.compile(r"\w+")
GRAMS = (3, 4)


class HashedEmbedder:
    """Words and runs of three and four letters, hashed; needs nothing that is not installed everywhere."""

    model_id = "hashed-letters-512"
    dim = 512
    floor = 0.15
    remote = False

    def rows(self, texts: Sequence[str]) -> Matrix:
        """The same text has the same row, everywhere and for ever."""
        import numpy as np

        rows: Matrix = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for piece in _pieces(text):
                code = zlib.crc32(piece.encode())
                row[code % self.dim] += 1 if code & 0x8000_0000 else -1
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.where(lengths == 0, 1, lengths)
        return rows


def _pieces(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.casefold()):
        yield word
        edged = f"^{word}$"
        for length in GRAMS:
            yield from (edged[start : start + length] for start in range(len(edged) - length + 1))
