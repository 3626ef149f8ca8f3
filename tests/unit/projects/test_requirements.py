"""What is installed for a project."""

from pathlib import Path

import pytest

from sigma_core.projects.requirements import pip_arguments


def test_a_package_is_linked_with_its_extras_groups_and_files_for_tests(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'x'\n[project.optional-dependencies]\ntests = ['a']\nspeed = ['b']\n"
        "[dependency-groups]\nbase = ['c']\ntest = [{include-group = 'base'}, 'd>=1']\n"
    )
    (tmp_path / "requirements-dev.txt").write_text("e\n")
    (tmp_path / "requirements.txt").write_text("pinned==1\n")
    assert pip_arguments(tmp_path) == ["pytest", "-e", ".[tests]", "c", "d>=1", "-r", "requirements-dev.txt"]


def test_a_project_that_is_no_package_is_served_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    (tmp_path / "requirements.txt").write_text("a\n")
    assert pip_arguments(tmp_path) == ["pytest", "-r", "requirements.txt"]


def test_groups_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[dependency-groups]\ntest = [{include-group = 'dev'}, 'a']\ndev = [{include-group = 'test'}]\n"
    )
    assert set(pip_arguments(tmp_path)) == {"pytest", "a"}


def test_a_requirement_cannot_smuggle_in_an_option(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[dependency-groups]\ntest = ['--index-url=http://evil', 'a']\n")
    assert pip_arguments(tmp_path) == ["pytest", "a"]


@pytest.mark.parametrize(
    ("table", "lines", "wanted"),
    [
        ("poetry.dev-dependencies", 'a = "^21.4.0"', ["a>=21.4.0,<22"]),
        (
            "poetry.group.test.dependencies",
            'a = "^0.3"\nb = "^0.0.3"\nc = "^1"',
            ["a>=0.3,<0.4", "b>=0.0.3,<0.0.4", "c>=1,<2"],
        ),
        ("poetry.group.dev.dependencies", 'a = "~1.2"\nb = "~1"\nc = "*"', ["a>=1.2,<1.3", "b>=1,<2", "c"]),
        ("poetry.group.dev.dependencies", 'a = "1.*"\nb = "1.2"\nc = ">=1, <3"', ["a==1.*", "b==1.2", "c>=1,<3"]),
        ("poetry.group.test.dependencies", 'a = {version = "^2.1", extras = ["x", "y"]}', ["a[x,y]>=2.1,<3"]),
        ("poetry.group.test.dependencies", 'a = [{version = "^1", python = "<3.9"}, {version = "^2"}]', ["a"]),
        ("poetry.group.test.dependencies", 'python = "^3.9"\na = {path = "../a"}\nb = {git = "https://x"}', []),
        ("poetry.group.test.dependencies", '"--index-url" = "^1"\na = "--pre"\nb = "^1 || ^2"', ["b"]),
        ("poetry.group.docs.dependencies", 'a = "^1"', []),
        ("pdm.dev-dependencies", 'test = ["a>=1", "-e file:///x"]\ndoc = ["b"]', ["a>=1"]),
        ("uv", 'dev-dependencies = ["a>=1"]', ["a>=1"]),
        ("hatch.envs.default", 'dependencies = ["a"]', ["a"]),
        ("hatch.envs.test", 'extra-dependencies = ["a"]', ["a"]),
        ("hatch.envs.hatch-test", 'extra-dependencies = ["a"]', ["a"]),
        ("hatch.envs.docs", 'dependencies = ["a"]', []),
    ],
)
def test_groups_that_other_tools_keep_are_installed_too(
    tmp_path: Path, table: str, lines: str, wanted: list[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.{table}]\n{lines}\n")
    assert pip_arguments(tmp_path) == ["pytest", *wanted]
