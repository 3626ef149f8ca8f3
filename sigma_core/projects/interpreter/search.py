"""Where a project's interpreter is looked for."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from sigma_core.errors import Invalid
from sigma_core.inherited import program_folders
from sigma_core.projects.interpreter.installed_python import InstalledPython, ask, link_hops, safe_to_start
from sigma_core.projects.interpreter.model import Interpreter
from sigma_core.projects.interpreter.packages import Installed, holds_python, is_open, read_installed
from sigma_core.projects.interpreter.venv import FOLDERS, VirtualEnvironment, environment_of, read_environment

SYSTEM = Path("/usr")


def find_interpreter(checkout: Path, explicit: str | None, configured: str | None) -> Interpreter:
    """The interpreter for a project.

    The first of: `explicit` (a person named it), `configured` (the project's own setting, which is not trusted), an
    environment in or beside the checkout, the active environment, the system's. The named ones must work; others that
    do not are passed over. Raises `Invalid` for a named one that does not exist or is no Python.
    """
    checkout = checkout.absolute()
    if explicit:
        return _named(explicit, checkout, "given", trusted=True)
    if configured:
        return _named(configured, checkout, "set for the project", trusted=False)
    for environment, origin in _environments(checkout):
        try:
            return _read(environment.python, checkout, origin, trusted=False)
        except Invalid:
            continue
    return system_interpreter(checkout)


def system_interpreter(checkout: Path) -> Interpreter:
    """The best `python3` that is installed for all projects: on the PATH, at last the one SIGMA runs with."""
    for folder in program_folders().split(os.pathsep):
        found = Path(folder, "python3")
        if os.access(found, os.X_OK) and not environment_of(found):
            try:
                return _read(found, checkout, "found on the PATH", trusted=False)
            except Invalid:
                continue
    return _read(Path(sys.executable).resolve(), checkout, "the one SIGMA runs with", trusted=False)


def _named(text: str, checkout: Path, origin: str, *, trusted: bool) -> Interpreter:
    path = Path(text).expanduser()
    if len(path.parts) == 1 and not (checkout / path).exists():
        path = Path(shutil.which(text, path=program_folders()) or text)
    path = checkout / path
    environment = read_environment(path)
    executable = environment.python if environment else path
    if not os.access(executable, os.X_OK) or executable.is_dir():
        raise Invalid({"python": f"{text} is not a program that can be started"})
    return _read(executable, checkout, origin, trusted=trusted)


def _environments(checkout: Path) -> Iterator[tuple[VirtualEnvironment, str]]:
    for parent, where in ((checkout, "in the checkout"), (checkout.parent, "beside the checkout")):
        for name in FOLDERS:
            if found := read_environment(parent / name):
                yield found, f"{name} {where}"
    for found in _poetry_environments(checkout):
        yield found, "an environment of Poetry"
    active = os.environ.get("VIRTUAL_ENV")
    if active and (found := read_environment(Path(active))):
        yield found, "the active environment ($VIRTUAL_ENV)"


def _poetry_environments(checkout: Path) -> Iterator[VirtualEnvironment]:
    """Poetry keeps them in its cache, named after the project with a hash; the newest is the one in use."""
    cache = Path(os.environ.get("POETRY_CACHE_DIR", Path.home() / ".cache" / "pypoetry"))
    if not (checkout / "poetry.lock").exists():
        return
    folders = cache.glob(f"virtualenvs/{checkout.name.lower()}-*-py3*")
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
        if found := read_environment(folder):
            yield found


def _read(executable: Path, checkout: Path, origin: str, *, trusted: bool) -> Interpreter:
    environment = environment_of(executable)
    base = _base(executable, environment, checkout, trusted=trusted)
    sites = base.site_folders
    if environment:
        sites = (*environment.site_folders, *(base.site_folders if environment.sees_system else ()))
    installed = read_installed(sites)
    python = executable if environment else base.executable
    return Interpreter(
        executable=python,
        version=base.version,
        prefix=environment.folder if environment else base.prefix,
        base_prefix=base.prefix,
        readable=_readable(python, environment, base, installed, checkout),
        packages=installed.packages,
        importable=base.standard_modules | installed.modules,
        editable_here=tuple(name for name, source in installed.editable.items() if source.is_relative_to(checkout)),
        digest=hashlib.sha256(f"{python.resolve()}\0{base.version}\0{installed.digest}".encode()).hexdigest(),
        origin=origin,
    )


def _base(
    executable: Path, environment: VirtualEnvironment | None, checkout: Path, *, trusted: bool
) -> InstalledPython:
    """Ask the installed Python behind it. In an environment made with copies that is not the same file."""
    candidates = [executable.resolve()]
    if environment and environment.home:
        candidates += [environment.home / name for name in ("python3", "python")]
    elif trusted:
        return ask(executable)
    for candidate in candidates:
        if safe_to_start(candidate, checkout) and os.access(candidate, os.X_OK):
            return ask(candidate)
    raise Invalid(
        {"python": f"{executable} came with the checkout; say that you trust it by giving it with --python yourself"}
    )


def _readable(
    python: Path, environment: VirtualEnvironment | None, base: InstalledPython, installed: Installed, checkout: Path
) -> tuple[Path, ...]:
    prefixes = [hop.parent.parent for hop in link_hops(python) if hop.parent.name == "bin"]
    places = [*prefixes, base.prefix, base.prefix.resolve(), base.executable.resolve().parent.parent]
    if environment:
        places.append(environment.folder)
    elsewhere = [*installed.linked, *installed.editable.values()]
    places += [path for path in elsewhere if _may_be_shown(path, checkout)]
    shown = [path for path in dict.fromkeys(places) if not path.is_relative_to(SYSTEM) and path != Path("/")]
    return tuple(shown)


def _may_be_shown(path: Path, checkout: Path) -> bool:
    """A link in an environment names it: it must not open a home folder, or what is no code, to the project."""
    covers = any(place.is_relative_to(path) for place in (checkout, Path.home()))
    return is_open(path) and not covers and not path.is_relative_to(checkout) and _is_code(path)


def _is_code(path: Path) -> bool:
    return holds_python(path) or any((path / name).exists() for name in ("pyproject.toml", "setup.py"))
