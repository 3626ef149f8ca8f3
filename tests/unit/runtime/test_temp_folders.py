"""Temporary files of dead processes are removed, those of living ones are not."""

import subprocess
import sys
from pathlib import Path

from sigma_core.runtime import temp_folders

OWN_ONE = (
    "import sys, tempfile; from sigma_core.runtime.temp_folders import own_folder;"
    "own_folder(); open(tempfile.mkdtemp() + '/file', 'w').close(); print('ready', flush=True); sys.stdin.read()"
)


def owner(shared: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_ONE],
        env={"TMPDIR": str(shared)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_process_that_ends_takes_its_temporary_files_with_it(tmp_path: Path) -> None:
    with owner(tmp_path) as process:
        assert len(list(tmp_path.rglob("file"))) == 1
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_removes_what_a_killed_process_left_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sigma-of-somebody-else").mkdir()
    with owner(tmp_path) as living, owner(tmp_path) as killed:
        killed.kill()
        killed.wait()
        assert len(list(tmp_path.rglob("file"))) == 2
        assert temp_folders.sweep(tmp_path) == 1
        assert temp_folders.sweep(tmp_path) == 0
        assert len(list(tmp_path.rglob("file"))) == 1
        assert living.poll() is None


def test_a_link_that_looks_like_ours_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / f"{temp_folders.PREFIX}x").symlink_to(precious)
    assert temp_folders.sweep(tmp_path) == 0
    assert precious.is_dir()
