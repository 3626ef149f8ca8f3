"""The knowledge graph: what the room `graph` offers, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.addresses import plain

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.graph.adapter import KnowledgeGraph
    from sigma_core.graph.browsing import GraphBrowser
    from sigma_core.graph.embeddings.embedder import Embedder
    from sigma_core.graph.embeddings.vectors import Vectors
    from sigma_core.graph.loader import GraphLoader, Origin
    from sigma_core.graph.server import EmbeddedServer
    from sigma_core.graph.snapshots import Snapshots
    from sigma_core.graph.text_extraction import AskAbout, Open, TextExtraction
    from sigma_core.graph.updater import Updater
    from sigma_core.settings import Settings


class GraphServices:
    """The graph, how it is filled and looked at, and the vectors of its texts."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        origins: Callable[[], Mapping[str, Origin]],
        remote_embedder: Callable[[str], Embedder],
        ask_about: Callable[[], AskAbout | None],
        open_to_models: Open,
    ) -> None:
        """What comes from other rooms.

        `origins`: what is written to the graph, beside imported lines; `remote_embedder`: a model server's embeddings,
        by the model's name; `ask_about`: how to ask a model about a text, None without a server; `open_to_models`: ids
        of the projects whose text it may be sent.
        """
        self._settings, self._database, self._clock = settings, database, clock
        self._other_origins, self._remote_embedder = origins, remote_embedder
        self._ask_about, self._open_to_models = ask_about, open_to_models

    @cached_property
    def server(self) -> EmbeddedServer:
        from sigma_core.graph.server import EmbeddedServer

        return EmbeddedServer(self._settings.home)

    @cached_property
    def adapter(self) -> KnowledgeGraph:
        from sigma_core.graph.adapter import Address, KnowledgeGraph

        url, password = plain(self._settings.graph_url), plain(self._settings.graph_password)
        return KnowledgeGraph(self.server, Address(url, self._settings.graph_user, password))

    @cached_property
    def browser(self) -> GraphBrowser:
        from sigma_core.graph.browsing import GraphBrowser

        return GraphBrowser(self.adapter)

    @cached_property
    def snapshots(self) -> Snapshots:
        from sigma_core.graph.snapshots import Snapshots

        return Snapshots(self.adapter)

    @cached_property
    def updater(self) -> Updater:
        from sigma_core.graph.updater import Updater

        return Updater(self._database, self.adapter, {name: origin.items for name, origin in self._origins.items()})

    @cached_property
    def loader(self) -> GraphLoader:
        from sigma_core.graph.loader import GraphLoader

        return GraphLoader(self._database, self._clock, self.adapter, self._origins)

    @cached_property
    def _origins(self) -> Mapping[str, Origin]:
        from sigma_core.graph import imported
        from sigma_core.graph.loader import Origin

        return {**self._other_origins(), imported.ORIGIN: Origin(imported.items, imported.everything)}

    @cached_property
    def text_extraction(self) -> TextExtraction | None:
        """None where no model server is configured: texts stay plain episodes."""
        from sigma_core.graph.text_extraction import TextExtraction

        ask = self._ask_about()
        return TextExtraction(self._database, self._clock, ask, self._open_to_models) if ask else None

    @cached_property
    def embedder(self) -> Embedder | None:
        from sigma_core.graph.embeddings.choosing import choose_embedder

        kind, _, model = self._settings.embedder.partition(":")
        return self._remote_embedder(model) if kind == "openai" else choose_embedder(kind)

    @cached_property
    def vectors(self) -> Vectors | None:
        from sigma_core.graph.embeddings.vectors import Vectors

        return Vectors(self._database, self.embedder) if self.embedder else None

    def close(self) -> None:
        """Let go of the graph, if it was used."""
        if (adapter := vars(self).get("adapter")) is not None:
            adapter.close()
