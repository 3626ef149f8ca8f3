"""What becomes of a change after it was decided, told by real repositories."""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.issues.tables import Issue
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project
from sigma_core.proposals.outcomes import following
from sigma_core.proposals.outcomes.following import OutcomeFollowing
from sigma_core.proposals.outcomes.ledger import OutcomeLedger
from sigma_core.proposals.tables import Decision, FollowedChange, Outcome, Proposal, ProposalIssue

BEFORE = """import os


def total(items):
    if items:
        return sum(items)
    else:
        return 0


def other(x):
    return "%s items" % x
"""
AFTER = BEFORE.replace("    else:\n        return 0\n", "    return 0\n")
BY_HAND = BEFORE.replace(
    "        return sum(items)\n    else:\n        return 0\n",
    "        return sum(\n            items,\n        )\n    return  0  # none\n",
)


class Followed:
    """A project with one proposed change that is followed."""

    def __init__(self, database: Database, folder: Path, before: str = BEFORE, after: str = AFTER) -> None:
        self.database, self.after = database, after
        self.checkout = Checkout(folder / "checkout", {"shop/cart.py": before, "README": "shop\n"})
        self.clone = Clone(folder / "clone.git", folder / "gitconfig")
        self.base = self.clone.fetch(self.checkout.path)
        self.following = OutcomeFollowing(database, utc_now, lambda _: self.clone)
        self.project = Project(name=folder.name, path=str(self.checkout.path), head=self.base, created_at=utc_now())
        with database.transaction() as session:
            session.add(self.project)
        self.line = self.propose()

    def propose(self, base: str | None = None) -> int:
        text = self.checkout.diff("shop/cart.py", self.after)
        with self.database.transaction() as session:
            proposal = Proposal(
                project_id=self.project.id or 0,
                title="Remove an else",
                change_type="simplification",
                rule="RET505",
                diff=text,
                diff_sha256="d" * 64,
                base_commit=base or self.base,
                files=["shop/cart.py"],
                confidence=0.9,
                origin="dream",
                fixer="linter_safe",
                state="approved",
                created_at=utc_now(),
                changed_at=utc_now(),
            )
            session.add(proposal)
            session.flush()
            self.decide(proposal.id or 0, "approved", session=session)
            return proposal.id or 0

    def decide(self, proposal_id: int, verdict: str, *, by: str = "committee", session: object = None) -> None:
        decision = Decision(
            proposal_id=proposal_id,
            verdict=verdict,
            decided_by=by,
            actor="ada",
            reasons=["Not ours."],
            created_at=utc_now(),
        )
        with self.database.transaction(session) as own:
            own.add(decision)

    def branch(self) -> str:
        """Our commit on a branch of ours, as `sigma apply` makes it."""
        commit = self.clone.commit_tree(self.base, {"shop/cart.py": self.after.encode()}, "Remove an else\n")
        self.clone.branch_out(self.checkout.path, "sigma/1-else", commit)
        with self.database.transaction() as session:
            session.add(
                Outcome(
                    line_id=self.line,
                    proposal_id=self.line,
                    project_id=self.project.id or 0,
                    kind="applied",
                    branch="sigma/1-else",
                    commit=commit,
                    actor="ada",
                    at=utc_now(),
                    created_at=utc_now(),
                )
            )
        return commit

    def look(self) -> Mapping[str, str]:
        """Fetch and follow; how each event came about, by kind."""
        self.project.head = self.clone.fetch(self.checkout.path)
        self.following.follow(self.project)
        return {each.outcome.kind: each.outcome.how for each in OutcomeLedger(self.database).list()}

    def pass_by(self, count: int) -> None:
        for number in range(count):
            self.checkout.commit({"README": f"shop {number} {self.checkout.git('rev-parse', 'HEAD')}\n"})

    @property
    def is_taken(self) -> bool | None:
        with self.database.reading() as session:
            return session.get_one(FollowedChange, self.line).is_taken


@pytest.fixture
def followed(sqlite_database: Database, tmp_path: Path) -> Followed:
    return Followed(sqlite_database, tmp_path / "shop")


def test_our_commit_reaches_the_main_line_and_survives(database: Database, tmp_path: Path) -> None:
    followed = Followed(database, tmp_path / "shop")
    followed.branch()
    assert followed.look() == {"approved": "committee", "applied": ""}
    assert followed.is_taken is None
    followed.checkout.git("merge", "-q", "--ff-only", "sigma/1-else")
    assert followed.look()["reached"] == "ours"
    assert followed.is_taken is True
    followed.pass_by(9)
    assert "survived_1" in followed.look()
    followed.pass_by(1)
    assert set(followed.look()) == {"approved", "applied", "reached", "survived_1", "survived_10"}
    (ended,) = OutcomeLedger(database).ended(followed.project.id, newest=1)
    assert (ended.rule, ended.fixer, ended.is_taken) == ("RET505", "linter_safe", True)


def test_a_merge_commit_brings_our_commit(followed: Followed) -> None:
    followed.branch()
    followed.pass_by(1)
    followed.checkout.git("merge", "-q", "--no-ff", "-m", "merge", "sigma/1-else")
    assert followed.look()["reached"] == "ours"


def test_a_rebased_or_picked_commit_is_the_same_change(followed: Followed) -> None:
    commit = followed.branch()
    followed.pass_by(2)
    followed.checkout.git("fetch", "-q", ".", "sigma/1-else")
    followed.checkout.git("cherry-pick", commit)
    assert followed.look()["reached"] == "same"


def test_a_squashed_branch_holds_more_than_the_change(followed: Followed) -> None:
    followed.branch()
    followed.checkout.git("merge", "-q", "--squash", "sigma/1-else")
    followed.checkout.commit({"shop/till.py": "x = 1\n"}, "Several things (#12)")
    assert followed.look()["reached"] == "squashed"


def test_a_person_who_writes_it_otherwise_did_it_by_hand(followed: Followed) -> None:
    followed.pass_by(1)
    followed.checkout.commit({"shop/cart.py": BY_HAND}, "tidy up")
    assert followed.look()["reached"] == "by_hand"
    assert followed.is_taken is True


def test_a_revert_by_git_takes_it_back(followed: Followed) -> None:
    commit = followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    followed.look()
    followed.checkout.git("revert", "--no-edit", commit)
    assert followed.look()["reverted"] == "revert"
    assert followed.is_taken is False


def test_a_revert_by_hand_is_one_too_and_doing_it_again_undoes_it(followed: Followed) -> None:
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    followed.pass_by(1)
    followed.checkout.commit({"shop/cart.py": BEFORE.replace("sum(items)", "sum( items )")}, "no")
    assert followed.look()["reverted"] == "by_hand"
    followed.checkout.commit({"shop/cart.py": AFTER}, "yes")
    assert "reverted" not in followed.look()
    assert followed.is_taken is True


def test_code_that_is_written_anew_is_no_reversal(followed: Followed) -> None:
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    followed.checkout.commit({"shop/cart.py": "def total(items):\n    return sum(items or [0])\n"}, "rewrite")
    assert set(followed.look()) == {"approved", "reached", "rewritten"}
    assert followed.is_taken is True


def test_a_rename_between_keeps_track(followed: Followed) -> None:
    followed.checkout.git("mv", "shop", "store")
    followed.checkout.commit({}, "rename")
    followed.look()
    followed.checkout.git("mv", "store/cart.py", "store/basket.py")
    followed.checkout.commit({"store/basket.py": AFTER}, "tidy and rename")
    assert followed.look()["reached"] == "same"


def test_a_force_push_takes_back_what_it_took_away(followed: Followed) -> None:
    followed.pass_by(1)
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    followed.pass_by(1)
    assert "survived_1" in followed.look()
    followed.checkout.git("reset", "-q", "--hard", "HEAD~2")
    followed.pass_by(1)
    assert set(followed.look()) == {"approved"}
    assert followed.is_taken is None
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    assert followed.look()["reached"] == "same"


def test_a_history_without_the_base_is_looked_at_from_its_head(followed: Followed) -> None:
    followed.look()
    followed.checkout.git("checkout", "-q", "--orphan", "new")
    followed.checkout.commit({"shop/cart.py": AFTER}, "all anew")
    followed.checkout.git("branch", "-q", "-M", "new", "main")
    assert "reached" in followed.look()
    followed.pass_by(1)
    assert "survived_1" in followed.look()


def test_a_deleted_branch_is_a_closed_request(followed: Followed) -> None:
    followed.branch()
    followed.look()
    followed.checkout.git("branch", "-qD", "sigma/1-else")
    assert "closed" in followed.look()
    assert followed.is_taken is False
    followed.checkout.commit({"shop/cart.py": AFTER}, "after all")
    assert "closed" not in followed.look()


def test_a_person_rejects_and_approves(followed: Followed) -> None:
    followed.decide(followed.line, "rejected", by="person")
    followed.look()
    (told,) = OutcomeLedger(followed.database).list()
    assert (told.outcome.kind, told.outcome.reason, told.outcome.actor) == ("rejected", "Not ours.", "ada")
    assert followed.is_taken is False
    followed.decide(followed.line, "approved", by="person")
    assert set(followed.look()) == {"approved"}


def test_an_ignored_issue_and_one_that_comes_back(followed: Followed) -> None:
    at = utc_now()
    issue = Issue(
        project_id=followed.project.id or 0,
        fingerprint="f",
        detector="ruff",
        rule="RET505",
        family="simplification",
        file="shop/cart.py",
        line=5,
        end_line=8,
        severity="info",
        message="Unnecessary else",
        state="ignored",
        opened_commit=followed.base,
        seen_commit=followed.base,
        opened_at=at,
        changed_at=at,
        note="We like it.",
    )
    with followed.database.transaction() as session:
        session.add(issue)
        session.flush()
        session.add(ProposalIssue(proposal_id=followed.line, issue_id=issue.id or 0))
    assert "ignored" in followed.look()
    assert followed.is_taken is False
    with followed.database.transaction() as session:
        session.get_one(Issue, issue.id).state = "fixed"
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    assert set(followed.look()) == {"approved", "reached"}
    with followed.database.transaction() as session:
        back = session.get_one(Issue, issue.id)
        back.state, back.changed_at = "reopened", utc_now() + timedelta(seconds=1)
    assert "issue_back" in followed.look()
    assert followed.is_taken is False


def test_following_in_small_steps_and_twice_says_the_same(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BATCH", 2)
    monkeypatch.setattr(following, "MOST_COMMITS", 2)
    followed.pass_by(3)
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    followed.pass_by(3)
    said = [followed.look() for _ in range(5)]
    assert said[0] == {"approved": "committee"}
    assert said[-1] == said[-2] == {"approved": "committee", "reached": "same", "survived_1": ""}


def test_two_that_follow_at_once_write_one_event(followed: Followed) -> None:
    followed.checkout.commit({"shop/cart.py": AFTER}, "tidy")
    followed.project.head = followed.clone.fetch(followed.checkout.path)
    ahead = OutcomeFollowing(followed.database, utc_now, lambda _: followed.clone)

    def meanwhile(_: object) -> Clone:
        ahead.follow(followed.project)
        return followed.clone

    OutcomeFollowing(followed.database, utc_now, meanwhile).follow(followed.project)
    assert sorted(each.outcome.kind for each in OutcomeLedger(followed.database).list()) == ["approved", "reached"]


def test_a_commit_from_the_future_counts_as_now(followed: Followed) -> None:
    (followed.checkout.path / "shop/cart.py").write_text(AFTER)
    followed.checkout.git("add", "-A")
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "tidy"],
        cwd=followed.checkout.path,
        env={"GIT_COMMITTER_DATE": "4000000000 +0000", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        check=True,
    )
    followed.look()
    (told, _) = OutcomeLedger(followed.database).list()
    assert told.outcome.at <= datetime.now(UTC)
