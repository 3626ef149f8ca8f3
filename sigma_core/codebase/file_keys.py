"""Which file is which over a history: a renamed file stays the same one."""

from collections.abc import Callable, Iterable, Mapping

from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.tree_state import is_read
from sigma_core.text import is_storable

Step = tuple[str | None, str | None]
"""A path on the side that is left and on the one that is gone to."""


class FileKeys:
    """Keys of the files of one commit's tree by their paths, moved from commit to commit in either direction.

    A file has the same key as `TreeState` gives it, where that reads it.
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        self.by_path = dict(keys)
        self._used = set(keys.values())

    def move(self, steps: Iterable[Step], name: Callable[[str], str]) -> tuple[dict[str, str], dict[str, str]]:
        """Go to another commit's tree: keys by path that are only in the one left, and only in the new one.

        `name` makes the key of a file that was not there and whose path is another's key.
        """
        structural = [(old, new) for old, new in steps if old != new or new not in self.by_path]
        gone = dict[str, str]()
        for old, _ in structural:
            if old is not None and old in self.by_path:
                gone[old] = self.by_path.pop(old)
        self._used.difference_update(gone.values())
        come = dict[str, str]()
        for old, new in structural:
            if new is None:
                continue
            self._used.discard(self.by_path.pop(new, ""))
            key = gone.get(old or "", new)
            come[new] = self.by_path[new] = key if key not in self._used else name(new)
            self._used.add(come[new])
        return gone, come


def backward_steps(changes: Iterable[TreeChange]) -> list[Step]:
    """From a commit to its first parent."""
    return [(new, old) for old, new in forward_steps(changes)]


def forward_steps(changes: Iterable[TreeChange]) -> list[Step]:
    """From a commit's first parent to itself. What becomes Python code, or ceases to be, is another file."""
    found = list[Step]()
    for each in changes:
        old, new = stored(each.old_path), stored(each.new_path)
        if old is not None and new is not None and is_read(old) != is_read(new):
            found += [(old, None), (None, new)]
        else:
            found.append((old, new))
    return found


def stored(path: str | None) -> str | None:
    """A path that a database can hold."""
    return path if path is not None and is_storable(path) else None
