"""Two embedders, one promise: unit rows in the texts' order; one of them understands what is meant."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sigma_core.graph.embeddings import minilm
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.embeddings.hashed import HashedEmbedder
from sigma_core.graph.embeddings.minilm import MiniLM

PARAPHRASES = (
    ("The cache is emptied after each deployment", "Every release clears what was cached"),
    ("A missing index made the query slow", "The lookup took long because the table had no index"),
    ("Close files when you are done with them", "File handles must be released after use"),
    ("Passwords were written to the log", "Credentials leaked into log files"),
    ("The worker crashed when memory ran out", "An out-of-memory condition killed the background process"),
    ("Rename the function to say what it does", "Give this method a more telling name"),
    ("Tests fail now and then for no reason", "The suite is flaky"),
    ("Users must confirm their e-mail address", "An account needs a verified mailbox"),
)
PINNED = "cached values are cleared"
needs_model = pytest.mark.skipif(not minilm.is_installed(), reason="no wheel of the model for this platform")


@pytest.fixture(scope="module", params=[HashedEmbedder, pytest.param(MiniLM, marks=needs_model)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return request.param()


def test_rows_are_unit_vectors_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["a text that is rather longer than the others " * 3, "short", "of middle length, more or less"] * 15
    rows = embedder.rows(texts)
    assert (rows.shape, rows.dtype) == ((len(texts), embedder.dim), np.float32)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    for place in (0, 1, 2, 44):
        assert embedder.rows([texts[place]])[0] @ rows[place] > 0.99


def test_no_text_and_a_text_without_words_are_no_trouble(embedder: Embedder) -> None:
    assert embedder.rows([]).shape == (0, embedder.dim)
    assert np.isfinite(embedder.rows(["", "   ", "\N{PILE OF POO}", "x" * 100_000])).all()


def test_letters_alone_give_the_same_row_in_every_process() -> None:
    row = HashedEmbedder().rows([PINNED])[0]
    assert (int(np.flatnonzero(row)[0]), int((row != 0).sum())) == (19, 40)


@needs_model
def test_paraphrases_are_far_nearer_than_unrelated_texts() -> None:
    model = MiniLM()
    ones, others = (model.rows([pair[side] for pair in PARAPHRASES]) for side in (0, 1))
    likeness = ones @ others.T
    same, unrelated = np.diag(likeness), likeness[~np.eye(len(PARAPHRASES), dtype=bool)]
    assert same.mean() > 0.45
    assert unrelated.mean() < 0.12
    # "flaky" it does not know
    assert (likeness.argmax(axis=1) == np.arange(len(PARAPHRASES))).sum() >= len(PARAPHRASES) - 1


@needs_model
def test_the_model_reports_to_nobody_and_leaves_nothing_behind(tmp_path: Path) -> None:
    code = "from sigma_core.graph.embeddings.minilm import MiniLM; MiniLM().rows(['a question'])"
    ours = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", code], env={**ours, "TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
