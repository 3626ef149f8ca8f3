"""A project in a folder of a repository: its own files, tests and settings; branches are of the whole."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.errors import Invalid
from sigma_core.issues.detectors import detect
from sigma_core.projects.tables import Project
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

TESTS = (
    "from calc import is_missing\n\n\ndef test_missing():\n    assert is_missing(None)\n    assert not is_missing(3)\n"
)
FILES = {
    "pyproject.toml": '[tool.sigma]\nleave-alone = ["back/vendor_x"]\n',
    "conftest.py": "raise RuntimeError('the tests of the whole are none of ours')\n",
    "front/ui.py": "import os\n\nneeds = __import__('node')\n",
    "front/pyproject.toml": "[project]\nname = 'front'\n",
    "back/pyproject.toml": "[project]\nname = 'back'\n[tool.sigma]\nleave-alone = ['gen']\n[tool.pytest.ini_options]\n",
    "back/calc.py": "def is_missing(value):\n    return value == None\n",
    "back/gen/made.py": "import os\n",
    "back/vendor_x/theirs.py": "import os\n",
    "back/tests/test_calc.py": TESTS,
    "shared/used.py": "import os\n",
}


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    system = build(Settings(home=home))
    yield system
    system.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", FILES)


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    return system.projects.service.add(checkout.path / "back", python=sys.executable, actor="ada")


def test_a_folder_with_settings_is_a_project_beside_the_whole(
    system: System, checkout: Checkout, project: Project
) -> None:
    whole = system.projects.service.add(checkout.path, actor="ada")
    assert (project.name, project.path, project.folder) == ("shop-back", str(checkout.path), "back")
    assert (whole.name, whole.folder) == ("shop", "")
    assert system.projects.service.add(checkout.path / "back" / "tests", actor="ada").id == whole.id
    assert system.projects.service.add(checkout.path / "back", actor="ada").id == project.id


def test_only_its_files_are_looked_at_and_what_it_and_the_whole_leave_alone_is(
    system: System, project: Project
) -> None:
    config = system.projects.service.config(project, project.head)
    with system.projects.service.clone(project).tree(project.head) as tree:
        detection = detect(tree, leave_alone=config.leave_alone, folder=project.folder)
    assert {found.file for found in detection.found} == {"back/calc.py"}
    assert set(detection.skipped) == {"back/gen/made.py", "back/vendor_x/theirs.py"}


def test_a_folder_that_no_commit_knows_is_refused(system: System, checkout: Checkout) -> None:
    (checkout.path / "new").mkdir()
    (checkout.path / "new" / "setup.py").write_text("")
    with pytest.raises(Invalid, match="no file in new"):
        system.projects.service.add(checkout.path / "new", actor="ada")
    assert system.projects.service.list() == []


def test_the_environment_in_its_folder_is_the_projects(system: System, checkout: Checkout) -> None:
    environment = checkout.path / "back" / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (environment / "bin" / "python").symlink_to(sys.executable)
    project = system.projects.service.add(checkout.path / "back", actor="ada")
    assert system.projects.service.config(project, project.head).python == str(environment)


@pytest.mark.sandbox
def test_its_own_tests_prove_a_fix_that_becomes_a_branch_of_the_whole(
    system: System, checkout: Checkout, project: Project
) -> None:
    diff = checkout.diff("back/calc.py", FILES["back/calc.py"].replace("== None", "is None"))
    number = system.proposals.service.propose(project, diff, title=None, actor="ada").id or 0
    evidence = system.verify(number, actor="ada", progress=lambda _: None).evidence
    assert evidence.command is not None
    assert evidence.command.endswith("(in back)")
    assert evidence.tests is not None
    assert evidence.tests.baseline.counts.passed == 1
    assert evidence.insufficient == []
    system.proposals.service.approve(number, reason="fine", actor="ada")
    branch = system.proposals.applying.apply(number, actor="ada").branch
    assert "is None" in checkout.git("show", f"{branch}:back/calc.py")
    assert "node" in checkout.git("show", f"{branch}:front/ui.py")
