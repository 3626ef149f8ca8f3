"""Facts in a free text, found by a model with Graphiti's own questions. Nothing is written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from sigma_core.graph.facts import MAX_FACT, plain
from sigma_core.text import storable

if TYPE_CHECKING:
    from graphiti_core.edges import EntityEdge
    from graphiti_core.llm_client import LLMClient

MOST_FACTS = 100
"""Of one text; a model that finds more is not believed to have read it."""
MOST_TOKENS = 4000


@dataclass(frozen=True)
class ExtractionQuestion:
    """What a model is asked. `turns`: role and text; `schema`: what the answer has to fit."""

    name: str
    turns: Sequence[tuple[str, str]]
    schema: Mapping[str, Any]
    max_output_tokens: int


Ask = Callable[[ExtractionQuestion], Mapping[str, Any]]
"""Asks a model. What it raises goes through to whoever wanted the facts."""


@dataclass(frozen=True)
class FoundFact:
    """A fact that a text tells. Its moments are those the text gives, else None."""

    subject: str
    predicate: str
    object: str
    sentence: str
    valid_at: datetime | None
    invalid_at: datetime | None


def facts_in(text: str, written_at: datetime, ask: Ask) -> list[FoundFact]:
    """What a text says, by a model; in two questions, or one where the text names nothing. Raises what `ask` raises."""
    logging.getLogger("graphiti_core").setLevel(logging.ERROR)  # it tells of every name it had to add
    return asyncio.run(_extracted(text, written_at, ask))


async def _extracted(text: str, written_at: datetime, ask: Ask) -> list[FoundFact]:
    from graphiti_core.graphiti_types import GraphitiClients
    from graphiti_core.nodes import EpisodeType, EpisodicNode
    from graphiti_core.utils.maintenance.edge_operations import extract_edges
    from graphiti_core.utils.maintenance.node_operations import extract_nodes

    episode = EpisodicNode(
        name="text",
        group_id="text",
        source=EpisodeType.text,
        source_description="a text",
        content=text,
        valid_at=written_at,
    )
    # Only the model is used of what Graphiti could be given here
    clients = cast(GraphitiClients, SimpleNamespace(llm_client=_client(ask), llm_runtime=None, prompt_library=None))
    nodes, _ = await extract_nodes(clients, episode, [])
    if not nodes:
        return []
    edges, more = await extract_edges(clients, episode, nodes, [], {})
    names = {node.uuid: plain(node.name) for node in (*nodes, *more)}
    return _kept(edges, names)


def _kept(edges: Sequence[EntityEdge], names: Mapping[str, str]) -> list[FoundFact]:
    """Those that say something of two things, each once."""
    found: dict[tuple[str, str, str], FoundFact] = {}
    for edge in edges:
        subject, object_ = names.get(edge.source_node_uuid, ""), names.get(edge.target_node_uuid, "")
        predicate, sentence = plain(edge.name), storable(edge.fact).strip()[:MAX_FACT]
        if subject and object_ and predicate and sentence:
            begins, ends = edge.valid_at, edge.invalid_at
            if begins and ends and ends < begins:
                begins = ends = None
            fact = FoundFact(subject, predicate.lower(), object_, sentence, _utc(begins), _utc(ends))
            found.setdefault((fact.subject, fact.predicate, fact.object), fact)
    return list(found.values())[:MOST_FACTS]


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


def _client(ask: Ask) -> LLMClient:
    from graphiti_core.llm_client import LLMClient
    from graphiti_core.llm_client.config import LLMConfig
    from graphiti_core.prompts.models import Message
    from pydantic import BaseModel

    class Asking(LLMClient):
        """Graphiti's questions, put by `ask`."""

        async def _generate_response(
            self,
            messages: list[Message],
            response_model: type[BaseModel] | None = None,
            max_tokens: int = MOST_TOKENS,
            *_: object,
            **__: object,
        ) -> dict[str, Any]:
            kind = response_model or BaseModel
            turns = [(message.role, message.content) for message in messages]
            question = ExtractionQuestion(kind.__name__, turns, kind.model_json_schema(), min(max_tokens, MOST_TOKENS))
            return dict(ask(question))

    return Asking(LLMConfig(max_tokens=MOST_TOKENS))
