"""One reply to a question, as a document that every door hands out: sentences that answer it, and ranked context."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma_core.recall.wiring import RecallServices


def reply(
    recall: "RecallServices", query: str, *, project_id: int | None, limit: int, as_of: datetime | None
) -> Mapping[str, Any]:
    """Answers are of today's code: where something else is asked for, there are none. Raises `Invalid`."""
    hits = recall.search.search(query, project_id=project_id, limit=limit, as_of=as_of)
    answer = recall.answering.answer(query, project_id) if as_of is None else None
    return {
        "answers": [asdict(answer)] if answer else [],
        "results": [
            {
                "id": hit.id,
                "text": hit.text,
                "score": hit.score,
                "freshness": hit.freshness,
                "source": hit.source,
                "reason": hit.reason,
            }
            for hit in hits
        ],
    }
