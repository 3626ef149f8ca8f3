"""One git call, with everything of the repository and of the person switched off."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sigma_core.errors import Unavailable
from sigma_core.inherited import program_folders

TIMEOUT_S = 120
_OFF = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.autocrlf": "false",
    "core.quotePath": "true",
    "core.askPass": "/bin/false",
    "core.sshCommand": "/bin/false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "credential.helper": "",
    "diff.external": "",
    "user.name": "SIGMA",
    "user.email": "sigma@localhost",
}


class GitFailed(Unavailable):
    """A git call that should have worked did not; the sentence ends with what git said."""


def run(
    *arguments: str,
    directory: Path = Path("/"),
    config: Path | None = None,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    lend: Sequence[int] = (),
) -> bytes:
    """Standard output of one git call, everything of the repository and of the person switched off.

    `lend`: open files that git holds as well.

    Raises `GitFailed`; `Unavailable` where git is missing or takes too long.
    """
    env = {
        "PATH": program_folders(),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config) if config else "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_LAZY_FETCH": "1",
        **(environment or {}),
    }
    options = [part for name, value in _OFF.items() for part in ("-c", f"{name}={value}")]
    command = ["git", *options, *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=env,
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            pass_fds=lend,
        )
    except (FileNotFoundError, NotADirectoryError):
        if not directory.is_dir():
            raise Unavailable(f"There is no folder {directory} any more.") from None
        raise Unavailable("git is not installed (or not on PATH).") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"git {arguments[0]} took longer than {TIMEOUT_S} s.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitFailed(f"git {arguments[0]} failed: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout
