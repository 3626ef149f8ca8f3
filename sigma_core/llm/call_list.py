"""Model calls as people look through them: listed by the database, and one of them with its texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from sigma_core.database import Database
from sigma_core.errors import NotFound
from sigma_core.identity import existing_row
from sigma_core.listing import ListedRows, Listing, identifier
from sigma_core.llm.tables import ModelCallText, PromptUsage

_SHOWN = (
    "id",
    "prompt",
    "version",
    "label",
    "worker",
    "run_id",
    "project_id",
    "model",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost_nano_usd",
    "latency_ms",
    "attempts",
    "success",
    "error_kind",
    "error",
    "created_at",
)
LIST = Listing(
    key=identifier(PromptUsage),
    columns={name: getattr(PromptUsage, name) for name in _SHOWN},
    order="-id",
    unsorted=frozenset({"error"}),
)


@dataclass(frozen=True)
class WantedCalls:
    """Which calls are listed; None: any."""

    project_id: int | None = None
    worker: str | None = None
    prompt: str | None = None
    model: str | None = None
    success: bool | None = None
    run_id: int | None = None
    labels: Sequence[str] = ()
    """Where any is named: those under one of these labels alone."""
    not_labels: Sequence[str] = ()
    """Those under none of these."""

    def conditions(self, session: Session) -> Sequence[ColumnElement[bool]]:
        """What is asked of a row for it to be among those wanted."""
        del session
        wanted = {name: value for name, value in vars(self).items() if name not in ("labels", "not_labels")}
        found = [getattr(PromptUsage, name) == value for name, value in wanted.items() if value is not None]
        label = func.coalesce(PromptUsage.label, "")
        if self.labels:
            found.append(label.in_(self.labels))
        if self.not_labels:
            found.append(label.not_in(self.not_labels))
        return found


@dataclass(frozen=True)
class CallDetail:
    """A call with what was asked and answered, as long as that is kept."""

    usage: PromptUsage
    text: ModelCallText | None


class Calls:
    """What there is to see of single calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, wanted: WantedCalls) -> ListedRows:
        """Calls to be sorted, paged and exported."""
        return ListedRows(self._database, LIST, wanted.conditions)

    def get(self, key: int | str) -> CallDetail:
        """Raises `NotFound`."""
        with self._database.reading() as session:
            usage = existing_row(session, PromptUsage, "call", key)
            return CallDetail(usage, session.get(ModelCallText, usage.call_id))

    def text(self, key: int | str) -> ModelCallText:
        """Raises `NotFound` for a call whose texts are kept no longer."""
        detail = self.get(key)
        if detail.text is None:
            raise NotFound("text of call", key)
        return detail.text

    def prompts(self) -> Sequence[str]:
        """Those that were ever asked, by name; each found by one step in an index."""
        names: list[str] = []
        with self._database.reading() as session:
            query = select(col(PromptUsage.prompt)).order_by(col(PromptUsage.prompt)).limit(1)
            while (
                name := session.scalars(query.where(col(PromptUsage.prompt) > (names or [""])[-1])).first()
            ) is not None:
                names.append(name)
        return names
