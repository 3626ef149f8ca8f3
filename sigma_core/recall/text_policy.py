"""Which texts may be sent to a server that embeds them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, select

from sigma_core.graph.embeddings.tables import texts
from sigma_core.recall.tables import document, entity, mention


def may_leave(open_projects: Collection[int]) -> ColumnElement[bool]:
    """Of a text: nobody says it, or speaks of what it names, in a project that keeps its text (all but these)."""
    keeps = document.c.project_id.is_not(None) & document.c.project_id.not_in(open_projects)
    said = exists(select(document.c.id).where(document.c.text_id == texts.c.id, keeps))
    named = exists(
        select(entity.c.id)
        .join(mention, mention.c.entity_id == entity.c.id)
        .join(document, document.c.id == mention.c.document_id)
        .where(entity.c.text_id == texts.c.id, keeps)
    )
    return ~said & ~named
