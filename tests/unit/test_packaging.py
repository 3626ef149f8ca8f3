"""What is not Python goes into the package too."""

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

TREE = Path(__file__).parents[2]


def test_every_file_the_package_reads_is_packed() -> None:
    told = tomllib.loads((TREE / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["sigma_core"]
    command = ["git", "-C", str(TREE), "ls-files", "sigma_core"]
    tracked = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    read = [name for name in tracked if not name.endswith(".py")]
    assert "sigma_core/console/console.css" in read
    assert [name for name in read if not any(fnmatch(Path(name).name, form.removeprefix("**/")) for form in told)] == []
