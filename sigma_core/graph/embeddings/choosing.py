"""Which embedder is in use."""

from sigma_core.errors import Invalid
from sigma_core.graph.embeddings import minilm
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.embeddings.hashed import HashedEmbedder
from sigma_core.graph.embeddings.minilm import MiniLM


def choose_embedder(name: str) -> Embedder | None:
    """The embedder that `SIGMA_EMBEDDER` names; None: none is wanted. Raises `Invalid` where it cannot be had."""
    if name == "none":
        return None
    installed = minilm.is_installed()
    if name == "minilm" and not installed:
        raise Invalid({"SIGMA_EMBEDDER": "minilm has no wheel for this platform; auto takes what there is"})
    return HashedEmbedder() if name == "hashed" or not installed else MiniLM()
