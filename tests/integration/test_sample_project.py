"""The shipped sample: a real repository, the same everywhere, with something for every verdict."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sigma_core.errors import Conflict
from sigma_core.issues.detectors import Found, detect
from sigma_core.issues.tables import Issue, Severity
from sigma_core.issues.tracking import details
from sigma_core.projects.git import run
from sigma_core.projects.sample import create, is_ours
from sigma_core.projects.sandbox import Grade
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.linter import LinterFixer
from sigma_core.proposals.verification.patch import Change
from sigma_core.proposals.verification.verifier import Verifier
from sigma_core.runtime.build import build
from sigma_core.settings import Settings

IDENTITY = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create(tmp_path_factory.mktemp("home") / "shop")


@pytest.fixture
def changed(shop: Path) -> Iterator[Path]:
    yield shop
    run("checkout", "-q", "--", ".", directory=shop)


def log(shop: Path, what: str) -> list[str]:
    return run("log", f"--format={what}", directory=shop).decode().splitlines()


def suite_passes(shop: Path) -> bool:
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=shop, env=environment, capture_output=True, check=False).returncode == 0


def linter_fix(shop: Path, file: str, rule: str) -> str:
    """Apply the linter's first fix for this rule in this file; the name of the fixer."""
    found = next(each for each in detect(shop, files=[file]).found if each.rule == rule and each.fix)
    assert found.fix is not None
    fixer = LinterFixer(found.fix.applicability)
    fixed = fixer.fix(_issue(found), lambda path: (shop / path).read_text())
    assert fixed is not None
    (change,) = diffs.parse(fixed.diff)
    (shop / file).write_text(diffs.apply((shop / file).read_text(), change.edits()))
    return fixer.name


def _issue(found: Found) -> Issue:
    return Issue(
        id=1,
        project_id=1,
        fingerprint=found.fingerprint,
        state="open",
        opened_commit="c",
        seen_commit="c",
        opened_at=NOW,
        changed_at=NOW,
        **details(found),
    )


def test_the_same_repository_is_made_everywhere(shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Somebody")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    again = create(tmp_path / "again")
    assert log(again, "%H") == log(shop, "%H")
    assert is_ours(log(shop, "%H")[0])


@pytest.mark.parametrize("ours", [True, False], ids=["as it ships", "with a commit of somebody on top"])
def test_its_own_code_alone_is_trusted_at_the_reduced_grade(home: Path, tmp_path: Path, ours: bool) -> None:
    shop = create(tmp_path / "shop")
    if not ours:
        run(*IDENTITY, "commit", "-q", "--allow-empty", "-m", "More", directory=shop)
    system = build(Settings(home=home, sandbox="reduced"))
    if system.projects.sandbox.grade is not Grade.REDUCED:
        pytest.skip("the reduced grade does not work here")
    project = system.projects.service.add(shop, python=sys.executable, actor="test")
    before = (shop / "shop/pricing.py").read_text()
    diff = diffs.make("shop/pricing.py", before, before.replace("percent == None", "percent is None"))
    verifier = Verifier(projects=system.projects.service, sandbox=system.projects.sandbox, home=home)
    evidence = verifier.verify(project, [Change(1, diff, project.head)])[1]
    system.close()
    assert any("not allowed for this project" in why for why in evidence.insufficient) is not ours
    assert not any("not marked as trusted" in why for why in evidence.insufficient)


def test_one_made_before_is_kept_and_anything_else_is_not_touched(shop: Path, tmp_path: Path) -> None:
    assert create(shop) == shop
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="place of its own"):
        create(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.txt"]


def test_its_history_has_people_dates_fixes_a_revert_and_releases(shop: Path) -> None:
    subjects = log(shop, "%s")
    assert len(subjects) == 19
    assert len(set(log(shop, "%an"))) == 3
    assert len(set(log(shop, "%as"))) == 19
    assert sum(subject.startswith("Fix") for subject in subjects) >= 4
    assert run("tag", directory=shop).decode().split() == ["v0.1", "v0.2", "v0.3"]
    (reverted,) = [line.split()[3].rstrip(":") for line in log(shop, "%b") if line.startswith("This reverts commit")]
    assert reverted in log(shop, "%H")


def test_its_tests_pass_with_nothing_but_pytest(shop: Path) -> None:
    assert suite_passes(shop)


def test_it_has_flaws_of_every_kind(shop: Path) -> None:
    found = detect(shop).found
    assert {each.family for each in found} == {
        "bug",
        "security",
        "performance",
        "complexity",
        "simplification",
        "dead_code",
    }
    assert {each.severity for each in found} == set(Severity)
    assert {each.fix.applicability for each in found if each.fix} == {"safe", "unsafe"}


@pytest.mark.parametrize(
    ("file", "rule", "fixer"),
    [
        ("shop/currency.py", "B006", "linter_unsafe"),
        ("shop/inventory.py", "E712", "linter_unsafe"),
        ("shop/catalog.py", "RUF015", "linter_unsafe"),
    ],
)
def test_some_fixes_break_what_a_test_pins(changed: Path, file: str, rule: str, fixer: str) -> None:
    assert linter_fix(changed, file, rule) == fixer
    assert not suite_passes(changed)


@pytest.mark.parametrize(
    ("file", "rule", "fixer"),
    [("shop/orders.py", "F632", "linter_safe"), ("shop/pricing.py", "E711", "linter_unsafe")],
)
def test_others_of_both_kinds_keep_it(changed: Path, file: str, rule: str, fixer: str) -> None:
    assert linter_fix(changed, file, rule) == fixer
    assert suite_passes(changed)
