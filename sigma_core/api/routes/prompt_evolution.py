"""Searches for better words of a prompt, carried out by the scheduler."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Path, status
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import RowDocument
from sigma_core.api.system import Sigma
from sigma_core.prompts.evolution.allowance import LEAST, MOST
from sigma_core.prompts.evolution.service import DEFAULT_CALLS, MOST_SEED, EvolutionWish

router = APIRouter(prefix="/prompts", tags=["prompts"])
MOST_NANO_USD = 10**15


class EvolutionQuestion(BaseModel):
    """What a search may use, and why it is wanted."""

    reason: str = Field(min_length=1, max_length=2000)
    calls: int = Field(DEFAULT_CALLS, ge=LEAST, le=MOST, strict=True, description="Model calls, all told.")
    nano_usd: int | None = Field(None, ge=0, le=MOST_NANO_USD, strict=True, description="What they may cost at worst.")
    seed: int = Field(0, ge=0, le=MOST_SEED, strict=True, description="Draws the held-out cases and the search.")
    version: int | None = Field(
        None, ge=1, strict=True, description="The words to begin with; production's if left out."
    )


class EvolutionDocument(RowDocument):
    """One search: what was asked for, how far it is, what came of it."""

    NAMED: ClassVar = {
        "evolution_id": "id",
        "prompt_id": "template_id",
        "base_version": "base_number",
        "version": "made_number",
    }

    evolution_id: int
    prompt_id: int
    status: str = Field(examples=["queued"])
    base_version: int
    version: int | None = Field(description="The candidate version, where better words were found.")
    model: str
    seed: int
    most_calls: int
    most_nano_usd: int | None
    reason: str
    requested_by: str
    progress: str | None
    verdict: str | None
    error: str | None
    figures: dict[str, Any] = Field(description="Cases of each part, calls, cost, scores; held_out is what to go by.")
    requested_at: datetime
    finished_at: datetime | None


@router.post("/templates/{key}/evolutions", status_code=status.HTTP_202_ACCEPTED)
def evolve(key: str, question: EvolutionQuestion, sigma: Sigma, caller: Operator) -> EvolutionDocument:
    """Have the scheduler search for better words. What it finds becomes a candidate version, never a label."""
    wish = EvolutionWish(question.reason, question.calls, question.nano_usd, question.seed, question.version)
    return EvolutionDocument.of(sigma.prompts.evolutions.ask(key, wish, actor=caller.name))


@router.get("/templates/{key}/evolutions")
def evolutions(key: str, sigma: Sigma) -> list[EvolutionDocument]:
    """Searches for better words of a prompt, the newest first."""
    return [EvolutionDocument.of(each) for each in sigma.prompts.evolutions.list(key)]


@router.get("/evolutions/{evolution}")
def evolution(evolution: Annotated[str, Path()], sigma: Sigma) -> EvolutionDocument:
    """One search."""
    return EvolutionDocument.of(sigma.prompts.evolutions.get(evolution))


@router.post("/evolutions/{evolution}/cancel")
def cancel(evolution: Annotated[str, Path()], sigma: Sigma, caller: Operator) -> EvolutionDocument:
    """Call one off: at once if it waits, else before its next call."""
    return EvolutionDocument.of(sigma.prompts.evolutions.states.cancel(evolution, caller.name))
