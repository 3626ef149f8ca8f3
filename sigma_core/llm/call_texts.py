"""What was asked and answered: kept within bounds, secrets taken out, and forgotten after a time."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, func, select

from sigma_core.llm.tables import ModelCallText
from sigma_core.llm.usage import Call, Tally
from sigma_core.redaction import redact
from sigma_core.text import cut, storable

LONGEST = 20_000
"""Characters kept of one turn, and of the answer."""
LONGEST_VARIABLES = 60_000
"""Characters of all values that a prompt was filled with, as JSON; of more, none are kept."""
MOST = 50_000
"""Calls whose texts are kept at most, the newest."""


def call_text(call: Call, tally: Tally, call_id: str, at: datetime) -> ModelCallText | None:
    """What is kept of a call; None for one that says nothing in words."""
    turns = [(turn.role, _storable(turn.content)) for turn in call.prompt.messages]
    if not turns:
        return None
    answer, variables = _storable(tally.text), _kept(call.prompt.variables)
    texts = [answer, *(text for _, text in turns)]
    return ModelCallText(
        call_id=call_id,
        messages=[{"role": role, "content": cut(text, LONGEST)} for role, text in turns],
        variables=variables,
        answer=cut(answer, LONGEST),
        is_whole=variables is not None and all(len(text) <= LONGEST for text in texts),
        created_at=at,
    )


def prune(session: Session, now: datetime, keep_days: float) -> int:
    """Forget what is older, and what is more than is kept; how many."""
    old = col(ModelCallText.created_at) < now - timedelta(days=keep_days)
    gone = session.exec(select(func.count()).select_from(ModelCallText).where(old)).one()
    session.execute(delete(ModelCallText).where(old))
    last = col(ModelCallText.created_at).desc()
    oldest = session.exec(select(ModelCallText.created_at).order_by(last).offset(MOST).limit(1)).first()
    if oldest is not None:
        more = col(ModelCallText.created_at) <= oldest
        gone += session.exec(select(func.count()).select_from(ModelCallText).where(more)).one()
        session.execute(delete(ModelCallText).where(more))
    return gone


def _kept(variables: Mapping[str, object]) -> dict[str, Any] | None:
    written = redact(json.dumps(variables, default=str, ensure_ascii=False))
    if len(written) > LONGEST_VARIABLES:
        return None
    try:
        found: dict[str, Any] = json.loads(written)
    except ValueError:
        # What was taken out of it was part of how it is written
        return None
    return found


def _storable(text: str) -> str:
    return storable(redact(text))
