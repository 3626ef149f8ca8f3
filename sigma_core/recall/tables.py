"""The index of what can be recalled: ordinary tables, the same on every database."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class RecallDocument(SQLModel, table=True):
    """One thing that can be found. Made from its original; may be deleted at any time and is made again."""

    __tablename__ = "recall_document"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("ix_recall_document_kind_stamp", "kind", "stamp"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20, description="knowledge, issue or proposal")
    key: int = Field(description="Id of the original.")
    project_id: int | None = Field(default=None, index=True)
    source: str = Field(max_length=40, description="Who said it.")
    text: str
    words: int = Field(description="Length of the text in words.")
    stamp: datetime = Field(sa_type=UTCDateTime, description="When the original last changed.")
    recorded_at: datetime = Field(sa_type=UTCDateTime, description="When it became known.")
    decay_s: float = Field(description="Its freshness fades by this e-folding time, seconds.")


class RecallWord(SQLModel, table=True):
    """How often a word occurs in a document."""

    __tablename__ = "recall_word"
    __table_args__ = (Index("ix_recall_word_document_id", "document_id"),)

    word: str = Field(primary_key=True, max_length=60)
    document_id: int = Field(primary_key=True, foreign_key="recall_document.id")
    occurrences: int


document = SQLModel.metadata.tables["recall_document"]
word = SQLModel.metadata.tables["recall_word"]
