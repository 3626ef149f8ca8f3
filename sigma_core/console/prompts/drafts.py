"""What somebody writes of a prompt, kept by the console's process until it is saved or given up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

MOST_DRAFTS = 200


@dataclass
class PromptDraft:
    """What the fields say, by the names of their widgets."""

    base: int
    """The version that saving follows on."""
    fields: dict[str, str]
    overtaken: int | None = None
    """The version it was begun from, where somebody saved another one meanwhile."""
    disputed: tuple[str, ...] = ()
    """Fields that both have changed since then."""

    def rebase(self, begun: Mapping[str, Any], number: int, newest: Mapping[str, Any]) -> None:
        """Take over what only the newer version changed; where both did, this draft's words stand."""
        before, theirs = fields_of(begun), fields_of(newest)
        mine = {name: self.fields.get(name, before.get(name, "")) for name in theirs}
        changed = {name for name in theirs if name in before and mine[name] != before[name]}
        self.overtaken, self.base = self.overtaken or self.base, number
        self.disputed = tuple(
            name for name in theirs if name in changed and theirs[name] not in (before[name], mine[name])
        )
        self.fields |= {name: mine[name] if name in changed else theirs[name] for name in theirs}


def fields_of(content: Mapping[str, Any]) -> dict[str, str]:
    """A version's texts, by the names of the widgets that they are edited in."""
    return {
        "edit-system": content["system"],
        "edit-user": content["user"],
        "edit-schema": json.dumps(content["answer"], indent=2, ensure_ascii=False),
        "edit-variables": json.dumps(content["variables"], indent=2, ensure_ascii=False),
        **{f"edit-view-{name}": text for name, text in content["views"].items()},
    }


@st.cache_resource(show_spinner=False)
def _kept() -> dict[tuple[str, str], PromptDraft]:
    return {}


def find(actor: str, key: str) -> PromptDraft | None:
    """Somebody's draft of the prompt with this id."""
    return _kept().get((actor, key))


def keep(actor: str, key: str, draft: PromptDraft) -> None:
    """For the next time the page is opened; of very many drafts the oldest are given up."""
    kept = _kept()
    kept[actor, key] = draft
    while len(kept) > MOST_DRAFTS:
        del kept[next(iter(kept))]


def drop(actor: str, key: str) -> None:
    """It was saved, or is not wanted."""
    _kept().pop((actor, key), None)
