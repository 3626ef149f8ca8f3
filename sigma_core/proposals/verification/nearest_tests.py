"""Of a suite that takes too long, the tests that are most likely to execute a change. Told from text alone."""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from sigma_core.proposals.verification.static.modules import Modules


def nearest_tests(tests: Iterable[str], modules: Modules, folder: str, changed: Iterable[str]) -> frozenset[str]:
    """The ids of tests, found in `folder`, whose file imports one of the `changed` files or is named after it."""
    wanted = {file for path in changed for file in (*modules.importing(path), *_named_after(path, modules.texts))}
    return frozenset(name for name in tests if file_of(name, folder, modules.texts) in wanted)


def _named_after(path: str, files: Collection[str]) -> Iterable[str]:
    stem = PurePosixPath(path).stem.strip("_")
    return (file for file in files if PurePosixPath(file).stem in (f"test_{stem}", f"{stem}_test", f"{stem}_tests"))


def file_of(name: str, folder: str, files: Collection[str]) -> str | None:
    """The file of a test found in `folder`: pytest's ids begin with it, unittest's with the module."""
    place, _, inside = name.partition("::")
    if inside:
        return str(PurePosixPath(folder) / place)
    parts = name.split(".")
    paths = (f"{PurePosixPath(folder, *parts[:end])}.py" for end in range(len(parts), 0, -1))
    return next((path for path in paths if path in files), None)
