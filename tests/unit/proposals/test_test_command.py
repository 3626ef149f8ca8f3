"""What a project's test command means."""

from pathlib import Path
from sys import executable

import pytest

from sigma_core.projects.interpreter.model import Interpreter
from sigma_core.projects.project_config import ProjectConfig
from sigma_core.proposals.verification.command import default_command, read_command
from sigma_core.proposals.verification.run_conditions import command_for


@pytest.mark.parametrize(
    ("text", "runner", "arguments"),
    [
        ("pytest", "pytest", ()),
        ("pytest -q 'tests/a b'", "pytest", ("-q", "tests/a b")),
        ("python3.12 -m pytest tests", "pytest", ("tests",)),
        (".venv/bin/python -m unittest discover -s t", "unittest", ("discover", "-s", "t")),
        ("pytest -k 'a and (b or c)'", "pytest", ("-k", "a and (b or c)")),
        ("make test", "command", ("make", "test")),
        ("pytest && echo ok", "command", ("/bin/sh", "-c", "pytest && echo ok")),
        ("pytest 'unclosed", "command", ("/bin/sh", "-c", "pytest 'unclosed")),
    ],
)
def test_runners_are_recognised(text: str, runner: str, arguments: tuple[str, ...]) -> None:
    command = read_command(text)
    assert (command.runner, command.arguments) == (runner, arguments)


def test_variables_before_the_command_are_its_environment() -> None:
    command = read_command("A=1 B='x y' pytest -x")
    assert command.runner == "pytest"
    assert command.environment == {"A": "1", "B": "x y"}


def test_without_pytest_unittest_looks_for_the_tests() -> None:
    assert default_command(has_pytest=True, tests_folder="tests").runner == "pytest"
    assert default_command(has_pytest=False, tests_folder="tests").arguments == (
        "discover",
        "-s",
        "tests",
        "-t",
        ".",
    )


@pytest.mark.parametrize(
    ("packages", "runner"),
    [
        (["django"], "django"),
        (["django", "pytest"], "django"),
        (["django", "pytest", "pytest-django"], "pytest"),
        (["pytest"], "pytest"),
        ([], "unittest"),
    ],
)
def test_django_runs_its_tests_unless_pytest_knows_its_databases(
    tmp_path: Path, packages: list[str], runner: str
) -> None:
    (tmp_path / "manage.py").touch()
    interpreter = Interpreter(
        executable=Path(executable),
        version="3.11.7",
        prefix=tmp_path,
        base_prefix=tmp_path,
        readable=(),
        packages=dict.fromkeys(packages, "1"),
        importable=frozenset(),
        editable_here=(),
        digest="",
        origin="",
    )
    assert command_for(ProjectConfig(), interpreter, tmp_path).runner == runner
