"""Graphiti's own hybrid search over the same facts, on the embedded server, with vectors on its edges."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from recall_parts.large import Large
from sigma_core.clock import utc_now
from sigma_core.graph.adapter import KnowledgeGraph
from sigma_core.graph.dialect import FalkorDialect, open_driver
from sigma_core.graph.facts import Entity, Fact
from sigma_core.graph.graph_rows import SHARED
from sigma_core.graph.server import EmbeddedServer, installed
from sigma_core.graph.writer import GraphItem, Write

AT_ONCE, QUESTIONS = 500, 20
SET_VECTORS = (
    "UNWIND $rows AS row MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->() SET r.fact_embedding = vecf32(row.vector)"
)


def graphiti_search(home: Path, large: Large) -> None:
    """`Graphiti.search`: full text and cosine over edges, fused by ranks; its vectors are compared one by one."""
    if not installed():
        print("no embedded graph server here: Graphiti's search was not run")
        return
    server = EmbeddedServer(home)
    graph = KnowledgeGraph(server)
    now = utc_now()
    for start in range(0, len(large.lines), AT_ONCE):
        writes = [
            Write(
                start + place,
                GraphItem(
                    key=f"fact/{start + place}",
                    type="fact",
                    data={},
                    source="import",
                    project_id=None,
                    valid_at=now,
                    refreshed_at=now,
                    text=line.fact,
                    facts=(Fact(Entity(line.subject), line.predicate, Entity(line.object), line.fact),),
                ),
            )
            for place, line in enumerate(large.lines[start : start + AT_ONCE])
        ]
        graph.write(writes, 120)
    uuids = [edge["uuid"] for edge in graph.read("edges")]
    times = asyncio.run(_asked(f"unix://{server.ensure()}", uuids, large))
    graph.close()
    ordered = sorted(times)
    print(
        f"Graphiti.search on the same facts: p50 {statistics.median(ordered):.0f} ms, "
        f"p95 {ordered[int(len(ordered) * 0.95)]:.0f} ms on the clock, without the time to embed"
    )


async def _asked(url: str, uuids: list[str], large: Large) -> list[float]:
    from graphiti_core.cross_encoder.client import CrossEncoderClient
    from graphiti_core.embedder.client import EmbedderClient
    from graphiti_core.llm_client.client import LLMClient
    from graphiti_core.llm_client.config import LLMConfig

    drawn = np.random.default_rng(3)

    class Drawn(EmbedderClient):
        async def create(self, input_data: Any) -> list[float]:  # noqa: ARG002 (Graphiti's)
            return drawn.standard_normal(384).tolist()

    class NoModel(LLMClient):
        async def _generate_response(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise AssertionError("no model is asked")

    class NoOrder(CrossEncoderClient):
        async def rank(self, query: str, passages: list[str]) -> list[tuple[str, float]]:  # noqa: ARG002 (Graphiti's)
            return [(each, 0.0) for each in passages]

    driver = open_driver(url, None, None)
    assert isinstance(driver, FalkorDialect)
    for start in range(0, len(uuids), AT_ONCE):
        rows = [
            {"uuid": each, "vector": drawn.standard_normal(384).tolist()} for each in uuids[start : start + AT_ONCE]
        ]
        await driver.query(SET_VECTORS, {"rows": rows})
    from graphiti_core import Graphiti

    graphiti = Graphiti(
        graph_driver=driver.graphiti,
        llm_client=NoModel(LLMConfig(api_key="none")),
        embedder=Drawn(),
        cross_encoder=NoOrder(),
    )
    times = []
    for _ in range(QUESTIONS):
        question, began = large.question(), time.perf_counter()
        await graphiti.search(question, group_ids=[SHARED], num_results=10)
        times.append((time.perf_counter() - began) * 1000)
    await driver.close()
    return times
