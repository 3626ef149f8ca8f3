"""What git tells of trees and commits, read."""

import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class TreeFile:
    """One entry of a commit's tree. Mode 120000 is a symbolic link, 160000 a submodule."""

    mode: str
    blob: str
    size: int

    @property
    def is_plain(self) -> bool:
        """An ordinary file."""
        return self.mode.startswith("100")


@dataclass(frozen=True)
class LogEntry:
    """One commit of the history."""

    commit: str
    parents: tuple[str, ...]
    at: datetime
    subject: str


def tree_entries(listing: bytes) -> dict[str, TreeFile]:
    """The output of `git ls-tree -r -l -z`, by path."""
    entries = {}
    for line in listing.split(b"\0")[:-1]:
        facts, _, path = line.partition(b"\t")
        mode, _, blob, size = facts.split()
        entries[path.decode("utf-8", "surrogateescape")] = TreeFile(
            mode.decode(), blob.decode(), int(size) if size != b"-" else 0
        )
    return entries


def renamed_paths(listing: bytes) -> dict[str, str]:
    """The output of `git diff-tree -z --name-status` for renames alone: old paths by new ones."""
    fields = [field.decode("utf-8", "surrogateescape") for field in listing.split(b"\0")[:-1]]
    return dict(zip(fields[2::3], fields[1::3], strict=True))


def log_entries(out: bytes) -> list[LogEntry]:
    """The output of `git log -z`, each with commit, parents, time and subject apart by unit separators."""
    entries = []
    for line in out.decode(errors="replace").split("\0"):
        if line:
            commit_id, parents, at, subject = line.split("\x1f", 3)
            # A broken commit has no time
            moment = datetime.fromtimestamp(int(at or 0), UTC)
            entries.append(LogEntry(commit_id, tuple(parents.split()), moment, subject))
    return entries


def batch_contents(out: bytes) -> dict[str, bytes]:
    """The output of `git cat-file --batch`, by id."""
    found, at = dict[str, bytes](), 0
    while at < len(out):
        end = out.index(b"\n", at)
        blob, _, size = out[at:end].split()
        found[blob.decode()] = out[end + 1 : end + 1 + int(size)]
        at = end + 1 + int(size) + 1
    return found


def unpack(archive: IO[bytes], into: Path) -> None:
    """What `git archive` wrote, as plain files."""
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=archive) as tar:
        # Links stay as they are: nothing follows them outside the sandbox. Filtered by ourselves, because
        # `extractall` has no filter before Python 3.11.4; later ones are told that none is wanted
        tar.extraction_filter = lambda member, _: member
        tar.extractall(into, [kept for member in tar if (kept := _as_is(member))])  # noqa: S202


def _as_is(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    # git archive makes only relative names below the tree; devices and owners never come from it
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member if member.isfile() or member.isdir() or member.issym() else None
