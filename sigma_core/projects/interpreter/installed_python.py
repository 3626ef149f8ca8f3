"""What a Python says about itself. It is the only program run here, and never one that a project brought along."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sigma_core.errors import Invalid
from sigma_core.inherited import plain_environment

QUESTION = """
import json, site, sys
names = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
print(json.dumps([sys.executable, "%d.%d.%d" % sys.version_info[:3], sys.base_prefix,
                  site.getsitepackages([sys.base_prefix]), sorted(names)]))
"""
PROGRAM = re.compile(r"(python|pypy)[0-9.]*(-dbg|d|t)?")
ANSWER_S = 20


@dataclass(frozen=True)
class InstalledPython:
    """An installed Python, outside of any virtual environment."""

    executable: Path
    version: str
    prefix: Path
    site_folders: tuple[Path, ...]
    standard_modules: frozenset[str]


def ask(executable: Path) -> InstalledPython:
    """Start it without site packages, in an empty environment, and let it tell.

    Raises `Invalid` if it is no Python 3 or does not answer.
    """
    environment = plain_environment()
    try:
        answer = subprocess.run(
            [executable, "-I", "-S", "-c", QUESTION],
            check=True,
            capture_output=True,
            env=environment,
            cwd="/",
            timeout=ANSWER_S,
        )
        told, version, prefix, folders, names = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise Invalid({"python": " ".join([f"{executable} does not work as a Python 3 interpreter:", *last])}) from None
    sites = tuple(path for path in map(Path, folders) if path.is_dir())
    return InstalledPython(Path(told), version, Path(prefix), sites, frozenset(names))


def safe_to_start(executable: Path, checkout: Path) -> bool:
    """Is it an installed program called Python, and not a file that came with the project?"""
    real = executable.resolve()
    return bool(PROGRAM.fullmatch(real.name)) and not real.is_relative_to(checkout.resolve())


def link_hops(executable: Path) -> tuple[Path, ...]:
    """`executable` and each path on the way to the file it links to."""
    hops = [executable]
    while hops[-1].is_symlink() and len(hops) < 20:
        target = hops[-1].parent / hops[-1].readlink()
        hops.append(Path(os.path.normpath(target)))
    return tuple(hops)
