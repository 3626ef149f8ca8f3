"""Which prompt's words to evolve: the one whose answers fail most, asked for once for so many calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import case, func, or_
from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import SigmaError
from sigma_core.llm.errors import BadAnswer
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.evolution.service import EvolutionWish, PromptEvolutions
from sigma_core.prompts.questions import Questions
from sigma_core.prompts.tables import PRODUCTION
from sigma_core.workers.memory import change, read

ACTOR = "dreamer"
FEWEST_CALLS = 40
"""Calls of the words in production, since they were looked at last, from which their record says something."""
MOST_FAILED = 0.15
"""Share of calls without a usable answer from which other words are worth their search."""
LOOKED_BACK = 5000
"""Newest calls among which the records are looked for: a look costs no more as calls add up."""
_log = structlog.get_logger()


class PromptRecord(NamedTuple):
    """How calls of a template's production version have ended, those aside that no model answered."""

    template: str
    version: int
    calls: int
    failed: int
    newest: int

    @property
    def rate(self) -> float:
        """Share of calls without a usable answer."""
        return self.failed / self.calls


@dataclass(frozen=True)
class EvolutionProposals:
    """One at a time. Budgets, permissions of projects and whether there is enough to measure words by are asked about
    where it is asked for; what it makes is a version without a label."""

    database: Database
    clock: Clock
    evolutions: PromptEvolutions
    questions: Questions

    def __call__(self) -> Mapping[str, int]:
        """How many were asked for, or why-not's. Call it outside of any transaction."""
        if not self.questions.by_model or self.evolutions.states.has_unfinished():
            return {}
        with self.database.reading() as session:
            looked_at: dict[str, int] = read(session, ACTOR).get("evolved", {})
            weakest = _weakest(session, looked_at)
        if weakest is None:
            return {}
        figures = self._ask(weakest)
        with self.database.transaction() as session:
            seen = {**looked_at, weakest.template: weakest.newest}
            change(session, self.clock, ACTOR, lambda known: {**known, "evolved": seen})
        return figures

    def _ask(self, weakest: PromptRecord) -> Mapping[str, int]:
        wish = EvolutionWish(
            f"{weakest.failed} of the latest {weakest.calls} answers to v{weakest.version} were of no use.",
            version=weakest.version,
        )
        try:
            evolution = self.evolutions.ask(weakest.template, wish, actor=ACTOR)
        except SigmaError as error:
            _log.info("evolution_not_begun", template=weakest.template, why=str(error))
            return {"evolutions_refused": 1}
        _log.info("evolution_asked", template=weakest.template, evolution_id=evolution.id, why=wish.reason)
        return {"evolutions": 1}


def _weakest(session: Session, looked_at: Mapping[str, int]) -> PromptRecord | None:
    """Of those in production that fail too often by what came since they were looked at, the one that fails most."""
    found = []
    recent = (session.exec(select(func.max(col(PromptUsage.id)))).one() or 0) - LOOKED_BACK
    newest = select(PromptUsage.template_id, func.max(col(PromptUsage.id))).where(
        PromptUsage.label == PRODUCTION, col(PromptUsage.version_number).is_not(None), col(PromptUsage.id) > recent
    )
    for template_id, last in session.exec(newest.group_by(col(PromptUsage.template_id))).all():
        template, version = str(template_id), session.get_one(PromptUsage, last).version_number or 0
        bad = col(PromptUsage.error_kind) == BadAnswer.__name__
        counted = select(func.count(), func.coalesce(func.sum(case((bad, 1), else_=0)), 0)).where(
            PromptUsage.template_id == template_id,
            PromptUsage.version_number == version,
            PromptUsage.label == PRODUCTION,
            col(PromptUsage.id) > max(recent, looked_at.get(template, 0)),
            or_(col(PromptUsage.success), bad),
        )
        calls, failed = session.exec(counted).one()
        if calls >= FEWEST_CALLS and failed / calls >= MOST_FAILED:
            found.append(PromptRecord(template, version, calls, int(failed), last or 0))
    return max(found, key=lambda each: each.rate, default=None)
