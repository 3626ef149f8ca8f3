"""The guides to adding something are true: their code is installed as a package, their commands are run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.guide import GUIDES, ROOT, USES, Guide
from fakes.plugin_package import install
from fakes.rewording_server import RewordingServer

from sigma_core.graph.server import EmbeddedServer


@pytest.fixture
def home(home: Path) -> Iterator[Path]:
    yield home
    if EmbeddedServer(home).socket.exists():
        EmbeddedServer(home).stop()


def environment(tmp_path: Path, home: Path, package: Path) -> dict[str, str]:
    """A shell's that finds `sigma`, the package and a home of its own."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "sigma"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sigma_core "$@"\n')
    command.chmod(0o755)
    who = {f"GIT_{role}_{what}": "ada@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGMA_", "OPENAI_", "GIT_"))}
    return (
        kept
        | who
        | {
            "PATH": f"{tmp_path / 'bin'}:{kept['PATH']}",
            "PYTHONPATH": f"{package}:{ROOT}",
            "SIGMA_HOME": str(home),
            "SIGMA_SANDBOX": "none",
            "SIGMA_EMBEDDER": "none",
            "PYTHONSAFEPATH": "1",
        }
    )


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_what_a_guide_shows_works(guide: Path, tmp_path: Path, home: Path) -> None:
    shown = Guide(guide.read_text())
    assert shown.text.split("\n\n")[1].startswith("Files touched: "), "says at its head what is touched"
    package = tmp_path / "package"
    if shown.blocks("diff"):
        with_changes(shown, package)
    else:
        install(package, "my_package", {"my_package.py": "".join(shown.blocks("python"))}, shown.entry_points)
    shown_works(shown, tmp_path, environment(tmp_path, home, package))


@pytest.mark.parametrize("guide", USES, ids=lambda path: path.stem)
def test_what_a_guide_to_use_shows_works(guide: Path, tmp_path: Path, home: Path) -> None:
    """Its file is `file.txt`; its model does what its instructions say, and rewords them by rule."""
    shown = Guide(guide.read_text())
    assert shown.text.split("\n\n")[1].startswith("Files touched: "), "says at its head what is touched"
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "file.txt").write_text("".join(shown.blocks("text")))
    with RewordingServer() as server:
        model = {"SIGMA_MODEL": "m", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k"}
        shown_works(shown, tmp_path, environment(tmp_path, home, tmp_path / "package") | model)


def with_changes(shown: Guide, tree: Path) -> None:
    """SIGMA as it is after what the guide changes in it."""
    for part in ("sigma_core", "migrations"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / shown.module).write_text("".join(shown.blocks("python")))
    apply = ["git", "apply", "-"]
    subprocess.run(apply, cwd=tree, input="".join(shown.blocks("diff")), text=True, check=True)


def shown_works(shown: Guide, tmp_path: Path, settings: dict[str, str]) -> None:
    """Each command ends well, and its answer holds what is shown."""
    said = "set -e\n" + "".join(f"{command}\necho; echo '=== {at}'\n" for at, (command, _) in enumerate(shown.steps()))
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    # `sigma doctor` tells of what is missing on the machine too, by its exit code
    script = said.replace("sigma doctor", "(sigma doctor || true)")
    done = subprocess.run(["sh", "-c", script], cwd=work, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = re.split(r"\n=== \d+\n", done.stdout)
    for (command, expected), answer in zip(shown.steps(), answers, strict=False):
        for line in expected:
            assert line in answer, (command, answer, done.stderr)
