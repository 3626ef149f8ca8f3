"""Where the embedded graph server of a home lives."""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from sigma_core.errors import Unavailable

LONGEST_SOCKET = 100
"""Bytes of a socket's path: the system allows 107, on macOS 103."""


@dataclass(frozen=True)
class ServerFiles:
    """Files of one home's graph server."""

    folder: Path

    @property
    def starting(self) -> Path:
        """Locked by who starts or ends the server."""
        return self.folder / "starting.lock"

    @property
    def users(self) -> Path:
        """Locked, shared, by every process that uses the server."""
        return self.folder / "users.lock"

    @property
    def keeper(self) -> Path:
        """Locked by the process that keeps the server; holds its id."""
        return self.folder / "keeper.lock"

    @property
    def server(self) -> Path:
        """Locked by the server itself: two on one folder would spoil its files."""
        return self.folder / "server.lock"

    @property
    def files(self) -> Path:
        """What the server has written; `appendonlydir` is its own name for it."""
        return self.folder / "appendonlydir"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def socket(self) -> Path:
        """In the folder, or, where its path would be too long for a socket, in one of the temporary folder."""
        path = self.folder / "graph.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET:
            return path
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        # Not what `tempfile` says: each process of ours has temporary files of its own
        shared = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 (a folder of our own in it, which `prepare` looks at)
        return Path(shared) / f"sigma-graph-{os.getuid()}-{name}" / "graph.sock"

    def prepare(self) -> None:
        """Make its folders. Raises `Unavailable` where somebody else could reach into them."""
        for folder in {self.folder, self.socket.parent}:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
                raise Unavailable(f"{folder} belongs to somebody else; the graph cannot be kept there.")
            folder.chmod(0o700)


def beside(path: Path) -> Path:
    """A free name for what is set aside."""
    return path.with_name(f"{path.name}.set-aside-{secrets.token_hex(4)}")


def server_files(home: Path) -> ServerFiles:
    """The server's files of this home."""
    return ServerFiles(home / "graph")
