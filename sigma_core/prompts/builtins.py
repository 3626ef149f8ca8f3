"""The prompts that ship with SIGMA: `defaults/worker/type.md`. They answer also where there is no store."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sigma_core.errors import NotFound
from sigma_core.prompts.builtin_changes import digest

if TYPE_CHECKING:
    from sigma_core.prompts.files import PromptFile
    from sigma_core.prompts.template import Prompt

DEFAULTS = Path(__file__).parent / "defaults"


class BuiltIns:
    """Prompts by name, `worker/type`, from a folder of files."""

    def __init__(self, folder: Path = DEFAULTS) -> None:
        paths = sorted(folder.glob("*/*.md"))
        self._paths = {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}
        self._read = cache(self._prompt)

    def names(self) -> list[str]:
        """All names, sorted."""
        return list(self._paths)

    def digest(self, name: str) -> str:
        """The digest of the file as it is now."""
        return digest(self._paths[name].read_bytes())

    def file(self, name: str) -> PromptFile:
        """All that the file holds. Raises `NotFound`."""
        if name not in self._paths:
            raise NotFound("prompt", name)
        from sigma_core.prompts import files

        return files.read(name, self._paths[name].read_bytes())

    def get(self, name: str, *, run_id: int | None = None) -> Prompt:  # noqa: ARG002 (as a lookup is asked)
        """The prompt of that name; its version is a digest of the file. Raises `NotFound`."""
        return self._read(name)

    def _prompt(self, name: str) -> Prompt:
        from sigma_core.prompts import files

        if name not in self._paths:
            raise NotFound("prompt", name)
        return files.pinned(name, self._paths[name])
