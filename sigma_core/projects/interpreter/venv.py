"""Virtual environments, read as files."""

from dataclasses import dataclass
from pathlib import Path

FOLDERS = (".venv", "venv", "env", ".env", ".virtualenv")


@dataclass(frozen=True)
class VirtualEnvironment:
    """A folder with a ``pyvenv.cfg``."""

    folder: Path
    home: Path | None
    sees_system: bool
    """Do the packages of the base show through?"""

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / "bin" / "python"

    @property
    def site_folders(self) -> tuple[Path, ...]:
        """Where its packages lie."""
        return tuple(sorted(self.folder.glob("lib/python*/site-packages")))


def environment_of(executable: Path) -> VirtualEnvironment | None:
    """The environment that this interpreter belongs to, if any."""
    return read_environment(executable.parent.parent)


def environment_in(folder: Path) -> str | None:
    """The path of the virtual environment in a folder, under one of the usual names; None where there is none."""
    return next((str(path) for name in FOLDERS if read_environment(path := folder / name)), None)


def read_environment(folder: Path) -> VirtualEnvironment | None:
    """None where there is no environment with an interpreter."""
    file = folder / "pyvenv.cfg"
    if not file.is_file() or not (folder / "bin" / "python").exists():
        return None
    lines = (line.partition("=") for line in file.read_text(errors="replace").splitlines())
    values = {name.strip().lower(): value.strip() for name, _, value in lines}
    home = Path(values["home"]) if values.get("home") else None
    return VirtualEnvironment(folder, home, values.get("include-system-site-packages", "").lower() == "true")
