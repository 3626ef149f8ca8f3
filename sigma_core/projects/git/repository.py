"""The person's repository: where it is, and leave to read it."""

import os
import tempfile
from pathlib import Path

from sigma_core.errors import Invalid, Unavailable
from sigma_core.projects.git.calls import GitFailed, run


def top_level(path: Path, config: Path) -> Path:
    """The repository that `path` lies in: its top folder, or the folder of a bare one. Raises `Invalid`."""
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise Invalid({"path": f"{str(path)[:80]}… cannot be looked at: {error.strerror}."}) from None
    if not is_folder:
        raise Invalid({"path": f"{path} is not a folder."})
    trust(config, path)
    try:
        if run("rev-parse", "--is-bare-repository", directory=path, config=config).strip() == b"true":
            found = run("rev-parse", "--absolute-git-dir", directory=path, config=config)
        else:
            found = run("rev-parse", "--show-toplevel", directory=path, config=config)
        return Path(found.decode().removesuffix("\n"))
    except GitFailed as error:
        raise Invalid({"path": f"{path} is not a git repository ({error})."}) from None
    except UnicodeDecodeError:
        raise Invalid({"path": "the folder's name is not UTF-8 text."}) from None


def tags(path: Path, config: Path) -> dict[str, str]:
    """Commits of a repository's tags, by the tags' names; none where it cannot be read now."""
    form = "--format=%(objectname) %(*objectname) %(refname:strip=2)"
    try:
        listing = run("for-each-ref", form, "refs/tags", directory=path, config=config)
    except Unavailable:
        return {}
    rows = (line.split(" ", 2) for line in listing.decode(errors="replace").splitlines())
    # Of a tag with words of its own the second is the commit
    return {name: inner or own for own, inner, name in rows}


def is_partial(path: Path, config: Path) -> bool:
    """Whether the repository leaves files to be fetched from elsewhere when they are asked for."""
    try:
        return bool(run("config", "--get-regexp", r"^remote\..*\.promisor$", directory=path, config=config))
    except GitFailed:
        return False


def trust(config: Path, path: Path) -> None:
    """Let git read a repository that another user owns: only this file's entries count for its child processes."""
    config.parent.mkdir(parents=True, exist_ok=True)
    known = config.read_text().splitlines() if config.exists() else ["[safe]"]
    wanted = [f'\tdirectory = "{_config_quoted(each)}"' for each in (path, path / ".git")]
    missing = [line for line in wanted if line not in known]
    if missing:
        handle, name = tempfile.mkstemp(dir=config.parent)
        with os.fdopen(handle, "w") as file:
            file.write("\n".join([*known, *missing]) + "\n")
        Path(name).replace(config)


def _config_quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
