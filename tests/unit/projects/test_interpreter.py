"""Finding an interpreter and reading what is installed, with real environments and no project code run."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sigma_core.errors import Invalid
from sigma_core.projects.interpreter import Interpreter, advice, find_interpreter, missing_imports
from sigma_core.projects.interpreter.packages import read_installed
from sigma_core.projects.readiness import lacking_search


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    folder = tmp_path / "place" / "checkout"
    folder.mkdir(parents=True)
    return folder


def environment(folder: Path, *options: str) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", *options, str(folder)], check=True)
    return folder


def site(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages"))


def install(folder: Path, name: str, version: str, source: Path | None = None) -> None:
    metadata = site(folder) / f"{name}-{version}.dist-info"
    metadata.mkdir()
    if source is None:
        (site(folder) / f"{name}.py").write_text("")
        return
    (metadata / "direct_url.json").write_text(f'{{"url": "file://{source}", "dir_info": {{"editable": true}}}}')
    (site(folder) / f"{name}.pth").write_text(f"{source}\n")


def test_the_named_interpreter_wins_over_everything(checkout: Path, tmp_path: Path) -> None:
    environment(checkout / ".venv")
    other = environment(tmp_path / "other")
    assert find_interpreter(checkout, str(other / "bin" / "python"), None).prefix == other
    assert find_interpreter(checkout, None, str(other)).prefix == other


def test_a_named_interpreter_that_does_not_work_is_refused_with_its_name(checkout: Path) -> None:
    with pytest.raises(Invalid, match="no-such-python"):
        find_interpreter(checkout, "no-such-python", None)
    with pytest.raises(Invalid, match="does not work as a Python 3"):
        find_interpreter(checkout, "/bin/false", None)


def test_an_environment_in_the_checkout_comes_before_one_beside_it(checkout: Path) -> None:
    beside = environment(checkout.parent / "venv")
    assert find_interpreter(checkout, None, None).prefix == beside
    inside = environment(checkout / ".venv")
    found = find_interpreter(checkout, None, None)
    assert (found.prefix, found.origin) == (inside, ".venv in the checkout")
    assert found.executable == inside / "bin" / "python"


def test_the_active_environment_comes_next(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    active = environment(tmp_path / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    assert find_interpreter(checkout, None, None).prefix == active


def test_at_last_there_is_always_one(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    found = find_interpreter(checkout, None, None)
    assert found.prefix == found.base_prefix == Path(sys.base_prefix)
    assert found.version == ".".join(map(str, sys.version_info[:3]))


def test_what_the_interpreter_needs_is_readable(checkout: Path) -> None:
    found = find_interpreter(checkout, str(environment(checkout / ".venv")), None)
    system = Path(sys.base_prefix).is_relative_to("/usr")
    assert checkout / ".venv" in found.readable
    assert system or Path(sys.base_prefix).resolve() in [path.resolve() for path in found.readable]


def test_a_program_that_came_with_the_project_is_not_started(checkout: Path, tmp_path: Path) -> None:
    folder = checkout / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"home = {folder}/bin\n")
    program = folder / "bin" / "python"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o755)
    assert find_interpreter(checkout, None, None).prefix != folder
    with pytest.raises(Invalid, match="say that you trust it"):
        find_interpreter(checkout, None, str(program))
    assert not (tmp_path / "started").exists()


def test_a_link_to_something_that_is_no_python_is_not_started(checkout: Path) -> None:
    folder = checkout / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("")
    (folder / "bin" / "python").symlink_to("/bin/true")
    assert find_interpreter(checkout, None, None).prefix != folder


def test_code_in_site_packages_is_not_run(checkout: Path, tmp_path: Path) -> None:
    folder = environment(checkout / ".venv")
    (site(folder) / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n")
    (site(folder) / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    find_interpreter(checkout, None, None)
    assert not (tmp_path / "ran").exists()


def test_a_link_of_an_environment_does_not_open_a_folder_that_holds_no_code(checkout: Path, tmp_path: Path) -> None:
    folder = environment(checkout / ".venv")
    keys, library = tmp_path / "keys", tmp_path / "library"
    keys.mkdir()
    (keys / "id_rsa").write_text("secret")
    library.mkdir()
    (library / "shared.py").write_text("")
    (site(folder) / "links.pth").write_text(f"{keys}\n{library}\n{Path.home()}\n/\n{checkout.parent}\n")
    found = find_interpreter(checkout, None, None)
    assert library in found.readable
    assert not {keys, Path.home(), Path("/"), checkout.parent} & set(found.readable)
    assert "shared" in found.importable


def test_a_link_to_the_checkout_is_told_apart_from_one_elsewhere(checkout: Path, tmp_path: Path) -> None:
    folder = environment(checkout / ".venv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").write_text("")
    install(folder, "mine", "1.0", checkout)
    install(folder, "other", "2.0", elsewhere)
    found = find_interpreter(checkout, None, None)
    assert found.editable_here == ("mine",)
    assert found.packages == {"mine": "1.0", "other": "2.0"}
    assert elsewhere in found.readable
    assert checkout not in found.readable


def test_the_digest_changes_with_the_packages(checkout: Path) -> None:
    folder = environment(checkout / ".venv")
    before = find_interpreter(checkout, None, None)
    assert find_interpreter(checkout, None, None).digest == before.digest
    install(folder, "fresh", "1.0")
    assert find_interpreter(checkout, None, None).digest != before.digest


def test_packages_of_the_base_show_only_where_the_environment_lets_them(checkout: Path) -> None:
    alone = find_interpreter(checkout, str(environment(checkout / ".venv")), None)
    shared = find_interpreter(checkout, str(environment(checkout / "venv", "--system-site-packages")), None)
    assert alone.packages == {}
    assert set(shared.packages) >= set(read_installed([]).packages)
    assert shared.importable >= alone.importable


def test_a_file_that_never_ends_among_the_packages_is_passed_over(checkout: Path) -> None:
    folder = environment(checkout / ".venv")
    os.mkfifo(site(folder) / "endless.pth")
    assert find_interpreter(checkout, None, None).packages == {}


@pytest.fixture
def bare(checkout: Path) -> Interpreter:
    folder = environment(checkout / ".venv")
    install(folder, "attrs", "1.0")
    return find_interpreter(checkout, None, None)


def test_missing_imports_are_those_neither_standard_nor_own_nor_installed(bare: Interpreter) -> None:
    sources = {
        "src/app/core.py": "import os, attrs, absent\nfrom . import near\nfrom gone.deep import x\n",
        "pytest.ini": "[pytest]\npythonpath = src\n",
        "tests/test_app.py": "import pytest, support, app.core\ntry:\n    import optional\nexcept ImportError: ...\n",
        "tests/support.py": "def later():\n    import lazy\n",
        "docs/conf.py": "import sphinx_theme",
        "broken.py": "import never(",
        "src/app/rows.py": "import endless\n" + "x = 1\n" * 200_000,
    }
    assert missing_imports(bare, sources) == ("absent", "gone", "pytest")
    assert missing_imports(bare, {}, runner=None) == ()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["src"]\n'),
        ("tests/conftest.py", "import sys\n\nsys.path.insert(0, 'src')\n"),
    ],
)
def test_what_lies_below_src_is_there_where_it_is_installed_or_something_puts_it_on_the_path(
    bare: Interpreter, file: str, text: str
) -> None:
    sources = {
        "src/app/__init__.py": "",
        "src/app/core.py": "from app import core\n",
        "src/one.py": "",
        "tests/test_app.py": "import app\nimport one\nimport src.app\n",
        "docs/conf.py": "import sys\n\nsys.path.insert(0, '../src')\n",
    }
    assert missing_imports(bare, sources, runner=None) == ("app", "one")
    assert missing_imports(bare, {**sources, file: text}, runner=None) == ()
    assert missing_imports(replace(bare, importable=bare.importable | {"app", "one"}), sources, runner=None) == ()


def test_the_advice_is_one_line_that_names_imports_and_cure(bare: Interpreter) -> None:
    line = advice(bare, tuple(f"name{number}" for number in range(10)))
    assert "\n" not in line
    assert "name0" in line
    assert "and 2 more" in line
    assert "--python" in line
    assert "--install" in line
    assert advice(bare, ()) == ""


def test_a_module_that_no_test_loads_may_import_what_nobody_installed(bare: Interpreter) -> None:
    sources = {
        "app/__init__.py": "",
        "app/core.py": "def run():\n    from app import late\n",
        "app/late.py": "import absent\n",
        "app/contrib/adapter.py": "import django\n",
        "tests/test_app.py": "from app import core\n",
    }
    assert missing_imports(bare, sources, runner=None) == ("absent",)
    assert missing_imports(bare, {**sources, "tests/test_app.py": "import app.contrib.adapter\n"}, runner=None) == (
        "django",
    )
    without_tests = {path: text for path, text in sources.items() if not path.startswith("tests")}
    assert missing_imports(bare, without_tests, runner=None) == ("absent", "django")


def test_what_no_test_imports_may_import_what_it_likes(bare: Interpreter) -> None:
    sources = {
        "tests/test_app.py": "from tests.helpers import help_me\nfrom .data import rows\n",
        "tests/helpers.py": "import absent\n",
        "tests/data.py": "import gone\n",
        "tests/typing/checked.py": "from typing_extensions import assert_type\n",
    }
    assert missing_imports(bare, sources, runner=None) == ("absent", "gone")


def test_where_hypothesis_fits_neither_from_the_project_nor_from_sigma_it_is_said(checkout: Path) -> None:
    found = find_interpreter(checkout, sys.executable, None)
    older = replace(found, version="3.8.20", packages={})
    assert lacking_search(found) == ""
    assert lacking_search(replace(older, packages={"hypothesis": "6.0"})) == ""
    assert "without Hypothesis for Python 3.8" in lacking_search(older)
