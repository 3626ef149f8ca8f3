"""Which files each commit of a branch touched, by what the main line calls them."""

from collections.abc import Iterator, Mapping, Sequence

from sigma_core.codebase.code_facts import EntityKey
from sigma_core.codebase.commit_log import LoggedCommit
from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.file_keys import stored
from sigma_core.codebase.tree_state import is_read
from sigma_core.graph.vocabulary import FILE, MODULE

MOST_FILES = 1000
"""Files of one commit that are recorded as touched; what touches more (an import, a vendored tree) tells of none."""


def file_entity(path: str, key: str) -> EntityKey:
    """What a file is: a module, or a file that is not Python."""
    return EntityKey(MODULE if is_read(path) else FILE, key, "")


class BranchNames:
    """Keys of paths as commits of one branch use them, from its newest commit back."""

    def __init__(self, *known: Mapping[str, str]) -> None:
        """`known`: keys at the merge and before it; the first that has a path counts."""
        self._known = known
        self._renamed = dict[str, str]()

    def key(self, change: TreeChange) -> tuple[str, str] | None:
        """A path of the file and its key; None where the main line never had it."""
        old, new = stored(change.old_path), stored(change.new_path)
        path = new or old
        key = path and self._of(path)
        if not path or not key:
            return None
        if old is not None and old != path and is_read(old) == is_read(path):
            self._renamed[old] = key
        return path, key

    def _of(self, path: str) -> str | None:
        return next((keys[path] for keys in (self._renamed, *self._known) if path in keys), None)


def touched_files(
    told: Sequence[LoggedCommit], names: BranchNames
) -> Iterator[tuple[LoggedCommit, TreeChange, str, str]]:
    """Commits, newest first, each with a file whose content it changed, that file's path and key."""
    for commit in told:
        found = [(change, known) for change in commit.changes if (known := names.key(change)) is not None]
        touched = [(change, known) for change, known in found if change.old_blob != change.new_blob]
        if len(touched) <= MOST_FILES:
            yield from ((commit, change, *known) for change, known in touched)


def how(change: TreeChange) -> str:
    """What happened to a file, in a word."""
    if change.old_path is None:
        return "added"
    return "deleted" if change.new_path is None else "changed"
