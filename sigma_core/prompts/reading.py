"""Finding prompts in the store, by name or id, inside a session."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_
from sqlmodel import Session, col, delete, func, select

from sigma_core import identity
from sigma_core.errors import NotFound
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.content import Content
from sigma_core.prompts.tables import (
    PRODUCTION,
    PromptCanary,
    PromptLabel,
    PromptLabelMove,
    PromptTemplate,
    PromptTest,
    PromptValidation,
    PromptVersion,
)
from sigma_core.prompts.template import Prompt


@dataclass(frozen=True)
class PromptEntry:
    """A template as lists show it. `labels` are those that point to one of its versions."""

    template: PromptTemplate
    latest: PromptVersion
    labels: dict[str, int]


def find(session: Session, name: str) -> PromptTemplate:
    """By id, `worker/type/name`, or `worker/type`: the slot's production or else its only one. Raises `NotFound`."""
    if "/" not in name:
        return identity.existing_row(session, PromptTemplate, "prompt", name)
    worker, _, rest = name.partition("/")
    kind, _, own = rest.partition("/")
    found = _find_named(session, worker, kind, own) if own else _default(session, worker, kind)
    if found is None:
        raise NotFound("prompt", name)
    return found


def _find_named(session: Session, worker: str, type: str, name: str) -> PromptTemplate | None:
    query = select(PromptTemplate).where(
        PromptTemplate.worker == worker, PromptTemplate.type == type, PromptTemplate.name == name
    )
    return session.exec(query).one_or_none()


def _default(session: Session, worker: str, type: str) -> PromptTemplate | None:
    label = session.get(PromptLabel, (worker, type, PRODUCTION))
    if label is not None:
        return session.get(PromptTemplate, label.template_id)
    query = select(PromptTemplate).where(PromptTemplate.worker == worker, PromptTemplate.type == type)
    competing = session.exec(query).all()
    return competing[0] if len(competing) == 1 else None


def exists(session: Session, template: PromptTemplate) -> bool:
    """Is there one of the same full name?"""
    return _find_named(session, template.worker, template.type, template.name) is not None


def referring(session: Session, template: PromptTemplate) -> str | None:
    """What holds on to a template: calls made with it, canaries, prompts that include it."""
    used = [template.version_name(each.number) for each in versions(session, template)]
    calls = select(PromptUsage.id).where(PromptUsage.prompt == template.slot, col(PromptUsage.version).in_(used))
    if session.exec(calls.limit(1)).first() is not None:
        return "Recorded calls"
    canaries = select(PromptCanary.id).where(
        or_(
            col(PromptCanary.baseline_template) == template.id,
            col(PromptCanary.candidate_template) == template.id,
        )
    )
    if session.exec(canaries.limit(1)).first() is not None:
        return "Canaries"
    others = session.exec(select(PromptVersion.included_from))
    return "Other prompts" if any(template.id == each[0] for own in others for each in own.values()) else None


def remove(session: Session, template: PromptTemplate) -> None:
    """Delete a template with its tests, their results and its versions."""
    for table in (PromptValidation, PromptTest, PromptVersion):
        session.execute(delete(table).where(col(table.template_id) == template.id))
    session.delete(template)


def version(session: Session, template: PromptTemplate, number: int) -> PromptVersion:
    """Raises `NotFound`."""
    identity.row_id(f"version of {template.full_name}", number)
    query = select(PromptVersion).where(PromptVersion.template_id == template.id, PromptVersion.number == number)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("version", f"{template.full_name} v{number}")
    return found


def latest(session: Session, template: PromptTemplate) -> PromptVersion:
    """The newest version."""
    query = select(PromptVersion).where(PromptVersion.template_id == template.id)
    return session.exec(query.order_by(col(PromptVersion.number).desc()).limit(1)).one()


def versions(session: Session, template: PromptTemplate) -> Sequence[PromptVersion]:
    """All versions of the template, newest first."""
    query = select(PromptVersion).where(PromptVersion.template_id == template.id)
    return session.exec(query.order_by(col(PromptVersion.number).desc())).all()


def labels(session: Session, template: PromptTemplate) -> dict[str, int]:
    """The labels that point to this template, and where to; production first."""
    query = select(PromptLabel).where(PromptLabel.template_id == template.id)
    found = {each.label: each.number for each in session.exec(query)}
    return {name: found[name] for name in sorted(found, key=lambda name: (name != PRODUCTION, name))}


def moves(session: Session, template: PromptTemplate) -> Sequence[PromptLabelMove]:
    """All moves of labels in the template's slot, newest first."""
    query = select(PromptLabelMove).where(
        PromptLabelMove.worker == template.worker, PromptLabelMove.type == template.type
    )
    return session.exec(query.order_by(col(PromptLabelMove.id).desc())).all()


def listed(session: Session, *, archived: bool) -> list[PromptEntry]:
    """Every template by name; archived ones only if asked for."""
    newest = select(PromptVersion.template_id, func.max(PromptVersion.number)).group_by(col(PromptVersion.template_id))
    heads = dict(session.exec(newest).all())
    rows = select(PromptTemplate, PromptVersion).join(
        PromptVersion, col(PromptVersion.template_id) == col(PromptTemplate.id)
    )
    pointing: dict[int, dict[str, int]] = {}
    for each in session.exec(select(PromptLabel).order_by(PromptLabel.label)):
        pointing.setdefault(each.template_id, {})[each.label] = each.number
    found = [
        PromptEntry(template, head, pointing.get(template.id or 0, {}))
        for template, head in session.exec(rows)
        if heads[template.id or 0] == head.number and (archived or template.archived_at is None)
    ]
    return sorted(found, key=lambda each: each.template.full_name)


def prompt_of(template: PromptTemplate, version: PromptVersion) -> Prompt:
    """The stored version, ready for use."""
    return Prompt(
        name=template.slot,
        version=template.version_name(version.number),
        content=Content.model_validate(version.content),
        included=version.included,
        template_id=template.id,
        number=version.number,
        digest=version.digest,
    )
