"""What a trial leaves behind is taken away, and nothing else."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigma_core.proposals.verification.probe_programs import PROBE


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("checkout", "temporary"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old.txt").write_text("old")
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    sys.path.append(str(PROBE))
    yield tmp_path
    sys.path.remove(str(PROBE))


def left(folders: Path, *, temporary: bool) -> dict[str, str]:
    """All files after a trial that writes one anew, changes one and removes one in each folder."""
    from sigma_probe.forking.traces import Traces, places

    (folders / "checkout/gone.txt").write_text("gone")
    (folders / "checkout/own.py").write_text("1")
    traces = Traces(places(temporary), [str(folders / "checkout/own.py")])
    (folders / "checkout/gone.txt").unlink()
    (folders / "checkout/own.py").write_text("222")
    for name in ("checkout", "temporary"):
        (folders / name / "made").mkdir()
        (folders / name / "made/new.txt").write_text("new")
        (folders / name / "old.txt").write_text("changed")
    assert traces.removed()
    return {str(path.relative_to(folders)): path.read_text() for path in folders.rglob("*") if path.is_file()}


CLEAN = {"checkout/old.txt": "old", "checkout/gone.txt": "gone", "checkout/own.py": "222"}


def test_all_is_as_it_was_but_for_what_is_always_written_anew(folders: Path) -> None:
    assert left(folders, temporary=True) == {**CLEAN, "temporary/old.txt": "old"}


def test_a_temporary_folder_that_others_have_too_is_left_alone(folders: Path) -> None:
    assert left(folders, temporary=False) == {
        **CLEAN,
        "temporary/old.txt": "changed",
        "temporary/made/new.txt": "new",
    }


def test_where_code_of_the_project_goes_nothing_is_taken_away(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sigma_probe.forking.traces import Traces, places

    roots = places(temporary=True)
    (folders / "elsewhere").mkdir()
    monkeypatch.chdir(folders / "elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(folders / "elsewhere"))
    traces = Traces(roots, [])
    (folders / "elsewhere/new.txt").write_text("new")
    assert traces.removed()
    assert (folders / "elsewhere/new.txt").exists()
