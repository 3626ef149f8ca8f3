"""A person's repository, changed by real commits."""

import hashlib
from collections.abc import Mapping
from copy import copy
from pathlib import Path

from fakes.small_repository import git


class Checkout:
    """A real git repository with a work tree."""

    def __init__(self, path: Path, files: Mapping[str, str | bytes], hashes: str = "sha1") -> None:
        self.path = path
        path.mkdir(parents=True)
        git(path, "init", "-q", "-b", "main", f"--object-format={hashes}")
        self.commit(files)

    def at(self, path: Path) -> "Checkout":
        """Another one that is there already."""
        other = copy(self)
        other.path = path
        return other

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        """Write (None: delete) and commit; the commit's id."""
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                file.unlink()
            else:
                file.write_bytes(text if isinstance(text, bytes) else text.encode())
        git(self.path, "add", "-A")
        git(self.path, "commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """What git prints."""
        return git(self.path, *arguments)

    def diff(self, name: str, text: str) -> str:
        """A diff that makes `text` of a file; the file stays as it was."""
        file = self.path / name
        before = file.read_bytes()
        file.write_text(text)
        made = self.git("diff") + "\n"
        file.write_bytes(before)
        return made

    def fingerprint(self) -> str:
        """Of HEAD, the index and every file of the work tree with its time: all that nobody else may touch."""
        digest = hashlib.sha256((self.path / ".git/HEAD").read_bytes() + (self.path / ".git/index").read_bytes())
        for file in sorted(self.path.rglob("*")):
            if ".git" not in file.parts and file.is_file():
                digest.update(f"{file}{file.stat().st_mtime_ns}".encode("utf-8", "surrogateescape"))
                digest.update(file.read_bytes())
        return digest.hexdigest()
