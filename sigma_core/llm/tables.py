"""What model calls leave behind: one row each, and their sums by day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, Table, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import PackedJSON, PortableJSON, UTCDateTime


class PromptUsage(SQLModel, table=True):
    """A call of a model, whatever came of it.

    Tokens are the server's own figures, None where it gave none; of the offline rules they are estimates.
    """

    __tablename__ = "prompt_usage"

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(max_length=40, unique=True, description="Makes recording a call twice harmless.")
    prompt: str = Field(max_length=120, index=True, description="worker/type")
    template_id: int | None = Field(default=None, description="None: a prompt that ships with SIGMA, from its file.")
    version: str = Field(max_length=40)
    version_number: int | None = Field(default=None)
    label: str | None = Field(default=None, max_length=60, description="By which the version was chosen.")
    worker: str = Field(max_length=40)
    run_id: int | None = Field(default=None, index=True)
    project_id: int | None = Field(default=None, index=True)
    model: str = Field(max_length=120)
    input_tokens: int | None = Field(default=None)
    output_tokens: int | None = Field(default=None)
    cached_tokens: int | None = Field(default=None, description="The part of the input tokens read from a cache.")
    cost_nano_usd: int | None = Field(default=None, sa_type=BigInteger, description="None: unpriced, never 0.")
    list_nano_usd: int | None = Field(
        default=None, sa_type=BigInteger, description="What the tokens of a free call cost on the price list."
    )
    latency_ms: int
    attempts: int = Field(default=1, description="Requests made to the server.")
    success: bool
    error_kind: str | None = Field(default=None, max_length=40, description="The error's class.")
    error: str | None = Field(default=None, max_length=2000)
    context: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON, description="Bounded, redacted.")
    day: date = Field(description="Of `created_at`, in UTC.")
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


class PromptAnalytics(SQLModel, table=True):
    """The calls of one day with the same prompt, version, label, model, worker and project, added up as they come."""

    __tablename__ = "prompt_analytics"
    __table_args__ = (
        UniqueConstraint(
            "day",
            "prompt",
            "template_id",
            "version",
            "label",
            "model",
            "worker",
            "project_id",
            name="uq_prompt_analytics_key",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    day: date
    prompt: str = Field(max_length=120)
    template_id: int = Field(description="0: from a file that ships with SIGMA.")
    version: str = Field(max_length=40)
    label: str = Field(max_length=60, description="Empty: chosen without a label.")
    model: str = Field(max_length=120)
    worker: str = Field(max_length=40)
    project_id: int = Field(description="0: asked for no project.")
    calls: int = Field(default=0, sa_type=BigInteger)
    failures: int = Field(default=0, sa_type=BigInteger)
    unpriced: int = Field(default=0, sa_type=BigInteger, description="Calls whose cost is not known.")
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cached_tokens: int = Field(default=0, sa_type=BigInteger)
    cost_nano_usd: int = Field(default=0, sa_type=BigInteger)
    list_nano_usd: int = Field(default=0, sa_type=BigInteger)
    latency_ms: int = Field(default=0, sa_type=BigInteger, description="Sum.")
    latencies: bytes = Field(default=b"", sa_type=LargeBinary, description="As `sigma_core.llm.histogram` packs them.")


class ModelCallText(SQLModel, table=True):
    """What was asked in a call and what was answered, secrets taken out, for a time only."""

    __tablename__ = "model_call_text"

    call_id: str = Field(primary_key=True, max_length=40, description="Of the usage row.")
    messages: list[dict[str, str]] = Field(sa_type=PackedJSON, description="Turns as sent: role and content, bounded.")
    variables: dict[str, Any] | None = Field(
        default=None, sa_type=PackedJSON, description="What the prompt was filled with; None where that is too long."
    )
    answer: str = Field(default="", sa_type=Text, description="The last one, as it came, bounded.")
    is_whole: bool = Field(description="Nothing was longer than is kept.")
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


usage: Table = SQLModel.metadata.tables[PromptUsage.__tablename__]
analytics: Table = SQLModel.metadata.tables[PromptAnalytics.__tablename__]
