"""Where not all tests are run, those that are most likely to execute a change. Told from text alone."""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from sigma_core.proposals.verification.static.modules import Modules


def nearest_tests(tests: Iterable[str], modules: Modules, folder: str, changed: Iterable[str]) -> frozenset[str]:
    """The ids of tests, found in `folder`, whose file is one of the `changed` files, imports one or is named after it.

    To a conftest all in its folder are near.
    """
    wanted = {file for path in changed for file in _near(path, modules)}
    return frozenset(name for name in tests if file_of(name, folder, modules.texts) in wanted)


def _near(path: str, modules: Modules) -> Iterable[str]:
    place = PurePosixPath(path)
    if place.name == "conftest.py":
        return [file for file in modules.texts if PurePosixPath(file).is_relative_to(place.parent)]
    return [path, *modules.importing(path), *_named_after(path, modules.texts)]


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
