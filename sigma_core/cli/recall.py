"""`sigma recall`: what is known about something."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from sigma_core.cli.frame import emit, home, system
from sigma_core.errors import Invalid
from sigma_core.recall.door import ask

ALONE_S = 0.5
"""How long vectors are made first, seconds, where no scheduler makes them."""


def recall(
    query: Annotated[str, typer.Argument(help="Words to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    as_of: Annotated[str | None, typer.Option(help="As it was known then: ISO date or time.")] = None,
    project: Annotated[str | None, typer.Option(help="Id or name.")] = None,
) -> None:
    """Ranked context from knowledge, issues, proposals, facts and code; before it what the code's graph answers."""
    moment = read_moment(as_of)
    asked = {"query": query, "limit": limit, "project": project, "as_of": moment.isoformat() if moment else None}
    document = ask(home(), asked) or _alone(query, limit, moment, project)
    emit(document, _lines(document) or [f"Nothing is known about ‘{query}’ yet."])


def _alone(query: str, limit: int, as_of: datetime | None, project: str | None) -> Mapping[str, Any]:
    """Where no scheduler answers: by words, and by meaning only if they leave something open."""
    sigma = system()
    # Loads the database's side, which somebody else's answer does not need
    from sigma_core.recall.replying import reply

    project_id = sigma.projects.service.get(project).id if project else None
    by_meaning = not sigma.recall.search.words_suffice(query, project_id=project_id)
    if by_meaning and not sigma.runtime.status.system().scheduler_alive:
        sigma.recall.maintenance.tick(ALONE_S)
    return reply(sigma.recall, query, project_id=project_id, limit=limit, as_of=as_of, by_meaning=by_meaning)


def _lines(document: Mapping[str, Any]) -> list[str]:
    """Answers with what says so and since when, then hits."""
    said = [each for answer in document["answers"] for each in answer["sentences"]]
    lines = [f"{each['text']}  [{each['source']}{_since(each)}]" for each in said]
    return [
        *lines,
        *([""] if lines else []),
        *(f"{hit['score']:.2f}  {hit['id']:<16} {hit['text'][:100]}" for hit in document["results"]),
    ]


def _since(sentence: Mapping[str, Any]) -> str:
    return f", since {sentence['valid_at'][:10]}" if sentence["valid_at"] else ""


def read_moment(text: str | None) -> datetime | None:
    """An ISO date or time, of UTC where it says no zone. Raises `Invalid`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            {"as_of": f"{text!r} is no ISO date or time, like 2026-03-01 or 2026-03-01T12:00:00+01:00"}
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
