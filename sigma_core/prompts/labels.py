"""Moving a slot's labels: one row says where each is, one more row says how it came there."""

import re
from dataclasses import dataclass

from sqlmodel import Session, col, select, update

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.errors import Invalid
from sigma_core.prompts.tables import (
    PRODUCTION,
    PromptCanary,
    PromptLabel,
    PromptLabelMove,
    PromptTemplate,
    PromptVersion,
)

_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")
RESERVED = ("latest", "test", "candidate")


@dataclass(frozen=True)
class LabelMover:
    """Who moves a label, why, and what spoke against it, if that was overridden."""

    actor: str
    reason: str
    overridden: str | None = None


def check(label: str, reason: str) -> None:
    """Raises `Invalid` for what is no label or no reason."""
    fields = {}
    if not _LABEL.fullmatch(label) or label in RESERVED:
        fields["label"] = "is small letters, digits, _ and -, and not latest, test or candidate"
    if not reason.strip():
        fields["reason"] = "is missing"
    elif len(reason) > 2000:
        fields["reason"] = "has more than 2000 characters"
    if fields:
        raise Invalid(fields)


def move(
    session: Session, clock: Clock, template: PromptTemplate, label: str, to: PromptVersion | None, by: LabelMover
) -> bool:
    """Point the label to a version of the template, or take it away; whether it was elsewhere before."""
    key = (template.worker, template.type, label)
    held = session.get(PromptLabel, key)
    if (held and (held.template_id, held.number)) == (to and (to.template_id, to.number)):
        return False
    session.add(
        PromptLabelMove(
            worker=template.worker,
            type=template.type,
            label=label,
            from_template=held.template_id if held else None,
            from_number=held.number if held else None,
            to_template=to.template_id if to else None,
            to_number=to.number if to else None,
            digest=to.digest if to else None,
            actor=by.actor,
            reason=by.reason,
            overridden=by.overridden,
            created_at=clock(),
        )
    )
    if to is None:
        session.delete(held)
    elif held is None:
        worker, kind, _ = key
        session.add(
            PromptLabel(
                worker=worker, type=kind, label=label, template_id=to.template_id, number=to.number, moved_at=clock()
            )
        )
    else:
        held.template_id, held.number, held.moved_at = to.template_id, to.number, clock()
    _record(session, clock, template, label, to, by)
    if label == PRODUCTION:
        _end_canary(session, clock, template, by)
    session.flush()
    return True


def was_production(session: Session, template: PromptTemplate, version: PromptVersion) -> bool:
    """Has this content ever been what workers of the slot got?"""
    query = select(PromptLabelMove.id).where(
        PromptLabelMove.worker == template.worker,
        PromptLabelMove.type == template.type,
        PromptLabelMove.label == PRODUCTION,
        PromptLabelMove.digest == version.digest,
    )
    return session.exec(query.limit(1)).first() is not None


def _record(
    session: Session, clock: Clock, template: PromptTemplate, label: str, to: PromptVersion | None, by: LabelMover
) -> None:
    action = f"label {label} v{to.number}" if to else f"unlabel {label}"
    reason = f"{by.reason} (overridden: {by.overridden})" if by.overridden else by.reason
    audit.record(
        session, clock, actor=by.actor, action=action[:60], object=f"prompt/{template.full_name}", reason=reason[:2000]
    )


def _end_canary(session: Session, clock: Clock, template: PromptTemplate, by: LabelMover) -> None:
    """A canary compares with what was production when it began."""
    running = update(PromptCanary).where(
        col(PromptCanary.worker) == template.worker,
        col(PromptCanary.type) == template.type,
        col(PromptCanary.state) == "running",
    )
    verdict = f"{by.actor} moved production."
    session.execute(running.values(state="stopped", verdict=verdict, ended_at=clock()))
