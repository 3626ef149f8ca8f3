"""Our clone of a real repository, hostile ones included."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.projects.git import Clone, top_level


def git(repository: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=repository, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    (path / "a.py").write_text("x = 1\n")
    (path / "sub").mkdir()
    (path / "sub" / "ü b.py").write_text("y = 2\n")
    (path / "link").symlink_to("/etc/passwd")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "first")
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "home" / "clones" / "1.git", tmp_path / "home" / "gitconfig")


def state(repository: Path) -> tuple[str, list[str]]:
    files = sorted(str(p) for p in (repository / ".git").rglob("*") if p.is_file())
    return git(repository, "status", "--porcelain=v2", "--branch", "--ignored"), files


def test_reading_a_repository_leaves_it_as_it_was(repository: Path, clone: Clone, tmp_path: Path) -> None:
    (repository / "dirty.txt").write_text("not committed")
    before = state(repository)
    head = clone.fetch(repository)
    assert head == git(repository, "rev-parse", "HEAD")
    assert set(clone.files(head)) == {"a.py", "sub/ü b.py", "link"}
    assert clone.read(head, "sub/ü b.py") == b"y = 2\n"
    with clone.tree(head) as tree:
        assert (tree / "a.py").read_text() == "x = 1\n"
        assert not (tree / "dirty.txt").exists()
        assert (tree / "link").is_symlink()
    assert not tree.exists()
    assert state(repository) == before


def test_the_same_change_on_the_same_base_is_the_same_commit(repository: Path, clone: Clone) -> None:
    head = clone.fetch(repository)
    first = clone.commit_tree(head, {"a.py": b"x = 2\n", "sub/\u00fc b.py": None, "new/c.py": b"z\n"}, "change")
    assert first == clone.commit_tree(head, {"new/c.py": b"z\n", "a.py": b"x = 2\n", "sub/\u00fc b.py": None}, "change")
    assert set(clone.files(first)) == {"a.py", "new/c.py", "link"}


def test_a_branch_is_created_once_and_never_moved(repository: Path, clone: Clone) -> None:
    head = clone.fetch(repository)
    commit = clone.commit_tree(head, {"a.py": b"x = 2\n"}, "change")
    clone.branch_out(repository, "sigma/change", commit)
    clone.branch_out(repository, "sigma/change", commit)
    assert git(repository, "rev-parse", "sigma/change") == commit
    assert git(repository, "rev-parse", "HEAD") == head
    other = clone.commit_tree(head, {"a.py": b"x = 3\n"}, "other")
    with pytest.raises(Conflict):
        clone.branch_out(repository, "sigma/change", other)
    assert git(repository, "rev-parse", "sigma/change") == commit


def test_no_program_of_the_repository_runs(repository: Path, clone: Clone, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    script = f"#!/bin/sh\necho $0 >> {mark}\ncat\n"
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-commit", "fsmonitor"):
        path = repository / ".git" / "hooks" / hook
        path.write_text(script)
        path.chmod(0o755)
    evil = tmp_path / "evil"
    evil.write_text(script)
    evil.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(repository, "-c", "core.hooksPath=/dev/null", "add", ".gitattributes")
    git(repository, "-c", "core.hooksPath=/dev/null", "commit", "-qm", "attributes")
    with (repository / ".git" / "config").open("a") as file:
        file.write(
            f'[core]\n\tfsmonitor = {evil}\n[filter "evil"]\n\tclean = {evil}\n\tsmudge = {evil}\n'
            f'[diff "evil"]\n\ttextconv = {evil}\n\tcommand = {evil}\n[uploadpack]\n\tpackObjectsHook = {evil}\n'
        )
    assert top_level(repository / "sub", tmp_path / "gitconfig") == repository
    head = clone.fetch(repository)
    with clone.tree(head) as tree:
        assert (tree / "a.py").read_text() == "x = 1\n"
    commit = clone.commit_tree(head, {"a.py": b"x = 2\n"}, "change")
    clone.branch_out(repository, "sigma/one", commit)
    assert not mark.exists(), mark.read_text()


def test_what_is_no_usable_repository_is_said_in_one_sentence(tmp_path: Path, clone: Clone) -> None:
    config = tmp_path / "gitconfig"
    with pytest.raises(Invalid, match="not a folder"):
        top_level(tmp_path / "missing", config)
    with pytest.raises(Invalid, match="not a git repository"):
        top_level(tmp_path, config)
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    with pytest.raises(Invalid, match="no commit yet"):
        clone.fetch(empty)


def test_a_bare_and_a_shallow_repository_can_be_fetched(repository: Path, tmp_path: Path, clone: Clone) -> None:
    (repository / "b.py").write_text("y = 1\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    bare = tmp_path / "bare.git"
    assert top_level(bare, tmp_path / "gitconfig") == bare
    assert clone.fetch(bare) == git(repository, "rev-parse", "HEAD")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    other = Clone(tmp_path / "home" / "2.git", tmp_path / "gitconfig")
    assert other.fetch(tmp_path / "shallow") == git(repository, "rev-parse", "HEAD")


def test_a_detached_head_is_the_commit_that_is_read(repository: Path, clone: Clone) -> None:
    first = git(repository, "rev-parse", "HEAD")
    (repository / "b.py").write_text("y = 1\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    git(repository, "checkout", "-q", first)
    assert clone.fetch(repository) == first
    assert [entry.subject for entry in clone.log(first)] == ["first"]


def test_an_unknown_commit_or_file_is_not_found(repository: Path, clone: Clone) -> None:
    head = clone.fetch(repository)
    with pytest.raises(NotFound):
        clone.files("--upload-pack=x")
    with pytest.raises(NotFound):
        clone.read(head, "nowhere.py")
    with pytest.raises(NotFound):
        clone.resolve("nothing")


def test_fetches_at_the_same_time_wait_for_each_other_while_commits_arrive(clone: Clone, repository: Path) -> None:
    clone.fetch(repository)
    with ThreadPoolExecutor(4) as pool:
        for number in range(8):
            (repository / "a.py").write_text(f"x = {number}\n")
            git(repository, "commit", "-qam", f"change {number}")
            heads = list(pool.map(clone.fetch, [repository] * 4))
            assert set(heads) == {git(repository, "rev-parse", "HEAD")}


def test_locks_of_a_git_that_was_killed_do_not_refuse_later_fetches(clone: Clone, repository: Path) -> None:
    clone.fetch(repository)
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    for name in ("packed-refs.lock", "refs/sigma/base.lock", "refs/sigma/heads/main.lock"):
        (clone.path / name).touch()
    assert clone.fetch(repository) == git(repository, "rev-parse", "HEAD")
    assert list(clone.path.rglob("*.lock")) == []


def test_a_file_is_deleted_in_a_repository_with_longer_ids_too(tmp_path: Path, clone: Clone) -> None:
    repository = tmp_path / "long"
    repository.mkdir()
    git(repository, "init", "-q", "--object-format=sha256")
    for name in ("a.py", "b.py"):
        (repository / name).write_text("x = 1\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    head = clone.fetch(repository)
    commit = clone.commit_tree(head, {"a.py": None, "b.py": b"x = 2\n"}, "change")
    clone.branch_out(repository, "sigma/change", commit)
    assert set(clone.files(git(repository, "rev-parse", "sigma/change"))) == {"b.py"}


@pytest.fixture
def partial(repository: Path, tmp_path: Path) -> Path:
    """A clone of it that holds no file but those of its newest commit, of three."""
    for number in (2, 3):
        (repository / "a.py").write_text(f"x = {number}\n")
        git(repository, "commit", "-qam", f"number {number}")
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{repository}", "partial")
    return tmp_path / "partial"


def test_a_partial_clone_is_read_as_far_as_it_reaches(clone: Clone, partial: Path) -> None:
    head = clone.fetch(partial)
    assert clone.read(head, "a.py") == b"x = 3\n"
    assert [each.subject for each in clone.log(head)] == ["number 3"]
    (partial / "a.py").write_text("x = 4\n")
    git(partial, "commit", "-qam", "number 4")
    newer = clone.fetch(partial)
    assert clone.read(newer, "a.py") == b"x = 4\n"
    commit = clone.commit_tree(newer, {"a.py": b"x = 5\n"}, "five")
    clone.branch_out(partial, "sigma/five", commit)
    assert git(partial, "show", "sigma/five:a.py") == "x = 5"
    assert git(partial, "log", "--format=%s", "sigma/five") == "five\nnumber 4\nnumber 3\nnumber 2\nfirst"


def test_a_partial_clone_without_the_files_of_its_head_is_told_how_to_get_them(
    clone: Clone, repository: Path, tmp_path: Path
) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "bare of files")
    bare = tmp_path / "bare of files"
    with pytest.raises(Invalid) as refused:
        clone.fetch(bare)
    mend = refused.value.fields["path"].rpartition("fetch them first: ")[2]
    assert not clone.path.exists()
    subprocess.run(mend, shell=True, check=True, cwd="/")
    assert clone.log(clone.fetch(bare))


def test_renamed_files_are_known_by_their_old_paths(tmp_path: Path, clone: Clone) -> None:
    text = "".join(f"line {number}\n" for number in range(20))
    other = text.replace("line", "row")
    checkout = Checkout(tmp_path / "renaming", {"old/a.py": text, "old/ü ber.py": other, "stays.py": "x = 1\n"})
    first = clone.fetch(checkout.path)
    checkout.git("mv", "old", "new")
    (checkout.path / "new/a.py").write_text(text.replace("line 3", "line three"))
    checkout.git("commit", "-qam", "rename")
    second = clone.fetch(checkout.path)
    assert clone.renames(first, second) == {"new/a.py": "old/a.py", "new/ü ber.py": "old/ü ber.py"}
    assert clone.renames(second, second) == {}
    assert clone.renames("0" * 40, second) == {}
