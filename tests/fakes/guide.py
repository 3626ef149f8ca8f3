"""A guide to adding something, as its readers follow it: by its blocks of code, of settings and of commands."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("adding-*.md"))
USES = sorted(set((ROOT / "docs" / "guides").glob("*.md")) - set(GUIDES))
"""Those that show how to use what there is."""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Guide:
    """A guide's blocks by language."""

    text: str

    def blocks(self, language: str) -> list[str]:
        return [block for kind, block in BLOCK.findall(self.text) if kind == language]

    @property
    def entry_points(self) -> dict[str, dict[str, str]]:
        declared: dict[str, dict[str, str]] = tomllib.loads("".join(self.blocks("toml")))["project"]["entry-points"]
        return declared

    @property
    def module(self) -> Path:
        """Where in SIGMA its Python stands, for guides to what is no plug-in."""
        return Path(re.findall(r"`(sigma_core/[\w/]+\.py)`", self.text)[0])

    def steps(self) -> Iterator[tuple[str, list[str]]]:
        """Commands, each with what its output must hold."""
        for step in re.split(r"^\$ ", "".join(self.blocks("console")), flags=re.MULTILINE)[1:]:
            command, *expected = step.splitlines()
            yield command, [line for line in expected if line]
