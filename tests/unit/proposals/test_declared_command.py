"""Other tools' settings say which tests a project has."""

from pathlib import Path

import pytest

from sigma_core.proposals.verification.declared_command import declared_command

NOX = """import nox


@nox.session
def lint(session):
    session.run("pytest", "--version")


@nox.session
def tests(session):
    session.install(".")
    session.run("pytest", "checks", "-q")
"""
MEASURED = "[testenv]\ncommands =\n    coverage run -p -m pytest {posargs:checks}\n    coverage report\n"
NAMED = "[testenv:lint]\ncommands = pytest x\n[testenv]\ncommands = {envpython} -m pytest -m 'not slow'\n"
WORKFLOW = """jobs:
  tests:
    steps:
      - run: uv sync --locked
      - run: pytest benchmarks
      - name: Tests
        run: |
          uv run --locked --extra dev pytest checks -m 'not slow'
"""
UNITTEST = "python -m unittest discover -s checks"


@pytest.mark.parametrize(
    ("file", "content", "text"),
    [
        ("tox.ini", "[testenv]\ncommands = pytest --cov=x -n4 checks {posargs}\n", "pytest checks"),
        ("tox.ini", MEASURED, "pytest checks"),
        ("tox.ini", NAMED, "pytest -m 'not slow'"),
        ("tox.ini", f"[testenv]\ncommands = {UNITTEST}\n", UNITTEST),
        ("tox.ini", "[testenv]\ncommands = python manage.py test app\n", "python manage.py test app"),
        ("pyproject.toml", '[tool.hatch.envs.default.scripts]\ntest = "pytest {args:checks}"\n', "pytest checks"),
        ("pyproject.toml", '[tool.poe.tasks]\ntest = { cmd = "pytest -k fast checks" }\n', "pytest -k fast checks"),
        ("pyproject.toml", '[tool.pdm.scripts]\ntest = "pytest gone"\n', "pytest"),
        (
            "pyproject.toml",
            '[tool.tox.env_run_base]\ncommands = [["pytest", "-m", "not slow", "checks"]]\n',
            "pytest -m 'not slow' checks",
        ),
        ("noxfile.py", NOX, "pytest checks"),
        ("tox.ini", "[testenv]\ncommands = uv run --frozen pytest checks\n", "pytest checks"),
        ("pyproject.toml", '[tool.poe.tasks]\ntest = "uv run -p 3.12 -m pytest checks"\n', "pytest checks"),
        ("Makefile", "all: x\n\nlint:\n\tpytest x\n\ntest: all\n\t@uv run pytest $(ARGS) checks\n", "pytest checks"),
        ("Makefile", "test:\n\tpoetry run coverage run -m \\\n\t\tpytest checks\n", "pytest checks"),
        ("scripts/test", '#!/bin/sh\nset -e\nuv run --group dev pytest "$@" checks\n', "pytest checks"),
        (".github/workflows/tests.yml", WORKFLOW, "pytest checks -m 'not slow'"),
    ],
)
def test_the_tests_are_those_that_the_tool_runs(tmp_path: Path, file: str, content: str, text: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content)
    command = declared_command(tmp_path)
    assert command is not None
    assert command.text == text


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("tox.ini", "[testenv]\ncommands = make test\n"),
        ("tox.ini", "no ini at all"),
        ("pyproject.toml", "[tool.poe.tasks]\ntest = 3\n"),
        ("pyproject.toml", "not toml"),
        ("noxfile.py", "def ("),
        ("Makefile", "testing:\n\tpytest x\n"),
        ("Makefile", "test:\n\t./run_everything\n"),
        ("uv.lock", "version = 1\n"),
    ],
)
def test_what_starts_no_known_runner_says_nothing(tmp_path: Path, file: str, content: str) -> None:
    (tmp_path / file).write_text(content)
    assert declared_command(tmp_path) is None


INSTALLED = "pytest --doctest-modules {env_site_packages_dir}/shop {tox_root}/checks"
OLDER = "pytest --doctest-modules {envsitepackagesdir}/shop {toxinidir}/checks {toxworkdir}/made"
ELSEWHERE = "pytest --doctest-modules {env_site_packages_dir}/gone"


@pytest.mark.parametrize(
    ("folder", "command", "text"),
    [
        ("shop", INSTALLED, "pytest --doctest-modules shop checks"),
        ("src/shop", INSTALLED, "pytest --doctest-modules src/shop checks"),
        ("shop", OLDER, "pytest --doctest-modules shop checks"),
        ("shop", "pytest --doctest-modules", "pytest --doctest-modules"),
        # Examples of all that lies there were never asked for: some of it has effects when it is loaded
        ("shop", ELSEWHERE, "pytest"),
    ],
)
def test_what_tox_has_installed_is_looked_for_in_the_checkout(
    tmp_path: Path, folder: str, command: str, text: str
) -> None:
    for name in (folder, "checks", "docs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "tox.ini").write_text(f"[testenv]\ncommands = {command}\n")
    found = declared_command(tmp_path)
    assert found is not None
    assert found.text == text
