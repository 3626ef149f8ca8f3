"""Prompts as `sigma prompt …` tells them, for people and for programs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import emit, moment, table

if TYPE_CHECKING:
    from sigma_core.prompts.catalog import Whole
    from sigma_core.prompts.reading import PromptEntry
    from sigma_core.prompts.saving import Saved
    from sigma_core.prompts.tables import PromptTemplate, PromptVersion

Name = Annotated[str, typer.Argument(help="worker/type (what its workers get), worker/type/name, or an id.")]


def tell_listed(found: "Iterable[PromptEntry]") -> None:
    """All that was found."""
    listed = list(found)
    rows = [
        (
            each.template.id,
            each.template.full_name,
            f"v{each.latest.number}",
            labels_line(each.labels),
            each.latest.content["title"],
        )
        for each in listed
    ]
    document = {
        "prompts": [
            {
                **template_of(each.template),
                "latest": each.latest.number,
                "labels": each.labels,
                "title": each.latest.content["title"],
            }
            for each in listed
        ]
    }
    emit(document, table(("id", "prompt", "newest", "labels", "title"), rows) if rows else ["No prompts."])


def labels_line(labels: dict[str, int]) -> str:
    """Labels with their versions, in one line."""
    return ", ".join(f"{name} v{number}" for name, number in labels.items())


def template_of(template: "PromptTemplate") -> dict[str, Any]:
    """A template as JSON."""
    return {
        "prompt_id": template.id,
        "name": template.full_name,
        "worker": template.worker,
        "type": template.type,
        "description": template.description,
        "tags": template.tags,
        "archived": template.archived_at is not None,
    }


def version_of(version: "PromptVersion") -> dict[str, Any]:
    """A version as JSON, without its texts."""
    return {
        "number": version.number,
        "parent": version.parent,
        "author": version.author,
        "note": version.note,
        "created_at": version.created_at,
        "digest": version.digest,
    }


def whole_of(whole: "Whole") -> dict[str, Any]:
    """A template with its versions and labels as JSON."""
    history = [
        {
            "label": each.label,
            "from": each.from_number,
            "to": each.to_number,
            "from_prompt": each.from_template,
            "to_prompt": each.to_template,
            "actor": each.actor,
            "reason": each.reason,
            "overridden": each.overridden,
            "at": each.created_at,
        }
        for each in whole.moves
    ]
    return {
        **template_of(whole.template),
        "labels": whole.labels,
        "versions": [version_of(each) for each in whole.versions],
        "history": history,
    }


def shown(whole: "Whole", chosen: "PromptVersion") -> list[str]:
    """A template with one version's texts, in lines."""
    from sigma_core.prompts.catalog import parts
    from sigma_core.prompts.content import Content

    head = [f"{whole.template.full_name} v{chosen.number}", f"labels  {labels_line(whole.labels) or 'none'}", ""]
    texts = parts(Content.model_validate(chosen.content))
    body = [line for name, text in texts.items() if text for line in (f"--- {name}", text)]
    rows = [(f"v{v.number}", moment(v.created_at), v.author, v.note) for v in whole.versions]
    return [*head, *body, "", *table(("version", "at", "by", "note"), rows)]


def tell_saved(saved: "Saved") -> None:
    """What came of saving."""
    made = f"{saved.template.full_name} v{saved.version.number} saved."
    emit(change_of(saved), [made if saved.made else f"Nothing is different from v{saved.version.number}."])


def change_of(saved: "Saved") -> dict[str, Any]:
    """What came of saving, as JSON."""
    return {**template_of(saved.template), "version": saved.version.number, "made": saved.made}
