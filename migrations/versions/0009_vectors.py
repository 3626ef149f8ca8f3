"""Texts and their vectors; the index of recall anew, with entities. It is made from its originals at the next look."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_table("recall_word")
    op.drop_table("recall_document")
    op.create_table(
        "embedded_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embedded_text")),
        sa.UniqueConstraint("digest", name=op.f("uq_embedded_text_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "text_vector",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(length=120), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["embedded_text.id"], name=op.f("fk_text_vector_text_id_embedded_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_vector")),
        sa.UniqueConstraint("model_id", "text_id", name=op.f("uq_text_vector_model_id_text_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_text_vector_model_id_id", "text_vector", ["model_id", "id"], unique=False)
    op.create_index(op.f("ix_text_vector_text_id"), "text_vector", ["text_id"], unique=False)
    _documents("text_id", sqlite_autoincrement=True)
    op.create_index(op.f("ix_recall_document_text_id"), "recall_document", ["text_id"], unique=False)
    op.create_table(
        "recall_word",
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("impact", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("word", "document_id", name=op.f("pk_recall_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recall_word_document_id", "recall_word", ["document_id"], unique=False)
    op.create_table(
        "recall_entity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["embedded_text.id"], name=op.f("fk_recall_entity_text_id_embedded_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_entity")),
        sa.UniqueConstraint("name", name=op.f("uq_recall_entity_name")),
    )
    op.create_index(op.f("ix_recall_entity_key"), "recall_entity", ["key"], unique=False)
    op.create_index(op.f("ix_recall_entity_text_id"), "recall_entity", ["text_id"], unique=False)
    op.create_table(
        "recall_mention",
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "document_id", name=op.f("pk_recall_mention")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recall_mention_document_id", "recall_mention", ["document_id"], unique=False)


def downgrade() -> None:
    for table in ("recall_mention", "recall_entity", "recall_word", "recall_document", "text_vector", "embedded_text"):
        op.drop_table(table)
    _documents("words")
    op.create_table(
        "recall_word",
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["recall_document.id"], name=op.f("fk_recall_word_document_id_recall_document")
        ),
        sa.PrimaryKeyConstraint("word", "document_id", name=op.f("pk_recall_word")),
    )
    op.create_index("ix_recall_word_document_id", "recall_word", ["document_id"], unique=False)


def _documents(holding: str, **options: bool) -> None:
    """With the text itself and its length in words, or with the text's id."""
    text: tuple[sa.schema.SchemaItem, ...] = (
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
    )
    if holding == "text_id":
        text = (
            sa.Column("text_id", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["text_id"], ["embedded_text.id"], name=op.f("fk_recall_document_text_id_embedded_text")
            ),
        )
    op.create_table(
        "recall_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        *text,
        sa.Column("stamp", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("decay_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_document")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_recall_document_kind_key")),
        **options,
    )
    op.create_index("ix_recall_document_kind_stamp", "recall_document", ["kind", "stamp"], unique=False)
    op.create_index(op.f("ix_recall_document_project_id"), "recall_document", ["project_id"], unique=False)
