"""Which type checker a project uses and on what, and what its output says."""

import json
from pathlib import Path

import pytest

from sigma_core.proposals.verification.type_check.configured import checked_places, configured_checker
from sigma_core.proposals.verification.type_check.output import errors_of


@pytest.mark.parametrize(
    ("name", "text", "checker"),
    [
        ("mypy.ini", "", "mypy"),
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", "mypy"),
        ("pyproject.toml", "[tool.pyright]\n", "pyright"),
        ("setup.cfg", "[mypy]\nstrict = True\n", "mypy"),
        ("tox.ini", "[testenv:types]\ncommands = mypy {posargs:src}\n", "mypy"),
        ("tox.ini", "[testenv:mypy]\ncommands = echo\n", ""),
        ("noxfile.py", 'session.run("pyright", "src")\n', "pyright"),
        ("Makefile", "check:\n\tbasedpyright src\n", "basedpyright"),
        (".pre-commit-config.yaml", "repos:\n  - hooks:\n      - id: mypy\n", "mypy"),
        ("pyproject.toml", '[project]\ndependencies = ["mypy>=1"]\n', ""),
    ],
)
def test_a_checker_is_known_by_its_settings_and_by_who_starts_it(
    tmp_path: Path, name: str, text: str, checker: str
) -> None:
    (tmp_path / name).write_text(text)
    assert configured_checker(tmp_path) == checker


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("pyproject.toml", '[tool.mypy]\nfiles = ["src/", "docs"]\n', ["src"]),
        ("mypy.ini", "[mypy]\nfiles = src, lone.py\n", ["src", "lone.py"]),
        ("tox.ini", "[testenv:types]\ncommands = mypy --strict {posargs:src lone.py}\n", ["src", "lone.py"]),
        ("noxfile.py", 'session.run("mypy", "lone.py")\n', ["lone.py", "src/shop/deep/prices.py"]),
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", ["src/shop"]),
    ],
)
def test_what_the_project_checks_is_checked_and_the_change_always(
    tmp_path: Path, name: str, text: str, places: list[str]
) -> None:
    (tmp_path / "src/shop/deep").mkdir(parents=True)
    for file in ("src/shop/__init__.py", "src/shop/deep/__init__.py", "src/shop/deep/prices.py", "lone.py"):
        (tmp_path / file).touch()
    (tmp_path / name).write_text(text)
    assert checked_places(tmp_path, ["src/shop/deep/prices.py"]) == places


def test_errors_are_the_same_wherever_their_lines_have_moved() -> None:
    before = 'a.py:3: error: Name "x" already defined on line 2  [no-redef]\na.py:3: note: see\n'
    after = 'a.py:13:5: error: Name "x" already defined on line 12  [no-redef]\n'
    assert (
        errors_of("mypy", before)
        == errors_of("mypy", after)
        == {'a.py: Name "x" already defined on line [no-redef]': 1}
    )


def test_pyright_answers_in_json_or_not_at_all() -> None:
    found = [
        {"file": "/p/a.py", "severity": "error", "message": "no\nint", "rule": "reportReturnType"},
        {"file": "/p/a.py", "severity": "warning", "message": "unused"},
    ]
    output = f"a warning\n{json.dumps({'generalDiagnostics': found})}\n"
    assert errors_of("pyright", output) == {"/p/a.py: no int [reportReturnType]": 1}
    assert errors_of("pyright", "node is not there") is None
    assert errors_of("basedpyright", "{}") is None
