"""What a prompt includes of others: their user text, pinned when the including version is made."""

from dataclasses import dataclass, field

from sqlmodel import Session

from sigma_core.errors import Invalid, NotFound
from sigma_core.prompts import reading
from sigma_core.prompts.content import Content
from sigma_core.prompts.tables import PromptTemplate, PromptVersion
from sigma_core.prompts.template import Prompt

DEEPEST = 5


@dataclass
class Pinned:
    """Texts by reference, and the template and version each is of."""

    texts: dict[str, str] = field(default_factory=dict)
    origins: dict[str, list[int]] = field(default_factory=dict)


def pin(session: Session, content: Content, own: PromptTemplate | None) -> Pinned:
    """The newest or labelled versions that the content's references mean now.

    A version's text never changes, so a changed part reaches the including prompt with its next version.
    Raises `Invalid` for a reference that leads nowhere, back to the prompt itself, or too deep.
    """
    pinned = Pinned()
    for reference in content.references:
        try:
            template = reading.find(session, reference)
        except NotFound:
            raise Invalid({reference: "is included but there is no such prompt"}) from None
        version = _meant(session, template)
        _check_way(session, reference, template, version, own, 1)
        pinned.texts[reference] = reading.prompt_of(template, version).texts[1]
        pinned.origins[reference] = [template.id or 0, version.number]
    return pinned


def _meant(session: Session, template: PromptTemplate) -> PromptVersion:
    production = reading.labels(session, template).get("production")
    if production is not None:
        return reading.version(session, template, production)
    return reading.latest(session, template)


def _check_way(
    session: Session,
    reference: str,
    template: PromptTemplate,
    version: PromptVersion,
    own: PromptTemplate | None,
    depth: int,
) -> None:
    if own is not None and template.id == own.id:
        raise Invalid({reference: "leads back to this prompt"})
    if depth > DEEPEST:
        raise Invalid({reference: f"includes others more than {DEEPEST} deep"})
    for template_id, number in version.included_from.values():
        inner = reading.find(session, str(template_id))
        _check_way(session, reference, inner, reading.version(session, inner, number), own, depth + 1)


def checked(content: Content, pinned: Pinned) -> Prompt:
    """The content with its includes as a prompt: raises `Invalid` where names do not fit."""
    return Prompt("new", "new", content, pinned.texts)
