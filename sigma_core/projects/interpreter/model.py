"""What is known about an interpreter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """A Python and its installed packages.

    `executable` is the path to run, in a virtual environment the one inside it. `readable` are the folders it needs
    to see. `packages` maps normalised names to versions. `importable` are the names of top-level modules, those of the
    standard library included. `digest` changes when a package is installed, removed or exchanged. `origin` says for a
    person where it was found.
    """

    executable: Path
    version: str
    prefix: Path
    base_prefix: Path
    readable: tuple[Path, ...]
    packages: Mapping[str, str]
    importable: frozenset[str] = field(repr=False)
    editable_here: tuple[str, ...]
    """Packages installed as links to the checkout: they meet whatever is mounted there."""
    digest: str
    origin: str
