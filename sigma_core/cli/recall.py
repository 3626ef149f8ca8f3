"""`sigma recall`: what is known about something."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sigma_core.cli.frame import emit, system
from sigma_core.errors import Invalid

ALONE_S = 0.5
"""How long vectors are made first, seconds, where no scheduler makes them."""


def recall(
    query: Annotated[str, typer.Argument(help="Words to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    as_of: Annotated[str | None, typer.Option(help="As it was known then: ISO date or time.")] = None,
    project: Annotated[str | None, typer.Option(help="Id or name.")] = None,
) -> None:
    """Ranked context from what is stored: knowledge, issues, proposals, facts; each with what speaks for it."""
    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    if not sigma.runtime.status.system().scheduler_alive:
        sigma.recall.maintenance.tick(ALONE_S)
    hits = sigma.recall.search.search(query, project_id=project_id, limit=limit, as_of=_moment(as_of))
    document = [
        {
            "id": hit.id,
            "text": hit.text,
            "score": hit.score,
            "freshness": hit.freshness,
            "source": hit.source,
            "reason": hit.reason,
        }
        for hit in hits
    ]
    lines = [f"{hit.score:.2f}  {hit.id:<16} {hit.text[:100]}" for hit in hits]
    emit({"results": document}, lines or [f"Nothing is known about ‘{query}’ yet."])


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            {"as_of": f"{text!r} is no ISO date or time, like 2026-03-01 or 2026-03-01T12:00:00+01:00"}
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
