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


class Snapshot:
    """One file a slot and label in `folder`. A file that cannot be written is logged, never an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Prompt] = {}

    def keep(self, name: str, label: str, prompt: Prompt) -> None:
        """Remember what a label points to."""
        with self._lock:
            if self._kept.get((name, label)) == prompt:
                return
            try:
                self._write(self._path(name, label), prompt)
            except OSError as error:
                logger.warning("prompt %s not kept for when the store is away: %s", name, error)
            self._kept[name, label] = prompt

    def get(self, name: str, label: str) -> Prompt:
        """What the label last pointed to, as far as this home knows. Raises `NotFound`, or `Invalid` if broken."""
        path = self._path(name, label)
        try:
            stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return Prompt(**{**stored, "content": Content.checked(stored["content"])}).under(label)
        except OSError:
            raise NotFound("kept prompt", name) from None
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid({str(path): f"cannot be read: {error}"}) from None

    def _write(self, path: Path, prompt: Prompt) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {
            "name": prompt.name, "version": prompt.version, "content": prompt.content.model_dump(mode="json"),
            "included": dict(prompt.included), "template_id": prompt.template_id, "number": prompt.number,
        }  # fmt: skip
        text = json.dumps(document)
        if path.exists() and path.read_text("utf-8") == text:
            return
        # Whole or not at all, whoever else is writing
        part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        part.write_text(text, "utf-8")
        part.replace(path)

    def _path(self, name: str, label: str) -> Path:
        return self._folder / f"{name.replace('/', '.')}.{label}.json"
