"""Recall: what the room `recall` offers, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.exchange.wiring import ExchangeServices
    from sigma_core.experiments.wiring import ExperimentServices
    from sigma_core.graph.embeddings.embedder import Embedder
    from sigma_core.graph.embeddings.making import Leave
    from sigma_core.graph.wiring import GraphServices
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.recall.answer import Attempts
    from sigma_core.recall.answering import Answering
    from sigma_core.recall.maintenance import RecallMaintenance
    from sigma_core.recall.search import Contexts, Recall
    from sigma_core.recall.source import DocumentSource


class RecallServices:
    """Search in what is known, and the background work that keeps it up to date."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        projects: ProjectServices,
        exchange: ExchangeServices,
        graph: GraphServices,
        experiments: ExperimentServices,
        attempts: Attempts,
        sources: Callable[[], Sequence[DocumentSource]],
        contexts: Contexts,
    ) -> None:
        """`sources`: what else is searched beside its own; `contexts`: as `Recall` takes it.

        `attempts`: what was tried on a rule or a file.
        """
        self._database, self._clock = database, clock
        self._projects, self._exchange, self._graph = projects, exchange, graph
        self._experiments, self._attempts = experiments, attempts
        self._other_sources, self._contexts = sources, contexts

    @cached_property
    def search(self) -> Recall:
        from sigma_core.recall.code import CodeSource
        from sigma_core.recall.facts import FactSource
        from sigma_core.recall.search import Recall, own_sources

        return Recall(
            self._database,
            self._clock,
            (*own_sources(self._exchange.service.registry), FactSource(), CodeSource(), *self._other_sources()),
            self._contexts,
            self._graph.vectors,
            may_leave=self._may_leave,
        )

    @cached_property
    def answering(self) -> Answering:
        from sigma_core.recall.answering import Answering
        from sigma_core.recall.code_answers import CodeAnswers
        from sigma_core.recall.subjects import Subjects

        code = CodeAnswers(self._database, self._experiments.blast_radius)
        return Answering(Subjects(self._database, self.search), code, self._attempts)

    @cached_property
    def maintenance(self) -> RecallMaintenance:
        from sigma_core.graph.embeddings.making import VectorMaking
        from sigma_core.recall.maintenance import RecallMaintenance

        embedder = self._graph.embedder
        making = VectorMaking(self._database, embedder, self._texts_for(embedder)) if embedder else None
        return RecallMaintenance(self._database, self.search.index, making)

    def _may_leave(self, project_id: int) -> bool:
        """May a project's text be sent to a server?"""
        with self._database.reading() as session:
            return project_id in self._projects.open_to_models(session)

    def _texts_for(self, embedder: Embedder) -> Leave:
        """Which texts may be handed to this embedder."""
        from sqlalchemy import true

        from sigma_core.recall.text_policy import may_leave

        open_to_models = self._projects.open_to_models
        return (lambda session: may_leave(open_to_models(session))) if embedder.remote else lambda _: true()
