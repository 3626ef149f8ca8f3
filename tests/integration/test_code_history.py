"""Facts about the code over its history: at any commit what its own tree says, however the history was read."""

import os
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from sqlalchemy import select

from sigma_core.clock import utc_now
from sigma_core.codebase import history
from sigma_core.codebase.commits import main_line
from sigma_core.codebase.history import History, HistoryFigures
from sigma_core.codebase.python_reader import MOST_BYTES
from sigma_core.codebase.tables import CodeReading, commits, entities, facts
from sigma_core.codebase.tree_state import ParsedFiles, is_known, read_afresh
from sigma_core.database import Database
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

Triple = tuple[str, ...]
NAMES = ("a", "b", "c", "d")


class Care:
    """A project whose history is read."""

    def __init__(self, database: Database, folder: Path, files: dict[str, str]) -> None:
        self.database = database
        self.checkout = Checkout(folder / "checkout", files)
        self.clone = Clone(folder / "clone.git", folder / "gitconfig")
        self.history = History(database, utc_now, lambda _: self.clone)
        head = self.clone.fetch(self.checkout.path)
        project = Project(name=folder.name, path=str(self.checkout.path), head=head, created_at=utc_now())
        with database.transaction() as session:
            session.add(project)
        self.project = project

    def read(self, budget_s: float = 60.0) -> HistoryFigures:
        self.project.head = self.clone.fetch(self.checkout.path)
        return self.history.read(self.project, budget_s=budget_s, tell=lambda _: None)

    def line(self) -> list[str]:
        return [commit.id for commit in main_line(self.clone.main_line(self.project.head))]

    def at(self, commit: str) -> set[Triple]:
        """What the record says of a commit: names as they were called then."""
        subject, object_ = entities.alias(), entities.alias()
        began, ended = commits.alias(), commits.alias()
        joined = (
            facts.join(subject, subject.c.id == facts.c.subject_id)
            .join(object_, object_.c.id == facts.c.object_id)
            .join(began, began.c.id == facts.c.since_id)
            .outerjoin(ended, ended.c.id == facts.c.until_id)
        )
        with self.database.reading() as session:
            moment = session.execute(
                select(commits.c.at).where(commits.c.commit == commit, commits.c.project_id == self.project.id)
            ).scalar_one()
            holds = (began.c.at <= moment) & (ended.c.at.is_(None) | (ended.c.at > moment)) & facts.c.is_void.is_(False)
            rows = session.execute(
                select(
                    *(subject.c.kind, subject.c.file, subject.c.name, facts.c.predicate),
                    *(object_.c.kind, object_.c.file, object_.c.name, facts.c.says, facts.c.path, facts.c.certainty),
                )
                .select_from(joined)
                .where(facts.c.project_id == self.project.id, holds)
            ).all()
        paths = {row[5]: row[8] for row in rows if row[8] and row[5]}
        return {
            (
                row[0],
                paths.get(row[1], row[1]),
                row[2],
                row[3],
                row[4],
                paths.get(row[5], row[5]),
                row[6],
                row[7],
                f"{row[9]}",
            )
            for row in rows
        }

    def afresh(self, commit: str) -> set[Triple]:
        """What the commit's own tree says."""
        files = self.clone.files(commit)
        blobs = {path: file.blob for path, file in files.items() if is_known(path) and file.is_plain}
        contents = self.clone.contents(sorted(set(blobs.values())), MOST_BYTES)
        state = read_afresh(blobs, ParsedFiles(contents.get), {})
        return {
            (*fact.subject, fact.predicate, *fact.object, fact.says, f"{fact.certainty}")
            for said in state.facts.values()
            for fact in said
        }

    def agrees(self) -> None:
        for commit in self.line():
            assert self.at(commit) == self.afresh(commit)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 3)


def some_file(chance: random.Random) -> str:
    said = {
        0: lambda: f"import {chance.choice(NAMES)}\n",
        1: lambda: f"from {chance.choice(NAMES)} import {chance.choice(NAMES)}\n",
        2: lambda: f"from p import {chance.choice(NAMES)}\n",
        3: lambda: f"def {chance.choice(NAMES)}():\n    {chance.choice(NAMES)}()\n",
        4: lambda: (
            f"class {chance.choice(NAMES)}({chance.choice(NAMES)}):\n    def {chance.choice(NAMES)}(self): pass\n"
        ),
        5: lambda: "x = 1\n" * chance.randrange(20),
    }
    return "".join(said[chance.randrange(6)]() for _ in range(chance.randrange(6)))


def some_text(chance: random.Random, path: str) -> str:
    if path.endswith(".txt"):
        return "".join(f"{name}>={chance.randrange(3)}\n" for name in NAMES if chance.random() < 0.5)
    if path.startswith("w/"):
        said = (f"import '{chance.choice(('./', ''))}{name}';\n" for name in NAMES if chance.random() < 0.5)
        return "".join(said) + "x;\n" * chance.randrange(20)
    return some_file(chance)


def some_change(chance: random.Random, care: Care) -> None:
    """A commit that writes, deletes or moves files."""
    paths = [*(f"{name}.py" for name in NAMES), *(f"p/{name}.py" for name in NAMES), "p/__init__.py"]
    paths += [*(f"w/{name}.js" for name in NAMES), "w/a.ts", "requirements.txt", "lib/requirements.txt"]
    there = [path for path in paths if (care.checkout.path / path).exists()]
    act = chance.random()
    if act < 0.25 and len(there) > 1:
        old, new = chance.sample(paths, 2)
        if old in there and new not in there:
            (care.checkout.path / new).parent.mkdir(exist_ok=True)
            care.checkout.git("mv", old, new)
            care.checkout.commit({}, f"move {old} to {new}")
        return
    changes: dict[str, str | None] = {path: some_text(chance, path) for path in chance.sample(paths, 2)}
    if act > 0.8 and len(there) > 2:
        changes[chance.choice(there)] = None
    if any(
        (care.checkout.path / path).read_text() != text if path in there else True for path, text in changes.items()
    ):
        care.checkout.commit({path: text for path, text in changes.items() if text is not None or path in there})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("small_steps")
def test_at_every_commit_the_record_says_what_the_tree_says(database: Database, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    care = Care(database, tmp_path / f"project{seed}", {"a.py": "def a(): pass\n", "README": ""})
    for _ in range(8):
        some_change(chance, care)
    care.read()
    care.agrees()
    for _ in range(3):
        for _ in range(chance.randrange(1, 6)):
            some_change(chance, care)
        figures = care.read()
        care.agrees()
    assert (figures.commits, figures.is_complete) == (len(care.line()), True)


@pytest.mark.usefixtures("small_steps")
def test_a_reading_that_was_broken_off_goes_on_where_it_stopped(database: Database, tmp_path: Path) -> None:
    chance = random.Random(7)
    care = Care(database, tmp_path / "broken", {"a.py": "def a(): pass\n"})
    for _ in range(14):
        some_change(chance, care)
    assert care.read(budget_s=0).commits == 0
    care.history = History(database, utc_now, lambda _: care.clone)
    seen = []
    stops = _stopping_after(care, 1, seen)
    with pytest.raises(InterruptedError):
        stops()
    some_change(chance, care)
    care.read()
    care.agrees()
    assert seen


def _stopping_after(care: Care, steps: int, seen: list[str]) -> Callable[[], None]:
    def tell(text: str) -> None:
        seen.append(text)
        if len(seen) >= steps:
            raise InterruptedError

    return lambda: care.history.read(care.project, budget_s=60, tell=tell) and None


@pytest.mark.usefixtures("small_steps")
def test_a_rebuilt_history_ends_as_if_it_were_read_afresh(database: Database, tmp_path: Path) -> None:
    chance = random.Random(3)
    care = Care(database, tmp_path / "rebuilt", {"a.py": "def a(): pass\n"})
    for _ in range(9):
        some_change(chance, care)
    care.read()
    care.checkout.git("reset", "-q", "--hard", "HEAD~4")
    for _ in range(3):
        some_change(chance, care)
    care.read()
    care.agrees()
    other = Care(database, tmp_path / "afresh", {"b.py": ""})
    other.checkout, other.clone = care.checkout, care.clone
    other.read()
    for commit in care.line():
        assert care.at(commit) == other.at(commit)


def test_a_file_keeps_its_entities_when_it_is_renamed(database: Database, tmp_path: Path) -> None:
    text = "def a(): pass\n" * 10
    care = Care(database, tmp_path / "renamed", {"old.py": text})
    care.read()
    first = care.line()[0]
    care.checkout.git("mv", "old.py", "new.py")
    care.checkout.commit({}, "rename")
    care.read()
    with database.reading() as session:
        rows = session.execute(select(entities).where(entities.c.kind == "function")).all()
    assert [(row.full_name) for row in rows] == ["new.a"]
    assert {each[7] for each in care.at(first) if each[3] == "DEFINES"} == {"old", "old.a"}
    assert {each[7] for each in care.at(care.line()[0]) if each[3] == "DEFINES"} == {"new", "new.a"}


def test_commits_with_clocks_that_disagree_keep_their_order(database: Database, tmp_path: Path) -> None:
    care = Care(database, tmp_path / "clocks", {"a.py": "def a(): pass\n"})
    for number, when in enumerate(("2020-01-01", "2019-01-01", "2020-01-01", "1970-01-01")):
        (care.checkout.path / "a.py").write_text(f"def f{number}(): pass\n")
        care.checkout.git("add", "-A")
        care.checkout.git("-c", f"user.name={when}", "commit", "-qm", "change", f"--date={when}T00:00:00Z")
    care.read()
    care.agrees()
    line = main_line(care.clone.main_line(care.project.head))
    assert all(newer.at > older.at for newer, older in pairwise(line))


def test_of_a_shallow_history_nothing_is_said_to_have_begun_where_it_is_cut(database: Database, tmp_path: Path) -> None:
    care = Care(database, tmp_path / "shallow", {"a.py": "def a(): pass\n"})
    care.checkout.commit({"a.py": "def b(): pass\n"})
    care.checkout.git("clone", "-q", "--depth=1", f"file://{care.checkout.path}", str(tmp_path / "clone"))
    care.checkout.path = tmp_path / "clone"
    care.clone = Clone(tmp_path / "shallow.git", tmp_path / "gitconfig")
    assert care.read().commits == 0
    care.agrees()
    with database.reading() as session:
        assert all(session.execute(select(facts.c.is_older)).scalars())


def test_another_version_of_the_reader_reads_anew(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    care = Care(database, tmp_path / "version", {"a.py": "def a(): pass\n"})
    care.checkout.commit({"a.py": "def b(): pass\n"})
    care.read()
    monkeypatch.setattr(history, "VERSION", history.VERSION + 1)
    assert care.read().is_complete
    care.agrees()
    with database.reading() as session:
        assert session.get_one(CodeReading, care.project.id).version == history.VERSION


def test_hostile_trees_are_read_as_far_as_they_can_be(database: Database, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "ok.py": "def ok(): pass\n",
        "long.py": "def f(): pass\n" * 50_000,
        "deep.py": "(" * 5_000,
        "broken.py": "def f(:\n",
        "latin.py": "x = '\xe9'\n".encode("latin-1"),
        "generated.py": b"x = 1\n" * (MOST_BYTES // 6 + 1),
        "odd\nname.py": "def odd(): pass\n",
        os.fsdecode(b"caf\xe9.py"): "def never(): pass\n",
        "r/a.py": "from . import b\n",
        "r/b.py": "from . import a\n",
        "ns/sub/mod.py": "from ns.sub import mod\n",
    }
    care = Care(database, tmp_path / "hostile", {"first.py": ""})
    care.checkout.commit(files)
    (care.checkout.path / "loop.py").symlink_to("loop.py")
    care.checkout.commit({})
    assert care.read().is_complete
    care.agrees()
    assert {"ok.ok", "odd\nname.odd", "long.f"} <= {each[7] for each in care.at(care.line()[0])}
