"""Who changed what over a project's history: however it was read, it says the same."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.changes_care import Care, care_for, lines
from fakes.checkout import Checkout
from sqlalchemy import select

from sigma_core.codebase import change_history
from sigma_core.codebase.change_views import ChangeViews
from sigma_core.codebase.history import HistoryFigures
from sigma_core.codebase.tables import commits
from sigma_core.database import Database


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_history, "AT_ONCE", 3)


def test_a_commit_touches_the_files_that_it_changed(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "plain", {"shop/cart.py": "x = 1\n", "README": "a\n"})
    care.checkout.commit({"shop/cart.py": "x = 2\n"}, "second")
    care.checkout.commit({"README": None}, "third")
    assert care.read() == HistoryFigures(3, 3, True)
    assert care.touched() == {
        ("change", "shop.cart", "added"),
        ("change", "README", "added"),
        ("second", "shop.cart", "changed"),
        ("third", "README", "deleted"),
    }


def test_commits_of_a_merged_branch_hold_since_its_merge(database: Database, tmp_path: Path) -> None:
    care = care_for(database, tmp_path / "merged", {"cart.py": lines(*range(9)), "other.py": ""})
    care.checkout.git("checkout", "-qb", "side")
    care.checkout.git("mv", "cart.py", "basket.py")
    care.checkout.commit({}, "rename")
    side = care.checkout.commit({"basket.py": lines(*range(10))}, "on the side")
    care.checkout.git("checkout", "-q", "main")
    care.checkout.commit({"other.py": "y = 1\n"}, "meanwhile")
    care.checkout.git("merge", "-q", "--no-ff", "-m", "bring it over", "side")
    merge = care.checkout.git("rev-parse", "HEAD")
    care.read()
    assert care.touched() == {
        ("change", "basket", "added"),
        ("change", "other", "added"),
        ("on the side", "basket", "changed"),
        ("meanwhile", "other", "changed"),
    }
    with database.reading() as session:
        at = dict(
            session.execute(select(commits.c.commit, commits.c.at).where(commits.c.commit.in_([side, merge]))).all()
        )
    assert at[side] == at[merge]


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_way_it_is_read_it_says_the_same(database: Database, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    care = care_for(database, tmp_path / f"steps{seed}", {"a.py": lines(*range(20)), "b.txt": lines(*range(20))})
    for _ in range(8):
        some_step(chance, care.checkout)
    care.read(budget_s=0)
    for _ in range(4):
        for _ in range(chance.randrange(1, 7)):
            some_step(chance, care.checkout)
        if chance.random() < 0.4:
            care.checkout.git("reset", "-q", "--hard", f"HEAD~{chance.randrange(1, 3)}")
        care.read(budget_s=chance.choice((0, 600)))
    care.read()
    afresh = Care(database, tmp_path / f"afresh{seed}", care.checkout)
    afresh.read()
    one, other = care.all_said(), afresh.all_said()
    assert (one - other, other - one) == (set(), set())


def some_step(chance: random.Random, checkout: Checkout) -> None:
    """Commits that write, move or delete files, on the main line or on a branch that is merged."""
    act = chance.random()
    if act < 0.3:
        checkout.git("checkout", "-qb", "side")
        for _ in range(chance.randrange(1, 3)):
            some_commit(chance, checkout)
        checkout.git("checkout", "-q", "main")
        if chance.random() < 0.5:
            checkout.commit({f"main{chance.randrange(10**6)}.py": ""}, "on main")
        checkout.git("merge", "-q", "--no-ff", "-X", "ours", "-m", "merge", "side")
        checkout.git("branch", "-qD", "side")
    else:
        some_commit(chance, checkout)


def some_commit(chance: random.Random, checkout: Checkout) -> None:
    names = sorted(path.name for path in checkout.path.iterdir() if path.is_file())
    act = chance.random()
    mark = f"{chance.randrange(10**6)}"
    if act < 0.15 and len(names) > 2:
        checkout.commit({chance.choice(names): None}, f"delete {mark}")
    elif act < 0.3:
        checkout.git("mv", chance.choice(names), f"moved{mark}.py")
        checkout.commit({}, f"move {mark}")
    else:
        new = [f"new{mark}.py"] if act > 0.8 else []
        chosen = [*chance.sample(names, min(2, len(names))), *new]
        text = lines(*range(20)) + f"{mark}\n"
        checkout.commit(dict.fromkeys(chosen, text), f"write {mark}")


def test_a_commit_touches_functions_by_the_names_of_their_files_now(database: Database, tmp_path: Path) -> None:
    text = "def rate():\n    return 2\n\n\ndef spare():\n    return 3\n"
    care = care_for(database, tmp_path / "parts", {"tax.py": text})
    care.checkout.commit({"tax.py": text.replace("2", "4")}, "Raise the rate")
    care.checkout.git("mv", "tax.py", "duty.py")
    care.checkout.commit({}, "rename")
    care.read()
    assert care.touched() == {
        ("change", "duty", "added"),
        ("change", "duty.rate", "added"),
        ("change", "duty.spare", "added"),
        ("Raise the rate", "duty", "changed"),
        ("Raise the rate", "duty.rate", "changed"),
    }
    care.checkout.commit({"duty.py": text}, "Lower it")
    care.read(budget_s=0)
    assert ("Lower it", "duty.rate", "changed") in care.touched()


def test_likely_is_what_changed_with_it_then_what_lies_beside_it(database: Database, tmp_path: Path) -> None:
    files = dict.fromkeys(("shop/tax.py", "shop/cart.py", "shop/till.py", "README", "docs/tax.md"), "")
    care = care_for(database, tmp_path / "likely", files)
    for number in range(3):
        care.checkout.commit({"docs/tax.md": f"{number}\n", "shop/tax.py": f"x = {number}\n"}, "both")
    care.checkout.commit({"shop/till.py": "x = 1\n"}, "alone")
    care.read()
    views = ChangeViews(database)
    (tax,) = views.find(care.project.id or 0, "shop.tax")
    names = [each.name for each in views.likely_with(tax.id, limit=4)]
    # The first commit touched all of them once
    assert names[0] == "docs/tax.md"
    assert set(names) == {"docs/tax.md", "shop.cart", "shop.till", "README"}
    (till,) = views.find(care.project.id or 0, "shop.till")
    assert views.churn([tax.id, till.id], since=datetime(2020, 1, 1, tzinfo=UTC)) == {tax.id: 4, till.id: 2}
