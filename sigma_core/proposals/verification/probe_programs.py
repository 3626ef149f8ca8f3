"""Programs of the probe, and the modules that they bring along into the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

PROBE = Path(__file__).parent / "probe"


@dataclass(frozen=True)
class Program:
    """An entry of the probe, and modules of ours that it brings along where the project has none."""

    file: str
    modules: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """Further ones, by their files' names and in the same folder, where SIGMA has all of them."""


@cache
def probe_digest() -> str:
    """Changes whenever the same tests could be reported otherwise."""
    digest = sha256()
    for path in sorted(PROBE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def place_of(module: str) -> Path:
    """Its file, or its folder where it is a package."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is a dependency of SIGMA and not installed")
    return _place(Path(spec.origin))


def _place(origin: Path) -> Path:
    return origin.parent if origin.name == "__init__.py" else origin


@cache
def brought(modules: tuple[str, ...]) -> Mapping[str, Path]:
    """Files and folders of these modules by their names; none where one of them is not installed with SIGMA."""
    origins = [Path(spec.origin) for name in modules if (spec := find_spec(name)) is not None and spec.origin]
    if len(origins) < len(modules):
        return {}
    return {place.name: place for place in map(_place, origins)}
