"""How long issues lived in a project's past, read from real repositories, hostile ones included."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from sqlmodel import select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Cancelled
from sigma_core.issues.tables import RuleExpectation
from sigma_core.learning import past_samples
from sigma_core.learning.expectations import Expectations
from sigma_core.learning.past_reading import PastFigures, PastReading
from sigma_core.learning.past_tables import PastLife
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

BARE = "def load(x):\n    return x == None\n"
IS = "def load(x):\n    return x is None\n"
NOISE = "def noise(x):\n    if x:\n        return 1\n    else:\n        return 2\n"


class Past:
    """A project whose past is read."""

    def __init__(self, database: Database, folder: Path, files: dict[str, str | bytes]) -> None:
        self.database = database
        self.checkout = Checkout(folder / "checkout", files)
        self.clone = Clone(folder / "clone.git", folder / "gitconfig")
        self.reading = PastReading(database, utc_now, lambda _: self.clone)
        head = self.clone.fetch(self.checkout.path)
        self.project = Project(name=folder.name, path=str(self.checkout.path), head=head, created_at=utc_now())
        with database.transaction() as session:
            session.add(self.project)

    def read(self, budget_s: float = 600.0) -> PastFigures:
        self.project.head = self.clone.fetch(self.checkout.path)
        return self.reading.read(self.project, budget_s=budget_s)

    @property
    def endings(self) -> Counter[tuple[str, str]]:
        return Counter((each.rule, each.ending.value) for each in self.reading.lives(self.project.id or 0))

    def reckon(self) -> dict[str, RuleExpectation]:
        expectations = Expectations(self.database, utc_now, self.reading)
        with self.database.transaction() as session:
            expectations.reckon(session, self.project)
        return {each.rule: each for each in expectations.of(self.project.id or 0)}


def test_fixed_issues_and_those_nobody_touches_are_told_apart(database: Database, tmp_path: Path) -> None:
    past = Past(database, tmp_path / "shop", {"a.py": BARE, "b.py": NOISE, "tests/test_a.py": BARE})
    past.checkout.commit({"a.py": BARE + "\n\nMORE = 1\n", "c.py": BARE})
    past.checkout.commit({"a.py": IS, "c.py": None})
    past.checkout.commit({"README": "shop\n"})
    assert past.read() == PastFigures(4, 3, True)
    assert past.endings == {("E711", "fixed"): 1, ("E711", "gone"): 1, ("RET505", ""): 1}
    expected = past.reckon()
    assert (expected["E711"].lives, expected["E711"].fixed_lives) == (2, 1)
    assert expected["E711"].low < expected["E711"].wanted < expected["E711"].high


def test_it_goes_on_where_it_stopped_and_with_the_project(sqlite_database: Database, tmp_path: Path) -> None:
    past = Past(sqlite_database, tmp_path / "steps", {"a.py": BARE, "b.py": NOISE})
    for number in range(4):
        past.checkout.commit({"README": f"{number}\n"})
    said = [past.read(budget_s=0) for _ in range(6)]
    assert [each.samples for each in said] == [1, 2, 3, 4, 5, 5]
    assert said[-1].is_complete
    assert past.endings == {("E711", ""): 1, ("RET505", ""): 1}
    past.checkout.commit({"a.py": IS, "c.py": BARE})
    assert past.read().samples == 6
    assert past.endings == {("E711", "fixed"): 1, ("E711", ""): 1, ("RET505", ""): 1}


def test_a_rewritten_history_is_read_anew(sqlite_database: Database, tmp_path: Path) -> None:
    past = Past(sqlite_database, tmp_path / "forced", {"a.py": BARE})
    past.checkout.commit({"a.py": IS})
    past.read()
    past.checkout.git("commit", "-q", "--amend", "-m", "other words")
    assert past.read() == PastFigures(2, 1, True)
    assert past.endings == {("E711", "fixed"): 1}


def test_one_commit_teaches_nothing_but_what_others_know(sqlite_database: Database, tmp_path: Path) -> None:
    past = Past(sqlite_database, tmp_path / "one", {"a.py": BARE})
    assert past.read() == PastFigures(1, 1, True)
    assert past.reckon()["E711"].fixed_lives == 0


def test_a_past_as_nobody_would_wish_it(sqlite_database: Database, tmp_path: Path) -> None:
    """Binary churn, an octopus, tags moved, all files renamed, a commit from the future, broken code."""
    past = Past(sqlite_database, tmp_path / "odd", {"old/a.py": BARE, "old/b.py": NOISE, "logo.png": b"\0" * 1000})
    past.checkout.git("tag", "v1")
    for name in ("x", "y"):
        past.checkout.git("checkout", "-q", "-b", name, "main")
        past.checkout.commit({f"{name}.txt": name, "logo.png" if name == "x" else "icon.png": b"\1" * 1000})
    past.checkout.git("checkout", "-q", "main")
    past.checkout.git("merge", "-q", "-m", "octopus", "x", "y")
    past.checkout.git("mv", "old", "new")
    past.checkout.commit({"broken.py": "def f(:\n"}, "rename all")
    past.checkout.git("tag", "-f", "v1")
    past.checkout.commit({"new/a.py": IS, "broken.py": BARE})
    past.checkout.git("-c", "user.name=a", "commit", "-q", "--allow-empty", "--date=@4000000000 +0000", "-m", "later")
    assert past.read().is_complete
    assert past.endings == {("E711", "fixed"): 1, ("E711", ""): 1, ("RET505", ""): 1}
    with sqlite_database.reading() as session:
        assert max(session.exec(select(PastLife.since_at)).all()) <= utc_now() + timedelta(seconds=1)


def test_a_reading_that_is_stopped_leaves_nothing_to_another_folder(sqlite_database: Database, tmp_path: Path) -> None:
    past = Past(sqlite_database, tmp_path / "both", {"one/a.py": BARE, "two/b.py": NOISE})
    past.project.folder = "one"
    other = Project(name="two", path="two", folder="two", head=past.project.head, created_at=utc_now())
    with sqlite_database.transaction() as session:
        session.add_all([past.project, other])

    def stop(_: str) -> None:
        if past.endings:
            raise Cancelled("Stopped on request.")

    with pytest.raises(Cancelled):
        past.reading.read(past.project, budget_s=600, tell=stop)
    past.reading.read(other, budget_s=600)
    assert past.endings == {("E711", ""): 1}
    assert [each.rule for each in past.reading.lives(other.id or 0)] == ["RET505"]


def test_a_long_history_is_sampled(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_samples, "SAMPLES", 3)
    monkeypatch.setattr(past_samples, "LOOKED_BACK", 6)
    past = Past(sqlite_database, tmp_path / "long", {"a.py": BARE})
    for number in range(9):
        past.checkout.commit({"README": f"{number}\n"})
    assert past.read() == PastFigures(3, 1, True)


def test_ignored_issues_and_refused_changes_make_a_rule_sink(sqlite_database: Database, tmp_path: Path) -> None:
    from sigma_core.learning.tables import TrackRecord

    past = Past(sqlite_database, tmp_path / "sinks", {"a.py": BARE, "b.py": NOISE})
    past.read()
    before = past.reckon()["RET505"]
    with sqlite_database.transaction() as session:
        session.add(
            TrackRecord(
                project_id=past.project.id or 0,
                rule="RET505",
                fixer="linter_safe",
                name="n",
                failures=6,
                changed_at=utc_now(),
            )
        )
    after = past.reckon()["RET505"]
    assert after.wanted < before.wanted / 1.5
    assert after.value < before.value
    assert after.high - after.low < before.high - before.low
