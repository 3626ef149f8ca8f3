"""What is installed for a project."""

from pathlib import Path

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
