"""The query of a lookup, compiled once for each kind of database: one round trip for all that a slot needs."""

from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from sigma_core.prepared import Prepared
from sigma_core.prompts.tables import PRODUCTION, PromptCanary, PromptLabel, PromptTemplate, PromptVersion

_candidate, _rival = aliased(PromptVersion), aliased(PromptTemplate)


def _columns(version: type[PromptVersion], template: type[PromptTemplate]) -> tuple[Any, ...]:
    return (
        col(version.id),
        col(template.id),
        col(template.name),
        col(version.number),
        col(version.content),
        col(version.included),
        col(version.digest),
    )


POINTED = Prepared(
    select(
        *_columns(PromptVersion, PromptTemplate),
        col(PromptCanary.id),
        col(PromptCanary.share),
        *_columns(_candidate, _rival),
    )
    .select_from(PromptLabel)
    .join(
        PromptVersion,
        and_(
            col(PromptVersion.template_id) == col(PromptLabel.template_id),
            col(PromptVersion.number) == col(PromptLabel.number),
        ),
    )
    .join(PromptTemplate, col(PromptTemplate.id) == col(PromptLabel.template_id))
    .outerjoin(
        PromptCanary,
        and_(
            col(PromptCanary.worker) == col(PromptLabel.worker),
            col(PromptCanary.type) == col(PromptLabel.type),
            col(PromptCanary.state) == "running",
            col(PromptLabel.label) == PRODUCTION,
        ),
    )
    .outerjoin(
        _candidate,
        and_(
            col(_candidate.template_id) == col(PromptCanary.candidate_template),
            col(_candidate.number) == col(PromptCanary.candidate_number),
        ),
    )
    .outerjoin(_rival, col(_rival.id) == col(PromptCanary.candidate_template))
    .where(
        col(PromptLabel.worker) == bindparam("worker"),
        col(PromptLabel.type) == bindparam("type"),
        col(PromptLabel.label) == bindparam("label"),
    )
)
"""The label's version and, while a canary runs in the slot, its candidate."""
