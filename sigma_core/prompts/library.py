"""The prompts there are."""

from functools import cache
from pathlib import Path

from sigma_core.errors import NotFound
from sigma_core.prompts.files import read_prompt
from sigma_core.prompts.template import Prompt

DEFAULTS = Path(__file__).parent / "defaults"
"""The prompts that ship with SIGMA: `worker/type.md`."""


class PromptLibrary:
    """Prompts by name, `worker/type`, from a folder of files."""

    def __init__(self, folder: Path = DEFAULTS) -> None:
        paths = sorted(folder.glob("*/*.md"))
        self._paths = {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}
        self._read = cache(read_prompt)

    def names(self) -> list[str]:
        """All names, sorted."""
        return list(self._paths)

    def get(self, name: str) -> Prompt:
        """The prompt that is in use under a name. Raises `NotFound`."""
        if name not in self._paths:
            raise NotFound("prompt", name)
        return self._read(name, self._paths[name])
