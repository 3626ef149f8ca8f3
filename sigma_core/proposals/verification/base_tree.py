"""The tree that runs start from: plain files of the base, with a change put in and taken out again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sigma_core.proposals.diff import DoesNotApply


class BaseTree:
    """An exported tree. Project code never writes here: the sandbox works on its own copy."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def holding(self, contents: Mapping[str, str | None]) -> Iterator[Path]:
        """The tree with these whole-file contents (None: no such file); as it was afterwards."""
        saved = [(path, _save(path)) for path in map(self._place, contents)]
        try:
            for path, content in zip(map(self._place, contents), contents.values(), strict=True):
                _put(path, None if content is None else content.encode("utf-8", "surrogateescape"))
            yield self.root
        finally:
            for path, (before, mode) in saved:
                _put(path, before)
                if before is not None:
                    path.chmod(mode)

    def _place(self, name: str) -> Path:
        path = self.root / name
        # A link in the tree must not lead a write out of it
        if path.is_symlink() or not path.parent.resolve().is_relative_to(self.root.resolve()):
            raise DoesNotApply(f"{name} leads through a link.")
        return path


def _save(path: Path) -> tuple[bytes | None, int]:
    return (path.read_bytes(), path.stat().st_mode & 0o777) if path.is_file() else (None, 0)


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
