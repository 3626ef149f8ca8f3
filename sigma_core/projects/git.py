"""Git without the repository's own programs: no hook, filter, monitor, alias or configuration of anybody runs."""

import fcntl
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sigma_core.errors import Conflict, Invalid, NotFound, Unavailable

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
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class GitFailed(Unavailable):
    """A git call that should have worked did not; the sentence ends with what git said."""


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


def run(
    *arguments: str,
    directory: Path | None = None,
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
        "PATH": os.environ.get("PATH", os.defpath),
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
            command, cwd=directory, env=env, input=stdin if stdin is not None else b"", capture_output=True,
            timeout=TIMEOUT_S, check=False, pass_fds=lend,
        )  # fmt: skip
    except FileNotFoundError:
        raise Unavailable("git is not installed (or not on PATH).") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"git {arguments[0]} took longer than {TIMEOUT_S} s.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitFailed(f"git {arguments[0]} failed: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout


def top_level(path: Path, config: Path) -> Path:
    """The repository that `path` lies in: its top folder, or the folder of a bare one. Raises `Invalid`."""
    if not path.is_dir():
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


class Clone:
    """Our own bare clone of a project. Nothing here touches the person's repository but `fetch` and `branch_out`."""

    def __init__(self, path: Path, config: Path) -> None:
        self.path = path
        self._config = config

    def fetch(self, source: Path) -> str:
        """Bring over what `source` has; the commit its HEAD names. Raises `Invalid` with what to do about it.

        A clone that this made is gone again where that fails.
        """
        with ExitStack() as undo:
            if not self.path.exists():
                self._create(source)
                undo.callback(shutil.rmtree, self.path, ignore_errors=True)
            head = self._fetch(source)
            undo.pop_all()
        return head

    def _fetch(self, source: Path) -> str:
        trust(self._config, source)
        arguments = (
            "fetch", "-q", "--no-tags", "--force", "--prune", "--update-shallow", "--no-recurse-submodules",
            "--no-write-fetch-head", "--no-auto-maintenance", str(source),
            "+HEAD:refs/sigma/base", "+refs/heads/*:refs/sigma/heads/*",
        )  # fmt: skip
        try:
            with self._fetching() as lock:
                self._git(*arguments, lend=(lock,))
                return self.resolve("refs/sigma/base")
        except GitFailed as error:
            said = str(error)
        if "couldn't find remote ref HEAD" in said:
            raise Invalid({"path": f"{source} has no commit yet; make the first one."})
        if "promisor" in said or "lazy fetch" in said or "unable to read" in said:
            raise Invalid({"path": f"{source} is a partial clone; run `git fetch --refetch` in it first."})
        raise Invalid({"path": f"{source} cannot be read: {said}"})

    @contextmanager
    def _fetching(self) -> Iterator[int]:
        """One fetch at a time, of all processes. Git holds the lock as well, for it outlives us if we are killed."""
        with (self.path / "fetching").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Nobody fetches: these are of a git that was killed, and would refuse every later fetch
            names = self.path / "refs" / "sigma"
            for left in (self.path / "packed-refs.lock", names / "base.lock", *(names / "heads").rglob("*.lock")):
                left.unlink(missing_ok=True)
            yield file.fileno()

    def _create(self, source: Path) -> None:
        trust(self._config, source)
        hashes = run("rev-parse", "--show-object-format", directory=source, config=self._config).decode().strip()
        # Made aside and renamed, so that a crash leaves no half clone
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=self.path.parent, prefix=".new-"))
        run("init", "-q", "--bare", "--template=", f"--object-format={hashes}", str(fresh), config=self._config)
        try:
            fresh.rename(self.path)
        except OSError:
            shutil.rmtree(fresh)
            if not self.path.exists():
                raise

    def move(self, path: Path) -> None:
        """Lie there from now on, in the place of what a process that died may have left."""
        shutil.rmtree(path, ignore_errors=True)
        self.path = self.path.rename(path)

    def resolve(self, name: str) -> str:
        """The commit id a name stands for. Raises `NotFound`."""
        try:
            return (
                self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").decode().strip()
            )
        except GitFailed:
            raise NotFound("commit", name) from None

    def files(self, commit: str) -> dict[str, TreeFile]:
        """Everything in the commit's tree, by path."""
        listing = self._git("ls-tree", "-r", "-l", "-z", "--full-tree", _id(commit))
        entries = {}
        for line in listing.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, blob, size = facts.split()
            entries[path.decode("utf-8", "surrogateescape")] = TreeFile(
                mode.decode(), blob.decode(), int(size) if size != b"-" else 0
            )
        return entries

    def read(self, commit: str, path: str) -> bytes:
        """A file's content. Raises `NotFound`."""
        try:
            return self._git("cat-file", "blob", f"{_id(commit)}:{path}")
        except GitFailed:
            raise NotFound("file", path) from None

    def export(self, commit: str, into: Path) -> None:
        """The commit's tree as plain files, without git's folder."""
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile() as archive:
            archive.write(self._git("archive", "--format=tar", _id(commit)))
            archive.seek(0)
            with tarfile.open(fileobj=archive) as tar:
                # Links stay as they are: nothing follows them outside the sandbox. Filtered by ourselves, because
                # `extractall` has no filter before Python 3.11.4; later ones are told that none is wanted
                tar.extraction_filter = lambda member, _: member
                tar.extractall(into, [kept for member in tar if (kept := _as_is(member))])  # noqa: S202

    @contextmanager
    def tree(self, commit: str) -> Iterator[Path]:
        """The commit's files in a folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="sigma-tree-") as folder:
            self.export(commit, Path(folder))
            Path(folder).chmod(0o755)
            yield Path(folder)

    def commit_tree(self, base: str, changes: Mapping[str, bytes | None], message: str) -> str:
        """A commit with these whole-file contents (None: deleted) on top of `base`; no worktree is involved.

        Author and dates are fixed, so the same change on the same base is the same commit.
        """
        modes = self.files(base)
        with tempfile.TemporaryDirectory(prefix="sigma-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git("read-tree", _id(base), environment=index)
            lines = []
            for path, content in changes.items():
                if content is None:
                    lines.append(f"0 {'0' * 40}\t{path}")
                    continue
                blob = self._git("hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip()
                lines.append(f"{modes[path].mode if path in modes else '100644'} {blob}\t{path}")
            self._git("update-index", "-z", "--index-info", stdin="\0".join(lines).encode() + b"\0", environment=index)
            tree = self._git("write-tree", environment=index).decode().strip()
        at = self._git("show", "-s", "--format=%ct", _id(base)).decode().strip()
        dates = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
        return self._git(
            "commit-tree", tree, "-p", base, "-F", "-", stdin=message.encode(), environment=dates
        ).decode().strip()  # fmt: skip

    def log(self, commit: str, *, limit: int = 1000, since: str | None = None) -> list[LogEntry]:
        """History reachable from `commit`, newest first; with `since`, what that commit does not have."""
        scope = [_id(commit)] + ([f"^{_id(since)}"] if since else [])
        out = self._git("log", f"-n{limit}", "-z", "--format=%H%x1f%P%x1f%ct%x1f%s", "--end-of-options", *scope)
        entries = []
        for line in out.decode(errors="replace").split("\0"):
            if line:
                commit_id, parents, at, subject = line.split("\x1f", 3)
                entries.append(
                    LogEntry(commit_id, tuple(parents.split()), datetime.fromtimestamp(int(at), UTC), subject)
                )
        return entries

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` has `older` in its history."""
        try:
            self._git("merge-base", "--is-ancestor", _id(older), _id(newer))
        except GitFailed:
            return False
        return True

    def branch_out(self, target: Path, branch: str, commit: str) -> None:
        """Create `branch` at `commit` in the person's repository, and touch nothing else of it.

        An existing branch with the same commit is left as it is. Raises `Conflict` when it has another.
        """
        reference = f"refs/heads/{branch}"
        trust(self._config, target)
        name = f"refs/sigma/out/{commit}"
        self._git("update-ref", name, _id(commit))
        here = {"directory": target, "config": self._config}
        try:
            present = run("rev-parse", "--verify", "--quiet", reference, **here).decode().strip()  # type: ignore[arg-type]
        except GitFailed:
            present = None
        if present is not None:
            if present != commit:
                raise Conflict(f"The branch {branch} exists already and holds something else.")
            return
        run("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules",
            str(self.path), name, **here)  # type: ignore[arg-type] # fmt: skip
        # Create-only: an update-ref from zero never moves a branch that appeared meanwhile
        try:
            run("update-ref", "-m", "sigma: apply", reference, commit, "0" * len(commit), **here)  # type: ignore[arg-type]
        except GitFailed as error:
            raise Conflict(f"The branch {branch} cannot be created in {target}: {error}") from None

    def _git(
        self, *arguments: str, stdin: bytes | None = None, environment: Mapping[str, str] | None = None,
        lend: Sequence[int] = (),
    ) -> bytes:  # fmt: skip
        located = {"GIT_DIR": str(self.path), **(environment or {})}
        return run(*arguments, config=self._config, stdin=stdin, environment=located, lend=lend)


def _id(commit: str) -> str:
    if not _COMMIT.fullmatch(commit):
        raise NotFound("commit", commit)
    return commit


def _as_is(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    # git archive makes only relative names below the tree; devices and owners never come from it
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member if member.isfile() or member.isdir() or member.issym() else None
