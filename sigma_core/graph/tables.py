"""The outbox of the graph, and what was imported into it."""

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime

PENDING = text("state = 'pending'")
WAITING = text("state = 'waiting'")
_BLOCKING = text("state = 'leased' OR (state = 'pending' AND attempts > 0)")


class GraphChange(SQLModel, table=True):
    """A row that the graph does not show yet as it is. Gone when it does; the row itself is read when it is written."""

    __tablename__ = "graph_outbox"
    __table_args__ = (
        # Many changes of a row that nobody has written yet are one
        Index(
            "uq_graph_outbox_pending",
            "origin",
            "origin_id",
            unique=True,
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        ),
        Index("ix_graph_outbox_blocking", "subject", sqlite_where=_BLOCKING, postgresql_where=_BLOCKING),
        # A writer tells newer from older by the id: none may come twice
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True, description="The order of writing, within a subject.")
    origin: str = Field(max_length=20, description="Kind of the row that changed, as a noun: knowledge.")
    origin_id: int
    subject: str = Field(max_length=60, description="Changes of one subject are written in their order.")
    state: str = Field(default="pending", max_length=10, description="See `sigma_core.graph.outbox.ChangeState`.")
    attempts: int = Field(default=0)
    due_at: datetime | None = Field(
        default=None,
        sa_type=UTCDateTime,
        description="Pending: not before this. Leased: until then. By the database's clock.",
    )
    token: str | None = Field(default=None, max_length=40, description="Names the lease.")
    error: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=UTCDateTime)


class GraphUpdates(SQLModel, table=True):
    """How writing to the graph goes; one row."""

    __tablename__ = "graph_updates"

    id: int = Field(default=1, primary_key=True)
    written: int = Field(default=0, description="Changes the graph took.")
    failures: int = Field(default=0, description="Times in a row that it was away.")
    paused_until: datetime | None = Field(
        default=None, sa_type=UTCDateTime, description="It was away: no attempt before this, by the database's clock."
    )
    last_written_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_error: str | None = Field(default=None, max_length=2000)
    rewriting_to: int | None = Field(
        default=None, description="It had lost rows: they are written again by changes up to this one."
    )


class GraphFact(SQLModel, table=True):
    """A fact or a text that was imported, or a fact that was found in such a text. It never changes."""

    __tablename__ = "graph_fact"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=40, unique=True, description="Of the line: handing it in again changes nothing.")
    subject: str | None = Field(default=None, max_length=400, description="None: it is a text.")
    predicate: str | None = Field(default=None, max_length=400)
    object: str | None = Field(default=None, max_length=400)
    text: str = Field(sa_type=Text, description="The fact as a sentence, or the text.")
    source: str = Field(max_length=40)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    valid_at: datetime = Field(sa_type=UTCDateTime)
    invalid_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)
    text_id: int | None = Field(
        default=None, foreign_key="graph_fact.id", index=True, description="The text that a model found this fact in."
    )


class GraphExtraction(SQLModel, table=True):
    """A text, and whether a model has looked for facts in it."""

    __tablename__ = "graph_extraction"
    __table_args__ = (Index("ix_graph_extraction_due", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),)

    text_id: int = Field(primary_key=True, foreign_key="graph_fact.id")
    state: str = Field(max_length=20, description="waiting, read or given_up.")
    attempts: int = Field(default=0)
    due_at: datetime = Field(
        sa_type=UTCDateTime, description="Not before this, by the database's clock; in somebody's hands until then."
    )
    token: str | None = Field(default=None, max_length=40, description="Names the lease.")
    error: str | None = Field(default=None, max_length=2000)


outbox = SQLModel.metadata.tables["graph_outbox"]
updates = SQLModel.metadata.tables["graph_updates"]
facts = SQLModel.metadata.tables["graph_fact"]
extraction = SQLModel.metadata.tables["graph_extraction"]
