"""One reply to a question, as a document that every door hands out: sentences that answer it, and ranked context."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma_core.recall.answer import Answer
    from sigma_core.recall.wiring import RecallServices


def reply(
    recall: "RecallServices",
    query: str,
    *,
    project_id: int | None,
    limit: int,
    as_of: datetime | None,
    by_meaning: bool = True,
) -> Mapping[str, Any]:
    """Answers are of today's code: where something else is asked for, there are none. Raises `Invalid`."""
    hits = recall.search.search(query, project_id=project_id, limit=limit, as_of=as_of, by_meaning=by_meaning)
    answer = recall.answering.answer(query, project_id) if as_of is None else None
    return {
        "answers": [_document(answer)] if answer else [],
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


def _document(answer: "Answer") -> Mapping[str, Any]:
    moments = [(each.valid_at, each.invalid_at) for each in answer.sentences]
    return {
        "asking": answer.asking,
        "about": answer.about,
        "project_id": answer.project_id,
        "sentences": [
            {
                "text": each.text,
                "source": each.source,
                "valid_at": since.isoformat() if since else None,
                "invalid_at": until.isoformat() if until else None,
            }
            for each, (since, until) in zip(answer.sentences, moments, strict=True)
        ],
    }
