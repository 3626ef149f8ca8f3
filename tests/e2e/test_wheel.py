"""A wheel holds all of SIGMA: it works where there is no checkout."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from fakes.command import Command

CHECKOUT = Path(__file__).resolve().parents[2]
PACKED = ("app.py", "scheduler.py", "pyproject.toml", "setup.py", "README.md", "requirements.txt", ".streamlit")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a wheel of this tree holds."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    source.mkdir()
    for name in (*PACKED, "pages", "migrations", "sigma_core"):
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(source)]
    subprocess.run(build, check=True, capture_output=True, timeout=200)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place / "installed")
    shutil.rmtree(source)
    return place / "installed"


class Installed(Command):
    """The command of what was installed, with this environment's packages."""

    def __init__(self, place: Path, home: Path) -> None:
        super().__init__(home)
        self._place = place

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "PYTHONPATH": str(self._place)}


def test_everything_starts_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    sigma = Installed(installed, tmp_path / "home")
    process = sigma.start("up", "--json")
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told, process.communicate()[1].decode()
        url = json.loads(told)["url"]
        with httpx.Client(base_url=url, timeout=120, trust_env=False) as calls:
            assert calls.get("/health").json() == {"status": "ok"}
            assert calls.get("/api/projects").json()[0]["name"] == "shop"
            assert calls.get("/app/static/fonts/inter-latin-wght-normal.woff2").status_code == 200
            for page in ("/", "/proposals", "/graph"):
                assert "<html" in calls.get(page).text
        process.terminate()
        process.communicate(timeout=200)
    finally:
        process.kill()
        process.communicate()
    assert (
        str(installed)
        in subprocess.run(
            [sys.executable, "-P", "-c", "import sigma_core.inherited as i; print(i.ROOT)"],
            env=sigma.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
