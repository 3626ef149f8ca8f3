"""Histories as nobody would wish them: read within bounds, and answered as far as they can be."""

import subprocess
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.changes_care import Care, care_for, lines
from sqlalchemy import func, select

from sigma_core.clock import utc_now
from sigma_core.codebase import change_history
from sigma_core.codebase.change_history import ChangeHistory
from sigma_core.codebase.change_tables import CodeChangeReading, changes
from sigma_core.codebase.change_views import ChangeViews
from sigma_core.codebase.co_change import SWEEPING
from sigma_core.codebase.history import COMMIT, HistoryFigures
from sigma_core.codebase.tables import commits, entities
from sigma_core.codebase.touched_files import MOST_FILES
from sigma_core.database import Database
from sigma_core.graph.tables import outbox
from sigma_core.projects.git import Clone


def imported(care: Care, stream: bytes) -> None:
    """Make what `git fast-import` is told the head."""
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=care.checkout.path,
        input=stream,
        check=True,
        capture_output=True,
    )
    care.checkout.git("symbolic-ref", "HEAD", "refs/heads/made")


def commit(author: bytes, when: str, message: bytes, files: Mapping[bytes, bytes]) -> bytes:
    """A commit on the branch `made`, in the words of `git fast-import`."""
    said = b"commit refs/heads/made\nauthor %s %s +0000\ncommitter C <c@example.org> %s +0000\n" % (
        author,
        when.encode(),
        when.encode(),
    )
    said += b"data %d\n%s\n" % (len(message), message)
    return said + b"".join(
        b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(text), text) for path, text in files.items()
    )


def authors(care: Care) -> list[str]:
    joined = changes.join(entities, entities.c.id == changes.c.author_id)
    with care.database.reading() as session:
        found = select(entities.c.full_name).select_from(joined).where(changes.c.is_void.is_(False))
        return sorted(session.execute(found).scalars())


def test_one_commit(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "one", {"a.py": "x = 1\n"})
    assert care.read() == HistoryFigures(1, 1, True)
    assert care.read() == HistoryFigures(1, 1, True)
    assert care.touched() == {("change", "a", "added")}


def test_an_octopus_brings_every_branch(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "octopus", {"a.py": "", "b.py": "", "c.py": ""})
    for name in ("a", "b", "c"):
        care.checkout.git("checkout", "-q", "-b", f"side-{name}", "main")
        care.checkout.commit({f"{name}.py": "x = 1\n"}, f"on {name}")
    care.checkout.git("checkout", "-q", "main")
    care.checkout.git("merge", "-q", "-m", "all of them", "side-a", "side-b", "side-c")
    care.read()
    assert {each for each in care.touched() if each[0].startswith("on")} == {
        (f"on {name}", name, "changed") for name in ("a", "b", "c")
    }


def test_rewritten_tags_change_nothing(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "tags", {"a.py": "x = 1\n"})
    care.checkout.git("tag", "v1")
    care.read()
    before = care.all_said()
    care.checkout.commit({"a.py": "x = 2\n"})
    care.checkout.git("reset", "-q", "--hard", "HEAD~1")
    care.checkout.git("tag", "-f", "v1", "HEAD@{1}")
    care.read()
    assert care.all_said() == before


def test_binary_files_count_as_files(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "binary", {"a.py": ""})
    for number in range(3):
        care.checkout.commit({"logo.png": bytes([number]) * 100_000, "a.py": f"x = {number}\n"}, f"paint {number}")
    care.read()
    assert {each for each in care.touched() if each[0] == "paint 2"} == {
        ("paint 2", "logo.png", "changed"),
        ("paint 2", "a", "changed"),
    }


def test_a_rename_of_everything_touches_nothing_and_keeps_every_file(database: Database, tmp_path: Path) -> None:
    files = {f"old/m{number}.py": f"NUMBER = {number}\n" + lines(*range(number)) for number in range(MOST_FILES + 50)}
    care = care_for(database, tmp_path / "renamed", files)
    care.checkout.commit({"old/m7.py": "NUMBER = 7\n" + lines(*range(8))}, "before")
    care.checkout.git("mv", "old", "new")
    care.checkout.commit({}, "move all")
    care.read()
    # The first commit adds more files than are told of one commit
    assert care.touched() == {("before", "new.m7", "changed")}


def test_sweeping_commits_say_nothing_of_what_belongs_together(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "sweeping", {f"m{number}.py": "" for number in range(SWEEPING + 1)})
    for number in range(3):
        care.checkout.commit({f"m{each}.py": f"x = {number}\n" for each in range(SWEEPING + 1)}, "format all")
    care.checkout.commit({"m0.py": "x = 5\n"}, "one")
    care.read()
    views = ChangeViews(database)
    (module,) = views.find(care.project.id or 0, "m0")
    assert views.changes_with(module.id) == []
    assert [(each.support, each.strength) for each in views.known_by(module.id)] == [(1, 1.0)]
    assert len(views.last_commits([module.id])) == 5


def test_odd_authors_names_and_clocks(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "odd", {"a.py": ""})
    stream = commit(b"<>", "0", b"\xff\xfe not UTF-8", {b"a.py": b"x = 1\n", b"caf\xe9.txt": b"a"})
    stream += commit(b"<a@example.org>", "4102444800", b"From 2100", {b"a.py": b"x = 2\n", b"caf\xe9.txt": b"b"})
    stream += commit(b"J\xf6rg <J@example.org>", "1700000000", b"", {b"a.py": b"x = 3\n", b'"q\\tuote.py"': b"y = 1\n"})
    stream += commit(b"Other <j@EXAMPLE.org>", "1700000001", b"m" * 100_000, {b"a.py": b"x = 4\n"})
    imported(care, stream)
    assert care.read().is_complete
    (module,) = (views := ChangeViews(database)).find(care.project.id or 0, "a")
    told = views.last_commits([module.id])
    assert [each.subject[:9] for each in told] == [
        "m" * 9,
        "",
        "From 2100",
        "\N{REPLACEMENT CHARACTER}" * 2 + " not UT",
    ]
    assert [each.at > older.at for each, older in pairwise(told)] == [True] * 3
    # One address is one author, whatever name stands before it; an address that is not there is nobody's
    assert authors(care) == ["Other", "Other", "unknown", "unknown"]


def test_a_mailmap_makes_one_author_of_two(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "mailmap", {"a.py": ""})
    imported(
        care,
        commit(b"ann <ann@old.example>", "1700000000", b"one", {b"a.py": b"x = 1\n"})
        + commit(b"Ann <ann@new.example>", "1700000001", b"two", {b"a.py": b"x = 2\n"}),
    )
    care.read()
    assert authors(care) == ["Ann", "ann"]
    care.checkout.git("checkout", "-qf", "made")
    care.checkout.commit({".mailmap": "Ann Able <ann@new.example> <ann@old.example>\nAnn Able <ann@new.example>\n"})
    care.read()
    assert authors(care) == ["A Person", "Ann Able", "Ann Able"]


@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
def test_a_deepened_history_is_read_on(database: Database, tmp_path: Path, hashes: str) -> None:
    full = care_for(database, tmp_path / "full", {"a.py": "x = 0\n"}, hashes=hashes)
    for number in range(1, 5):
        full.checkout.commit({"a.py": f"x = {number}\n", "b.py": f"y = {number}\n"}, f"change {number}")
    full.read()
    shallow = tmp_path / "shallow"
    full.checkout.git("clone", "-q", "--depth=2", f"file://{full.checkout.path}", str(shallow))
    care = Care(database, tmp_path / "deepened", full.checkout.at(shallow))
    assert care.read() == HistoryFigures(1, 1, True)
    assert {each[0] for each in care.touched()} == {"change 4"}
    for depth in ("--depth=4", "--unshallow"):
        care.checkout.git("fetch", "-q", depth)
        assert care.read().is_complete
    assert care.all_said() == full.all_said()
    assert care.code_said() == full.code_said()


def test_an_earlier_head_that_is_pushed_back_holds_again(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "back", {"a.py": "def a(): pass\n"})
    later = care.checkout.commit({"b.py": "def b(): pass\n"}, "later")
    care.read()
    before, code = care.all_said(), care.code_said()
    care.checkout.git("reset", "-q", "--hard", "HEAD~1")
    care.checkout.commit({"c.py": "def c(): pass\n"}, "instead")
    care.read()
    assert care.code_said() != code
    care.checkout.git("reset", "-q", "--hard", later)
    care.read()
    assert care.all_said() == before
    assert care.code_said() == code


def test_a_reading_that_was_killed_goes_on_where_it_stopped(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_history, "AT_ONCE", 2)
    care = care_for(database, tmp_path / "killed", {"a.py": ""})
    for number in range(9):
        care.checkout.commit({"a.py": f"x = {number}\n", f"m{number}.py": ""}, f"change {number}")
    seen = list[str]()

    def stop(text: str) -> None:
        seen.append(text)
        if len(seen) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        care.read(tell=stop)
    assert seen == ["reading who changed what: 2 of 10 commits", "reading who changed what: 4 of 10 commits"]
    care.checkout.commit({"a.py": "x = 10\n"}, "meanwhile")
    assert care.read() == HistoryFigures(11, 11, True)
    afresh = Care(database, tmp_path / "afresh", care.checkout)
    afresh.read()
    assert care.all_said() == afresh.all_said()


def test_what_was_not_read_is_named(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_history, "AT_ONCE", 2)
    care = care_for(database, tmp_path / "budget", {"a.py": ""})
    for number in range(5):
        care.checkout.commit({"a.py": f"x = {number}\n"}, f"change {number}")
    assert care.read(budget_s=0) == HistoryFigures(0, 6, False)
    steps = iter(range(1))
    with pytest.raises(StopIteration):
        care.history.read(care.project, ends=time.monotonic() + 600, tell=lambda _: next(steps))
    with database.reading() as session:
        told = select(outbox.c.origin_id).where(outbox.c.origin == COMMIT)
        untold = session.execute(select(commits.c.commit).where(commits.c.id.not_in(told))).scalars().all()
        read = session.execute(select(func.count()).select_from(changes)).scalar_one()
    assert (untold, 0 < read < 6) == ([], True), "the graph is told of every commit that it is to show"


def test_a_clone_that_lost_a_pushed_away_head_is_read_afresh(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "lost", {"a.py": ""})
    care.checkout.commit({"a.py": "x = 1\n"}, "gone")
    care.read()
    care.checkout.git("reset", "-q", "--hard", "HEAD~1")
    care.checkout.commit({"a.py": "x = 2\n"}, "instead")
    care.clone = Clone(tmp_path / "other.git", tmp_path / "gitconfig")
    care.history = ChangeHistory(database, utc_now, lambda _: care.clone)
    care.read()
    assert care.touched() == {("change", "a", "added"), ("instead", "a", "changed")}
    with database.reading() as session:
        newest = session.get_one(CodeChangeReading, care.project.id).newest_id
        assert session.execute(select(commits.c.commit).where(commits.c.id == newest)).scalar_one() == care.project.head


def test_commits_without_author_or_time_are_read(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "broken", {"a.py": "x = 1\n"})
    care.checkout.commit({"a.py": "x = 2\n"})
    tree, head = care.checkout.git("rev-parse", "HEAD~1^{tree}"), care.checkout.git("rev-parse", "HEAD")
    for who in ("author A <a@example.org> garbage\ncommitter A <a@example.org> garbage", "author\ncommitter"):
        said = f"tree {tree}\nparent {head}\n{who}\n\nbroken\n"
        command = ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
        made = subprocess.run(command, cwd=care.checkout.path, input=said.encode(), check=True, capture_output=True)
        head = made.stdout.decode().strip()
    care.checkout.git("update-ref", "HEAD", head)
    assert care.read() == HistoryFigures(4, 4, True)
    assert authors(care) == ["A", "A Person", "A Person", "unknown"]
    assert care.clone.log(care.project.head)[0].commit == care.project.head
