"""One row per model call."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class PromptUsage(SQLModel, table=True):
    """A call of a model, whatever came of it. Tokens are the server's own figures, None where it gave none."""

    __tablename__ = "prompt_usage"

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(max_length=40, unique=True, description="Makes recording a call twice harmless.")
    prompt: str = Field(max_length=120, description="worker/type")
    version: str = Field(max_length=40)
    worker: str = Field(max_length=40, index=True)
    run_id: int | None = Field(default=None, index=True)
    project_id: int | None = Field(default=None)
    model: str = Field(max_length=120)
    input_tokens: int | None = Field(default=None)
    output_tokens: int | None = Field(default=None)
    cached_tokens: int | None = Field(default=None)
    cost_nano_usd: int | None = Field(default=None, description="None: unpriced. 0 only for the offline rules.")
    latency_ms: int
    attempts: int = Field(default=1, description="Requests made to the server.")
    success: bool
    error: str | None = Field(default=None, max_length=2000)
    context: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON, description="Bounded, redacted.")
    day: date = Field(index=True, description="Of `created_at`, in UTC.")
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)
