import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.hostile_folder import hostile_folder

from sigma_core.inherited import own_environment, plain_environment, program_folders, python_command

PACKAGE = Path(__file__).resolve().parents[2] / "sigma_core"


def test_entries_that_depend_on_where_one_stands_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", ":.:/usr/bin:tools:/bin:")
    monkeypatch.setenv("PYTHONPATH", ".::/srv/modules:")
    assert program_folders() == "/usr/bin:/bin"
    assert plain_environment()["PATH"] == "/usr/bin:/bin"
    assert plain_environment()["PYTHONPATH"] == "/srv/modules"


def test_only_sigma_itself_is_told_keys_and_nobody_those_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"OPENAI_API_KEY": "a", "SIGMA_DATABASE_URL": "b", "PGPASSWORD": "c"}
    for name, value in {**secrets, "GITHUB_TOKEN": "d"}.items():
        monkeypatch.setenv(name, value)
    assert secrets.items() <= own_environment().items()
    assert secrets.keys().isdisjoint(plain_environment())
    assert "GITHUB_TOKEN" not in own_environment()


def test_a_python_of_ours_takes_no_module_from_the_folder_it_is_started_in(tmp_path: Path) -> None:
    told = tmp_path / "told"
    folder = hostile_folder(tmp_path / "stranger", told)
    subprocess.run(
        python_command("-c", "import pydantic"), cwd=folder, env=plain_environment(), check=True, capture_output=True
    )
    assert not told.exists()


def test_the_command_takes_no_module_from_the_folder_somebody_stands_in(tmp_path: Path) -> None:
    told = tmp_path / "told"
    folder = hostile_folder(tmp_path / "stranger", told)
    environment = {**os.environ, "SIGMA_HOME": str(tmp_path / "home"), "SIGMA_GRAPH_URL": "bolt://127.0.0.1:1"}
    for line in ([Path(sys.executable).with_name("sigma")], [sys.executable, "-m", "sigma_core"]):
        done = subprocess.run([*line, "status"], cwd=folder, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    assert not told.exists()


def test_every_process_is_started_in_a_folder_and_with_variables_that_are_chosen() -> None:
    inheriting = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {"subprocess.run", "subprocess.Popen", "subprocess.check_output"}
        and not {"cwd", "env"} <= {keyword.arg for keyword in call.keywords}
    ]
    assert inheriting == []
