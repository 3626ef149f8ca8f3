"""Our own bare clone of a project."""

import fcntl
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.projects.git.calls import GitFailed, run
from sigma_core.projects.git.objects import (
    LogEntry,
    TreeFile,
    batch_contents,
    log_entries,
    renamed_paths,
    tree_entries,
    unpack,
)
from sigma_core.projects.git.repository import is_partial, trust

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


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
        try:
            return self._fetched(source, "--prune", "+HEAD:refs/sigma/base", "+refs/heads/*:refs/sigma/heads/*")
        except GitFailed as error:
            said = str(error)
        if "couldn't find remote ref HEAD" in said:
            raise Invalid({"path": f"{source} has no commit yet; make the first one."})
        if not is_partial(source, self._config):
            raise Invalid({"path": f"{source} cannot be read: {said}"})
        try:
            # What is checked out is there; of its history many files are not
            return self._fetched(source, "--depth=1", "+HEAD:refs/sigma/base")
        except GitFailed:
            mend = f"git -C {shlex.quote(str(source))} fetch --refetch --no-filter"
            message = f"{source} is a partial clone that lacks files of its newest commit; fetch them first: {mend}"
            raise Invalid({"path": message}) from None

    def _fetched(self, source: Path, option: str, *references: str) -> str:
        """The commit that HEAD names there, after a fetch of these. Raises `GitFailed`."""
        arguments = (
            "fetch",
            "-q",
            "--no-tags",
            "--force",
            option,
            "--update-shallow",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            str(source),
            *references,
        )
        # Where the source was deepened since, what was cut off comes only if it is asked for
        deeper = ("--unshallow",) if self.cut_commits() and not option.startswith("--depth") else ()
        with self._fetching() as lock:
            self._git(*arguments[:1], *deeper, *arguments[1:], lend=(lock,))
            return self.resolve("refs/sigma/base")

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

    def holds(self, commit: str) -> bool:
        """Whether the commit is here."""
        try:
            return self.path.exists() and self.resolve(_id(commit)) == commit
        except NotFound:
            return False

    def files(self, commit: str) -> dict[str, TreeFile]:
        """Everything in the commit's tree, by path."""
        return tree_entries(self._git("ls-tree", "-r", "-l", "-z", "--full-tree", _id(commit)))

    def read(self, commit: str, path: str) -> bytes:
        """A file's content. Raises `NotFound`."""
        try:
            return self._git("cat-file", "blob", f"{_id(commit)}:{path}")
        except GitFailed:
            raise NotFound("file", path) from None

    def export(self, commit: str, into: Path) -> None:
        """The commit's tree as plain files, without git's folder."""
        with tempfile.TemporaryFile() as archive:
            archive.write(self._git("archive", "--format=tar", _id(commit)))
            archive.seek(0)
            unpack(archive, into)

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
                    lines.append(f"0 {'0' * len(base)}\t{path}")
                    continue
                blob = self._git("hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip()
                lines.append(f"{modes[path].mode if path in modes else '100644'} {blob}\t{path}")
            self._git("update-index", "-z", "--index-info", stdin="\0".join(lines).encode() + b"\0", environment=index)
            tree = self._git("write-tree", environment=index).decode().strip()
        at = self._git("show", "-s", "--format=%ct", _id(base)).decode().strip()
        dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{at or 0} +0000")
        return (
            self._git("commit-tree", tree, "-p", base, "-F", "-", stdin=message.encode(), environment=dates)
            .decode()
            .strip()
        )

    def log(self, commit: str, *, limit: int = 1000, since: str | None = None) -> list[LogEntry]:
        """History reachable from `commit`, newest first; with `since`, what that commit does not have."""
        scope = [_id(commit)] + ([f"^{_id(since)}"] if since else [])
        out = self._git("log", f"-n{limit}", "-z", "--format=%H%x1f%P%x1f%ct%x1f%s", "--end-of-options", *scope)
        return log_entries(out)

    def main_line(self, commit: str) -> bytes:
        """Id and time of every commit from this one back along first parents, as `git log` prints them."""
        return self._git("log", "--first-parent", "--format=%H %ct", "--end-of-options", _id(commit))

    def changes_along(self, commit: str, count: int) -> bytes:
        """What so many commits of the main line changed against their first parents, this one first; raw."""
        arguments = ("--first-parent", "--diff-merges=first-parent", "--root", "--raw", "-z", "--no-abbrev", "-M")
        form = "--format=%x1e%H%x1f%an%x1f%s"
        return self._git("log", f"-n{count}", *arguments, form, "--end-of-options", _id(commit))

    def commit_graph(self, commit: str, *, without: str | None = None) -> bytes:
        """Id, parents and time of all that a commit has in its history, and `without` does not, as git prints them."""
        scope = [_id(commit)] + ([f"^{_id(without)}"] if without else [])
        return self._git("log", "--topo-order", "--format=%H %P %ct", "--end-of-options", *scope)

    def logged(self, commits: Sequence[str], mailmap: str | None = None) -> bytes:
        """Author, time, message and raw changes of these commits, in their order.

        `mailmap`: the blob that says who an author is.
        """
        arguments = (
            "--no-walk=unsorted",
            "--stdin",
            "--diff-merges=first-parent",
            "--root",
            "--raw",
            "-z",
            "--no-abbrev",
        )
        form = "--format=%x1e%H%x1f%aN%x1f%aE%x1f%at%x1f%s%x1f%b"
        named = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "mailmap.blob", "GIT_CONFIG_VALUE_0": mailmap or ""}
        asked = "".join(f"{_id(each)}\n" for each in commits).encode()
        return self._git(
            "log", *arguments, "-M", "--use-mailmap", form, stdin=asked, environment=named if mailmap else {}
        )

    def blob_of(self, commit: str, path: str) -> str | None:
        """The id of a file's content; None where it is not there."""
        entries = tree_entries(self._git("ls-tree", "-l", "-z", "--full-tree", _id(commit), "--", path))
        return entries[path].blob if path in entries and entries[path].is_plain else None

    def contents(self, blobs: Sequence[str], most_bytes: int) -> dict[str, bytes]:
        """Contents by id, without those that are missing or larger."""
        asked = "".join(f"{blob}\n" for blob in blobs).encode()
        sizes = (line.split() for line in self._git("cat-file", "--batch-check", stdin=asked).splitlines())
        small = [fields[0] for fields in sizes if len(fields) == 3 and int(fields[2]) <= most_bytes]
        return batch_contents(self._git("cat-file", "--batch", stdin=b"".join(each + b"\n" for each in small)))

    def cut_commits(self) -> frozenset[str]:
        """Commits whose parents it does not have, though they had some: where a shallow history ends."""
        cut = self.path / "shallow"
        return frozenset(cut.read_text().split()) if cut.exists() else frozenset()

    def ignored_in(self, source: Path, patterns: Sequence[str]) -> list[str]:
        """Files of the person's checkout that git ignores, one by one: what lies in wholly ignored folders is not told.

        Raises `GitFailed` where there is no checkout.
        """
        trust(self._config, source)
        arguments = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", *patterns)
        out = run(*arguments, directory=source, config=self._config)
        return [path for path in out.decode("utf-8", "surrogateescape").split("\0") if path and not path.endswith("/")]

    def ignores(self, source: Path, paths: Iterable[str]) -> set[str]:
        """Those of the paths that git would ignore in the person's checkout, whether they are there or not."""
        trust(self._config, source)
        asked = "\0".join(paths).encode("utf-8", "surrogateescape") + b"\0"
        try:
            out = run("check-ignore", "--no-index", "-z", "--stdin", stdin=asked, directory=source, config=self._config)
        except GitFailed:
            # It also ends so where it ignores none of them
            return set()
        return {path for path in out.decode("utf-8", "surrogateescape").split("\0") if path}

    def branches(self) -> frozenset[str]:
        """Names of the branches that the person's repository had at the last fetch."""
        out = self._git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/sigma/heads")
        return frozenset(out.decode("utf-8", "surrogateescape").splitlines())

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` has `older` in its history."""
        try:
            self._git("merge-base", "--is-ancestor", _id(older), _id(newer))
        except GitFailed:
            return False
        return True

    def renames(self, older: str, newer: str) -> dict[str, str]:
        """Files of `newer` that are another file of `older` under a new name, with the old one.

        None are known where a commit is gone, after a force-push for instance.
        """
        try:
            listing = self._git(
                "diff-tree", "-r", "-z", "--find-renames", "--diff-filter=R", "--name-status", _id(older), _id(newer)
            )
        except (GitFailed, NotFound):
            return {}
        return renamed_paths(listing)

    def branch_out(self, target: Path, branch: str, commit: str) -> None:
        """Create `branch` at `commit` in the person's repository, and touch nothing else of it.

        An existing branch with the same commit is left as it is. Raises `Conflict` when it has another.
        """
        reference = f"refs/heads/{branch}"
        trust(self._config, target)
        name = f"refs/sigma/out/{commit}"
        self._git("update-ref", name, _id(commit))
        within = partial(run, directory=target, config=self._config)
        try:
            present = within("rev-parse", "--verify", "--quiet", reference).decode().strip()
        except GitFailed:
            present = None
        if present is not None:
            if present != commit:
                raise Conflict(f"The branch {branch} exists already and holds something else.")
            return
        quiet = ("-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
        within("fetch", *quiet, str(self.path), name)
        # Create-only: an update-ref from zero never moves a branch that appeared meanwhile
        try:
            within("update-ref", "-m", "sigma: apply", reference, commit, "0" * len(commit))
        except GitFailed as error:
            raise Conflict(f"The branch {branch} cannot be created in {target}: {error}") from None

    def _git(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        lend: Sequence[int] = (),
    ) -> bytes:
        located = {"GIT_DIR": str(self.path), **(environment or {})}
        return run(*arguments, config=self._config, stdin=stdin, environment=located, lend=lend)


def _id(commit: str) -> str:
    if not _COMMIT.fullmatch(commit):
        raise NotFound("commit", commit)
    return commit
