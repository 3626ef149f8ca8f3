"""The index of what can be recalled: ordinary tables, the same on every database, made from what they point to.

No foreign keys where one would be checked for each word: rows of a document come and go with it.
"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class RecallDocument(SQLModel, table=True):
    """One thing that can be found. Made from its original; may be deleted at any time and is made again."""

    __tablename__ = "recall_document"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_recall_document_kind_stamp", "kind", "stamp"),
        # Processes keep documents by their ids: none may come twice
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20, description="knowledge, issue, proposal or fact")
    key: int = Field(description="Id of the original.")
    project_id: int | None = Field(default=None, index=True)
    source: str = Field(max_length=40, description="Who said it.")
    text_id: int = Field(foreign_key="embedded_text.id", index=True)
    stamp: datetime = Field(sa_type=UTCDateTime, description="When the original last changed.")
    recorded_at: datetime = Field(sa_type=UTCDateTime, description="When it became known.")
    decay_s: float = Field(description="Its freshness fades by this e-folding time, seconds.")


class RecallWord(SQLModel, table=True):
    """A word of a document."""

    __tablename__ = "recall_word"
    __table_args__ = (Index("ix_recall_word_document_id", "document_id"), {"sqlite_with_rowid": False})

    word: str = Field(primary_key=True, max_length=60)
    document_id: int = Field(primary_key=True)
    impact: float = Field(description="What it says of the document, 0 to 2.2: see `sigma_core.recall.bm25.impact`.")


class RecallEntity(SQLModel, table=True):
    """Something documents speak of, by name. Names are shared by projects; the documents are not."""

    __tablename__ = "recall_entity"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=400, unique=True)
    key: str = Field(max_length=400, index=True, description="Its words as a question may have them, folded.")
    text_id: int = Field(foreign_key="embedded_text.id", index=True)


class RecallMention(SQLModel, table=True):
    """A document speaks of an entity."""

    __tablename__ = "recall_mention"
    __table_args__ = (Index("ix_recall_mention_document_id", "document_id"), {"sqlite_with_rowid": False})

    entity_id: int = Field(primary_key=True)
    document_id: int = Field(primary_key=True)


document = SQLModel.metadata.tables["recall_document"]
word = SQLModel.metadata.tables["recall_word"]
entity = SQLModel.metadata.tables["recall_entity"]
mention = SQLModel.metadata.tables["recall_mention"]
