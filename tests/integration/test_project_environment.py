"""Building an environment for a project, from a folder of wheels instead of an index."""

import zipfile
from pathlib import Path

import pytest

from sigma_core.errors import Unavailable
from sigma_core.projects.environment import EnvironmentBuilder
from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.sandbox import Request, Sandbox
from sigma_core.projects.sandbox.cgroup import find_memory_groups
from sigma_core.projects.sandbox.refusing import RefusingSandbox
from sigma_core.projects.sandbox.select import find_full

pytestmark = pytest.mark.sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    full, why = find_full(find_memory_groups())
    return full or pytest.skip(why)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    wheels = tmp_path / "wheels"
    wheels.mkdir(mode=0o755)
    for name in ("pytest", "library"):
        with zipfile.ZipFile(wheels / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", "ANSWER = 42\n")
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(
                f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "SIGMA_SECRET": "not for the project"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir(mode=0o755)
    (folder / "module.py").write_text("import library\n")
    return folder


def test_the_environment_runs_the_project_and_belongs_to_us(
    sandbox: Sandbox, variables: dict[str, str], tree: Path, tmp_path: Path
) -> None:
    (tree / "requirements.txt").write_text("library\n")
    checkout = tmp_path / "checkout"
    python = EnvironmentBuilder(sandbox, tmp_path / "home", variables).build("7", tree, checkout)
    found = find_interpreter(checkout, str(python), None)
    assert {"library", "pytest"} <= set(found.packages)
    code = "import module; print(module.library.ANSWER)"
    execution = sandbox.run(Request((str(python), "-c", code), tree, checkout, readable=found.readable))
    assert execution.output == "42\n"
    home = tmp_path / "home"
    assert {path.lstat().st_uid for path in home.rglob("*")} == {home.stat().st_uid}


def test_a_failure_shows_the_end_of_the_log_and_leaves_nothing(
    sandbox: Sandbox, variables: dict[str, str], tree: Path, tmp_path: Path
) -> None:
    (tree / "requirements.txt").write_text("no-such-library\n")
    builder = EnvironmentBuilder(sandbox, tmp_path / "home", variables)
    with pytest.raises(Unavailable, match=r"pip ended with 1(.|\n)*no-such-library"):
        builder.build("7", tree, tmp_path / "checkout")
    assert not (tmp_path / "home" / "environments" / "7").exists()


def test_without_a_sandbox_nothing_is_built(tree: Path, tmp_path: Path) -> None:
    builder = EnvironmentBuilder(RefusingSandbox("It is switched off."), tmp_path / "home", {})
    with pytest.raises(Unavailable, match="It is switched off"):
        builder.build("7", tree, tmp_path / "checkout")
