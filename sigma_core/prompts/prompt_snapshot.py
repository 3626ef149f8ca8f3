"""The last good version of each prompt looked up, kept in a file for when the store is away."""

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

from sigma_core.errors import Invalid, NotFound
from sigma_core.prompts.content import Content
from sigma_core.prompts.template import Prompt

logger = logging.getLogger(__name__)


class PromptSnapshot:
    """One file a slot and label in `folder`. A file that cannot be written is logged, never an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: set[Path] = set()

    def keep(self, name: str, label: str, prompt: Prompt) -> None:
        """Remember what a label points to."""
        path = (
            self._folder / f"{_stem(name, label)}{prompt.template_id}-{prompt.number}-{(prompt.digest or '')[:16]}.json"
        )
        with self._lock:
            # Versions never change, so the name tells the content
            if path in self._kept or path.exists():
                self._kept.add(path)
                return
            try:
                self._write(path, _stem(name, label), prompt)
            except OSError as error:
                logger.warning("prompt %s not kept for when the store is away: %s", name, error)
            self._kept = {each for each in self._kept if not each.name.startswith(_stem(name, label))} | {path}

    def get(self, name: str, label: str) -> Prompt:
        """What the label last pointed to, as far as this home knows. Raises `NotFound`, or `Invalid` if broken."""
        kept = sorted(self._folder.glob(f"{_stem(name, label)}*.json"), key=lambda path: path.stat().st_mtime)
        if not kept:
            raise NotFound("kept prompt", name)
        try:
            stored: dict[str, Any] = json.loads(kept[-1].read_text("utf-8"))
            return Prompt(**{**stored, "content": Content.checked(stored["content"])}).under(label)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Invalid({str(kept[-1]): f"cannot be read: {error}"}) from None

    def _write(self, path: Path, stem: str, prompt: Prompt) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {
            "name": prompt.name,
            "version": prompt.version,
            "content": prompt.content.model_dump(mode="json"),
            "included": dict(prompt.included),
            "template_id": prompt.template_id,
            "number": prompt.number,
            "digest": prompt.digest,
        }
        # Whole or not at all, whoever else is writing
        part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        part.write_text(json.dumps(document), "utf-8")
        part.replace(path)
        for former in self._folder.glob(f"{stem}*.json"):
            if former != path:
                former.unlink(missing_ok=True)


def _stem(name: str, label: str) -> str:
    return f"{name.replace('/', '.')}.{label}@"
