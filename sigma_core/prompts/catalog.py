"""Looking at prompts: lists, one of them whole, history, differences, search."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.prompts import reading
from sigma_core.prompts.content import Content
from sigma_core.prompts.reading import PromptEntry
from sigma_core.prompts.tables import PRODUCTION, PromptLabelMove, PromptTemplate, PromptVersion
from sigma_core.prompts.template import Prompt


@dataclass(frozen=True)
class Whole:
    """A template with all that belongs to it, newest first."""

    template: PromptTemplate
    versions: Sequence[PromptVersion]
    labels: dict[str, int]
    moves: Sequence[PromptLabelMove]
    """Of all labels of its slot."""

    @property
    def current(self) -> PromptVersion:
        """Its production version, or else the newest."""
        return self.version(self.labels.get(PRODUCTION, self.versions[0].number))

    def version(self, number: int) -> PromptVersion:
        """One of its versions."""
        return next(each for each in self.versions if each.number == number)


class PromptCatalog:
    """Reads, never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, *, archived: bool = False) -> Sequence[PromptEntry]:
        """Every template, by name."""
        with self._database.reading() as session:
            return reading.listed(session, archived=archived)

    def search(self, wanted: str, *, archived: bool = False) -> Sequence[PromptEntry]:
        """Templates whose name, description, tags or newest texts hold every word."""
        return [each for each in self.list(archived=archived) if matches(each, wanted)]

    def show(self, name: str) -> Whole:
        """One template. Raises `NotFound`."""
        with self._database.reading() as session:
            template = reading.find(session, name)
            return Whole(
                template,
                reading.versions(session, template),
                reading.labels(session, template),
                reading.moves(session, template),
            )

    def version(self, name: str, number: int) -> PromptVersion:
        """One version. Raises `NotFound`."""
        with self._database.reading() as session:
            return reading.version(session, reading.find(session, name), number)

    def prompt(self, name: str, version: int | None = None) -> Prompt:
        """One version ready for use: by number, or the one that workers get, or the newest. Raises `NotFound`."""
        with self._database.reading() as session:
            template = reading.find(session, name)
            labels = reading.labels(session, template)
            number = version if version is not None else labels.get(PRODUCTION)
            if number is None:
                return reading.prompt_of(template, reading.latest(session, template))
            return reading.prompt_of(template, reading.version(session, template, number))

    def diff(self, name: str, before: int, after: int) -> str:
        """What changed between two versions, as a unified diff of their texts and settings; empty if nothing did."""
        with self._database.reading() as session:
            template = reading.find(session, name)
            old, new = (reading.version(session, template, number) for number in (before, after))
        return difference(old, new)

    def audit(self, name: str) -> Sequence[AuditEntry]:
        """Who did what to it and why, newest first."""
        with self._database.reading() as session:
            template = reading.find(session, name)
            query = select(AuditEntry).where(AuditEntry.object == f"prompt/{template.full_name}")
            return session.exec(query.order_by(col(AuditEntry.id).desc())).all()


def matches(listed: PromptEntry, wanted: str) -> bool:
    """Does a template hold every word?"""
    held = _searched(listed)
    return all(word in held for word in wanted.casefold().split())


def parts(content: Content) -> dict[str, str]:
    """A prompt's texts and settings as texts by name: the same for contents that are the same, whatever their order."""
    settings = {
        "title": content.title,
        "max_output_tokens": content.max_output_tokens,
        "temperature": content.temperature,
    }
    variables = {name: each.model_dump(exclude_defaults=True) for name, each in content.variables.items()}
    return {
        "system": content.system,
        "user": content.user,
        **{f"view {name}": text for name, text in sorted(content.views.items())},
        "variables": _sorted(variables) if variables else "",
        "schema": _sorted(content.answer) if content.answer else "",
        "settings": json.dumps(settings, indent=2, ensure_ascii=False),
    }


def _sorted(found: Mapping[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True)


def difference(before: PromptVersion, after: PromptVersion) -> str:
    """Unified diff, one file a part."""
    old, new = (parts(Content.model_validate(each.content)) for each in (before, after))
    lines: list[str] = []
    for name in {**old, **new}:
        left, right = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        if left != right:
            lines += difflib.unified_diff(left, right, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _searched(listed: PromptEntry) -> str:
    template, content = listed.template, listed.latest.content
    texts = (
        template.full_name,
        template.description,
        *template.tags,
        content["title"],
        content["system"],
        content["user"],
        *content["views"].values(),
    )
    return "\n".join(texts).casefold()
