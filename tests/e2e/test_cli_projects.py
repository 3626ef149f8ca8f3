"""Repositories of every kind, through the real command."""

import os
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import UNATTACKED, Command
from fakes.small_repository import git

MODULE = "import os\n\n\ndef add(a, b):\n    return a + b\n"


@pytest.fixture
def sigma(home: Path) -> Command:
    return Command(home)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "with space ü" / "Räume & Co", {"pkg/a.py": MODULE})


def nothing_is_left(sigma: Command) -> bool:
    clones = sigma.home / "clones"
    return sigma.json("project", "list")["projects"] == [] and not (clones.exists() and list(clones.iterdir()))


@pytest.mark.parametrize("kind", ["nothing", "file", "folder", "empty repository", "git's own folder", "broken head"])
def test_what_cannot_be_looked_after_is_refused_and_leaves_nothing(tmp_path: Path, sigma: Command, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "file":
        path.write_text("")
    elif kind != "nothing":
        path.mkdir()
    if kind in ("empty repository", "git's own folder"):
        git(path, "init", "-q")
    if kind == "git's own folder":
        path /= ".git"
    if kind == "broken head":
        Checkout(tmp_path / "it" / "repository", {"a.py": MODULE})
        path = tmp_path / "it" / "repository"
        (path / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    assert str(path) in sigma.refused(2, "project", "add", path)
    assert nothing_is_left(sigma)


def test_an_environment_that_cannot_be_built_leaves_no_project(sigma: Command, checkout: Checkout) -> None:
    checkout.commit({"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'nowhere'\n"})
    answer = sigma("project", "add", checkout.path, "--install", code=1)
    assert answer.err.startswith("sigma: No environment could be built")
    assert nothing_is_left(sigma)


@pytest.mark.parametrize(("option", "value"), [("python", "no-such-python"), ("test-command", " "), ("name", "a b")])
def test_a_wrong_option_leaves_no_project(sigma: Command, checkout: Checkout, option: str, value: str) -> None:
    answer = sigma("project", "add", checkout.path, f"--{option}", value, "--json", code=2)
    assert answer.complaint["fields"].keys() == {option.replace("-", "_")}
    assert nothing_is_left(sigma)


def test_a_folder_of_a_repository_stands_for_the_whole_and_twice_is_once(sigma: Command, checkout: Checkout) -> None:
    first = sigma.json("project", "add", checkout.path / "pkg")
    assert (first["path"], first["head"]) == (str(checkout.path), checkout.git("rev-parse", "HEAD"))
    assert first["name"] == "Räume-Co"
    assert sigma.json("project", "add", checkout.path)["project_id"] == first["project_id"]
    assert len(sigma.json("project", "list")["projects"]) == 1


def test_a_name_belongs_to_one_project_until_that_is_removed(sigma: Command, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        Checkout(tmp_path / folder / "2024", {"a.py": MODULE})
    first = sigma.json("project", "add", tmp_path / "one" / "2024")
    assert first["name"] == "project-2024"
    assert "--name" in sigma.refused(4, "project", "add", tmp_path / "two" / "2024")
    sigma.json("project", "remove", first["project_id"])
    sigma.refused(3, "project", "remove", first["name"])
    assert sigma.json("project", "add", tmp_path / "two" / "2024")["name"] == "project-2024"


@pytest.mark.parametrize("kind", ["bare", "detached", "shallow", "worktree", "sha256"])
def test_every_shape_of_repository_can_be_looked_after(
    sigma: Command, checkout: Checkout, tmp_path: Path, kind: str
) -> None:
    checkout.commit({"b.py": "import sys\n"})
    path = tmp_path / "it"
    match kind:
        case "bare":
            git(tmp_path, "clone", "-q", "--bare", str(checkout.path), str(path))
        case "detached":
            git(tmp_path, "clone", "-q", str(checkout.path), str(path))
            git(path, "checkout", "-q", "--detach", "HEAD~1")
        case "shallow":
            git(tmp_path, "clone", "-q", "--depth", "1", checkout.path.as_uri(), str(path))
        case "worktree":
            checkout.git("worktree", "add", "-q", str(path), "-b", "side")
        case "sha256":
            path.mkdir()
            git(path, "init", "-q", "--object-format=sha256")
            (path / "a.py").write_text(MODULE)
            git(path, "add", "-A")
            git(path, "commit", "-qm", "first")
    added = sigma.json("project", "add", path)
    assert added["head"] == git(path, "rev-parse", "HEAD")
    ran = sigma.json("run", "--worker", "analysis")
    assert ran["runs"][0]["status"] == "success"
    assert ran["issues_open"] >= 1


def test_a_repository_full_of_oddities_is_analysed_and_what_was_left_out_is_said(
    sigma: Command, checkout: Checkout, tmp_path: Path
) -> None:
    inner = Checkout(tmp_path / "inner", {"inner.py": MODULE})
    checkout.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    Path(os.fsdecode(os.fsencode(checkout.path) + b"/n\xe9.py")).write_text("import os\n")
    (checkout.path / "link.py").symlink_to("/etc/passwd")
    checkout.commit(
        {
            "latin.py": b'import os\nname = "caf\xe9"\n',
            "nul.py": b"x = 1\0\n",
            "broken.py": "def f(:\n",
            "big.py": "x = 1\n" * 1_000_000,
            "big.bin": os.urandom(6_000_000),
            "esc\x1b[31m.py": "import os\n",
            "pyproject.toml": "[tool.sigma]\ntest-command = 7\nleave-alone = 'all'\nwhat = 1\n",
        }
    )
    added = sigma.json("project", "add", checkout.path)
    (run,) = sigma.json("run", "--worker", "analysis")["runs"]
    assert run["status"] == "success", run
    issues = sigma.json("issues")["issues"]
    assert {"pkg/a.py", "broken.py"} <= {issue["file"] for issue in issues}
    assert not {"link.py", "sub/inner.py"} & {issue["file"] for issue in issues}
    assert "\x1b" not in sigma("issues").out
    unattacked = Command(sigma.home, **UNATTACKED)
    checks = {check["name"]: check for check in unattacked("doctor", "--json", code=None).document["checks"]}
    said = checks[f"project {added['name']}"]["detail"]
    assert all(word in said for word in ("[tool.sigma]", "test-command", "leave-alone", "what")), said


def test_the_home_may_lie_in_the_repository_only_where_git_ignores_it(sigma: Command, checkout: Checkout) -> None:
    inside = checkout.path / ".sigma"
    assert "ignore" in sigma.refused(4, "project", "add", checkout.path, "--home", inside)
    linked = sigma.home.parent / "linked"
    linked.symlink_to(checkout.path, target_is_directory=True)
    sigma.refused(4, "project", "add", checkout.path, "--home", linked / ".sigma")
    checkout.commit({".gitignore": ".sigma/\n"})
    assert sigma.json("project", "add", checkout.path, "--home", inside)["project_id"] == 1


def test_a_repository_that_has_gone_is_told_by_doctor_and_run(sigma: Command, checkout: Checkout) -> None:
    sigma.json("project", "add", checkout.path)
    checkout.path.rename(checkout.path.with_name("away"))
    ran = sigma("run", "--json", "--worker", "analysis", code=1).document["runs"]
    assert str(checkout.path) in ran[0]["error"]
    assert "sigma project remove" in Command(sigma.home, **UNATTACKED)("doctor", code=1).out
