"""What is known: the exchange, the graph, recall, learning."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from sigma_core.addresses import plain
from sigma_core.runtime.parts.prompts import PromptParts

if TYPE_CHECKING:
    from sigma_core.exchange.console_service import ConsoleService
    from sigma_core.exchange.feed import Feed
    from sigma_core.exchange.service import Exchange
    from sigma_core.graph.adapter import KnowledgeGraph
    from sigma_core.graph.browsing import GraphBrowser
    from sigma_core.graph.embeddings.embedder import Embedder
    from sigma_core.graph.embeddings.making import Leave
    from sigma_core.graph.embeddings.vectors import Vectors
    from sigma_core.graph.extraction import Ask
    from sigma_core.graph.filling import Filling, Origin
    from sigma_core.graph.server import EmbeddedServer
    from sigma_core.graph.understanding import Understanding
    from sigma_core.graph.updater import Updater
    from sigma_core.learning.service import Learning
    from sigma_core.recall.keeping import Keeping
    from sigma_core.recall.search import Recall
    from sigma_core.workers.heard import Heard


class KnowledgeParts(PromptParts):
    """Messages between workers, and what they add up to."""

    @cached_property
    def exchange(self) -> Exchange:
        from sigma_core.exchange.registry import Registry, installed
        from sigma_core.exchange.service import Exchange

        return Exchange(
            self.database,
            self.clock,
            Registry(installed()),
            lease_s=self.settings.delivery_lease_s,
            attempts=self.settings.delivery_attempts,
        )

    @cached_property
    def desk(self) -> ConsoleService:
        from sigma_core.exchange.console_service import ConsoleService

        return ConsoleService(self.database, self.clock, self.exchange)

    @cached_property
    def feed(self) -> Feed:
        from sigma_core.exchange.feed import Feed

        return Feed(self.database, self.clock)

    @cached_property
    def graph_server(self) -> EmbeddedServer:
        from sigma_core.graph.server import EmbeddedServer

        return EmbeddedServer(self.settings.home)

    @cached_property
    def graph(self) -> KnowledgeGraph:
        from sigma_core.graph.adapter import Address, KnowledgeGraph

        url, password = plain(self.settings.graph_url), plain(self.settings.graph_password)
        return KnowledgeGraph(self.graph_server, Address(url, self.settings.graph_user, password))

    @cached_property
    def graph_browser(self) -> GraphBrowser:
        from sigma_core.graph.browsing import GraphBrowser

        return GraphBrowser(self.graph)

    @cached_property
    def graph_updater(self) -> Updater:
        from sigma_core.graph.updater import Updater

        return Updater(self.database, self.graph, {name: origin.items for name, origin in self._graph_origins.items()})

    @cached_property
    def graph_filling(self) -> Filling:
        from sigma_core.graph.filling import Filling

        return Filling(self.database, self.clock, self.graph, self._graph_origins)

    @cached_property
    def _graph_origins(self) -> dict[str, Origin]:
        from sigma_core.exchange import projection
        from sigma_core.graph import imported
        from sigma_core.graph.filling import Origin

        return {
            projection.ORIGIN: Origin(partial(projection.items, self.exchange.registry), projection.everything),
            imported.ORIGIN: Origin(imported.items, imported.everything),
        }

    @cached_property
    def understanding(self) -> Understanding | None:
        """None where no model server is configured: texts stay plain episodes."""
        from sigma_core.graph.understanding import Understanding
        from sigma_core.projects.service import open_to_models

        if not self.model.remote:
            return None
        return Understanding(self.database, self.clock, self._ask_about_text, open_to_models)

    def _ask_about_text(self, project_id: int | None) -> Ask:
        from sigma_core.runtime.asking import ask_for_facts

        project = None if project_id is None else self.projects.get(project_id)
        return partial(ask_for_facts, self.questions, project)

    @cached_property
    def embedder(self) -> Embedder | None:
        from sigma_core.graph.embeddings.choosing import choose_embedder

        kind, _, model = self.settings.embedder.partition(":")
        return self._remote_embedder(model) if kind == "openai" else choose_embedder(kind)

    def _remote_embedder(self, model: str) -> Embedder:
        from sigma_core.llm.embedding import RemoteEmbedder

        settings = self.settings
        return RemoteEmbedder(
            model,
            self.meter,
            api_key=settings.openai_api_key,
            base_url=plain(settings.openai_base_url),
            timeout_s=settings.model_timeout_s,
        )

    def may_leave(self, project_id: int) -> bool:
        """May a project's text be sent to a server?"""
        from sigma_core.projects.service import open_to_models

        with self.database.reading() as session:
            return project_id in open_to_models(session)

    @cached_property
    def recall(self) -> Recall:
        from sigma_core.proposals.precedents import ProposalSource
        from sigma_core.recall.facts import FactSource
        from sigma_core.recall.search import Recall, own_sources
        from sigma_core.workers.contexts import ContextModel

        return Recall(
            self.database,
            self.clock,
            (*own_sources(self.exchange.registry), FactSource(), ProposalSource()),
            ContextModel(self._heard("recall")),
            self.vectors,
            may_leave=self.may_leave,
        )

    @cached_property
    def vectors(self) -> Vectors | None:
        from sigma_core.graph.embeddings.vectors import Vectors

        return Vectors(self.database, self.embedder) if self.embedder else None

    @cached_property
    def recall_keeping(self) -> Keeping:
        from sigma_core.graph.embeddings.making import VectorMaking
        from sigma_core.recall.keeping import Keeping

        making = VectorMaking(self.database, self.embedder, self._leave(self.embedder)) if self.embedder else None
        return Keeping(self.database, self.recall.index, making)

    @staticmethod
    def _leave(embedder: Embedder) -> Leave:
        from sqlalchemy import true

        from sigma_core.projects.service import open_to_models
        from sigma_core.recall.leaving import may_leave

        return (lambda session: may_leave(open_to_models(session))) if embedder.remote else lambda _: true()

    @cached_property
    def learning(self) -> Learning:
        from sigma_core.learning.service import Learning

        return Learning(self.database, self.clock)

    def _heard(self, worker: str) -> Heard:
        from sigma_core.workers.heard import Heard

        return Heard(self.database, self.exchange, worker)
