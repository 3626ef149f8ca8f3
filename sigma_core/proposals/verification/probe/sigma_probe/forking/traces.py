"""What a run leaves in the checkout and the temporary folder, taken away before the next."""

import os
import shutil
import tempfile

_MOST_BYTES = 64 * 1024 * 1024


def places(temporary):
    """The folders that are the run's own, asked for before any code of the project could name others. The temporary one
    is looked at where nobody else has it: elsewhere others' files come and go there."""
    return [os.getcwd()] + ([os.path.realpath(tempfile.gettempdir())] if temporary else [])


class Traces:
    """Everything that lies in these folders now; `own` are files that are always written anew."""

    def __init__(self, roots, own):
        self._roots = roots
        self._own = set(own)
        self._marks = dict(self._walked())
        sizes = sum(size for size, _ in filter(None, self._marks.values()))
        self._contents = {}
        if sizes <= _MOST_BYTES:
            self._contents = {path: _read(path) for path, mark in self._marks.items() if mark is not None}

    def removed(self):
        """Whether all is again as it was."""
        now = dict(self._walked())
        for path in sorted(now.keys() - self._marks.keys()):
            if now[path] is None:
                shutil.rmtree(path, ignore_errors=True)
            elif os.path.lexists(path):
                os.unlink(path)
        changed = [path for path, mark in self._marks.items() if path not in now or (mark and now[path] != mark)]
        return all(self._restored(path) for path in changed)

    def _restored(self, path):
        try:
            if self._marks[path] is None:
                os.makedirs(path, exist_ok=True)
                return True
            if self._contents.get(path) is None:
                return False
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self._contents[path])
            self._marks[path] = _mark(path)
        except OSError:
            return False
        return True

    def _walked(self):
        """Each path with size and time of a file, None for a folder."""
        for root in self._roots:
            for folder, _, names in os.walk(root):
                yield folder, None
                for name in names:
                    path = os.path.join(folder, name)
                    mark = None if path in self._own else _mark(path)
                    if mark is not None:
                        yield path, mark


def _mark(path):
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _read(path):
    try:
        if os.path.islink(path) or not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
