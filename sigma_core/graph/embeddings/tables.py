"""Texts that are to have vectors, and the vectors they have."""

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class EmbeddedText(SQLModel, table=True):
    """A text, once, however many things say it."""

    __tablename__ = "embedded_text"
    # Processes keep rows by their ids: none may come twice
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=32, unique=True)
    text: str = Field(sa_type=Text)


class TextVector(SQLModel, table=True):
    """What a model made of a text. Ids grow in the order of commits, so that what is new is what is above the last."""

    __tablename__ = "text_vector"
    __table_args__ = (
        UniqueConstraint("model_id", "text_id"),
        Index("ix_text_vector_model_id_id", "model_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    text_id: int = Field(foreign_key="embedded_text.id", index=True)
    model_id: str = Field(max_length=120)
    dim: int
    vector: bytes = Field(sa_type=LargeBinary, description="16-bit floats, little-endian.")


texts = SQLModel.metadata.tables["embedded_text"]
vectors = SQLModel.metadata.tables["text_vector"]
