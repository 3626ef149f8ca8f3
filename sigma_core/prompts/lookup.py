"""What workers ask for: the prompt of a slot, as its label says now.

A cache of versions, checked against the change counter at each call, so a move is seen at the next one in every
process. While the store is away the last good version comes from a file in the home, then from what ships with SIGMA.
"""

import hashlib
import json
import logging
import threading
from collections import Counter as Tally
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sigma_core.counter import Counter
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound, Unavailable
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.content import Content
from sigma_core.prompts.library import COUNTER
from sigma_core.prompts.lookup_query import POINTED
from sigma_core.prompts.prompt_snapshot import PromptSnapshot
from sigma_core.prompts.tables import PRODUCTION, version_name
from sigma_core.prompts.template import Prompt

logger = logging.getLogger(__name__)

CANDIDATE = "candidate"
"""The label that a canary's candidate is used under."""
Source = Literal["cache", "store", "snapshot", "built-in"]


class Prompts(Protocol):
    """Gives the prompt to use."""

    def get(self, name: str, *, run_id: int | None = None) -> Prompt:
        """The prompt that is in use under a name, `worker/type`. Raises `NotFound`.

        `run_id`: a run meets one version only, also while a candidate is being tried.
        """
        ...


@dataclass(frozen=True)
class Slot:
    """What a label points to, and the candidate that takes a share of its calls."""

    prompt: Prompt
    candidate: Prompt | None = None
    canary_id: int = 0
    share: float = 0.0

    def choose(self, run_id: int | None) -> Prompt:
        """The candidate for its share of runs, always the same for one run."""
        if self.candidate is None or run_id is None or drawn(self.canary_id, run_id) >= self.share:
            return self.prompt
        return self.candidate


def drawn(canary_id: int, run_id: int) -> float:
    """A number in [0, 1), evenly spread over runs and another for each canary."""
    digest = hashlib.blake2b(f"{canary_id}:{run_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


class PromptLookup:
    """Looks prompts up by label. `counts` tells how often each source answered."""

    def __init__(self, database: Database, snapshot: PromptSnapshot, builtins: BuiltIns) -> None:
        self._database, self._snapshot, self._builtins = database, snapshot, builtins
        self._counter = Counter(database, COUNTER)
        self._lock = threading.Lock()
        self._seen = -1
        self._slots: dict[tuple[str, str], Slot] = {}
        self._versions: dict[int, Prompt] = {}
        self.counts: Tally[Source] = Tally()

    def get(self, name: str, *, label: str = PRODUCTION, run_id: int | None = None) -> Prompt:
        """The prompt that a slot's label points to at this moment. Raises `NotFound`."""
        try:
            slot = self._slot(name, label)
        except Unavailable as error:
            return self._without_store(name, label, error)
        return slot.choose(run_id)

    def names(self) -> list[str]:
        """The slots that ship with SIGMA."""
        return self._builtins.names()

    def _slot(self, name: str, label: str) -> Slot:
        value = self._counter.value()
        if value == self._seen:
            known = self._slots.get((name, label))
            if known is not None:
                self.counts["cache"] += 1
                return known

        with self._lock:
            if value != self._seen:
                self._slots, self._seen = {}, value
            slots = self._slots
        # Read after the counter: a change in between is at worst read early, and then once more
        slot = self._read(name, label)
        slots[name, label] = slot
        self.counts["store"] += 1
        return slot

    def _read(self, name: str, label: str) -> Slot:
        worker, _, kind = name.partition("/")
        rows = self._counter.rows(POINTED, {"worker": worker, "type": kind, "label": label})
        if not rows:
            raise NotFound("prompt", name if label == PRODUCTION else f"{name} with label {label}")
        (row,) = rows
        prompt = self._prompt(name, row[:7]).under(label)
        self._snapshot.keep(name, label, prompt)
        canary_id, share = row[7:9]
        if canary_id is None:
            return Slot(prompt)
        return Slot(prompt, self._prompt(name, row[9:]).under(CANDIDATE), canary_id, share)

    def _prompt(self, name: str, row: tuple[Any, ...]) -> Prompt:
        """A version's texts are split once, whatever becomes of labels."""
        key, template_id, template, number, content, included, digest = row
        known = self._versions.get(key)
        if known is None:
            known = self._versions[key] = Prompt(
                name,
                version_name(template, number),
                Content.model_validate(_plain(content)),
                _plain(included),
                template_id,
                number,
                digest=digest,
            )
        return known

    def _without_store(self, name: str, label: str, error: Exception) -> Prompt:
        source: Source = "snapshot"
        try:
            prompt = self._snapshot.get(name, label)
        except (NotFound, Invalid):
            source, prompt = "built-in", self._builtins.get(name)
        self.counts[source] += 1
        logger.warning("prompt %s taken from its %s, the store is away: %s", name, source, error)
        return prompt


def _plain(value: Any) -> Any:  # noqa: ANN401 (JSON, as the driver gives it)
    return json.loads(value) if isinstance(value, str) else value
