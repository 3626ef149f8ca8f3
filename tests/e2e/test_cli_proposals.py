"""A change from outside, from the diff to the branch, through the real command."""

import os
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.small_repository import QUICK

MODULE = "def half(n):\n    return n // 2\n\n\ndef third(n):\n    return n // 3\n"
TESTS = "import m\n\n\ndef test_half():\n    assert m.half(4) == 2\n\n\ndef test_third():\n    assert m.third(9) == 3\n"
BETTER = MODULE.replace("n // 2", "int(n) // 2")
HEAD = "--- {}\n+++ {}\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path / "shop", {"m.py": MODULE, "test_m.py": TESTS, "x.py": "x = 1\n"})
    inner = Checkout(tmp_path / "inner", {"x.py": "x = 1\n"})
    checkout.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    (checkout.path / "folder").mkdir()
    (checkout.path / "folder" / "x.py").write_text("x = 1\n")
    (checkout.path / "link").symlink_to("folder")
    (checkout.path / "link.py").symlink_to("x.py")
    checkout.commit({}, "links and a submodule")
    return checkout


@pytest.fixture
def sigma(home: Path, checkout: Checkout) -> Command:
    command = Command(home)
    command("project", "add", checkout.path, "--test-command", QUICK)
    return command


def propose(sigma: Command, diff: str, *more: str) -> str:
    proposed = sigma.json("propose", "--project", "shop", "--diff", "-", *more, stdin=diff.encode())
    return str(proposed["proposal_id"])


REFUSED = {
    "empty": b"",
    "no diff": b"Hello, please change the code.\n",
    "blanks": b"\n\n",
    "changes nothing": b"diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n",
    "cut off": b"--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n-x = 1\n",
    "bad header": b"--- a/x.py\n+++ b/x.py\n@@ -a +b @@\n-x = 1\n+x = 2\n",
    "no names": b"@@ -1 +1 @@\n-x = 1\n+x = 2\n",
    "binary": b"diff --git a/x.bin b/x.bin\nGIT binary patch\nliteral 1\nIcmZPo\n\n",
    "differs": b"diff --git a/x.bin b/x.bin\nBinary files a/x.bin and b/x.bin differ\n",
    "not text": b"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-x = 1\n+x = '\xff'\n",
    "nul": b"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-x = 1\n+x = '\0'\n",
    "above": HEAD.format("a/../x.py", "b/../x.py").encode(),
    "above by rename": b"diff --git a/x.py b/../y.py\nrename from x.py\nrename to ../y.py\n",
    "absolute": HEAD.format("/etc/passwd", "/etc/passwd").encode(),
    "git's own": HEAD.format("a/.git/config", "b/.git/config").encode(),
    "git's own in other letters": HEAD.format("a/sub/.GIT/config", "b/sub/.GIT/config").encode(),
    "through a link": HEAD.format("a/link/x.py", "b/link/x.py").encode(),
    "a link itself": HEAD.format("a/link.py", "b/link.py").encode(),
    "into a submodule": HEAD.format("a/sub/x.py", "b/sub/x.py").encode(),
    "a new link": b"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n",
    "too large": b"--- a/x.py\n+++ b/x.py\n@@ -1 +1,400000 @@\n-x = 1\n" + b"+x = 2\n" * 400_000,
}


def test_what_is_no_safe_diff_is_refused_at_once(sigma: Command) -> None:
    said = {
        name: sigma.refused(4, "propose", "--project", "shop", "--diff", "-", stdin=diff)
        for name, diff in REFUSED.items()
    }
    assert all(len(sentence) < 200 for sentence in said.values()), said
    assert sigma.json("proposals")["proposals"] == []


def test_a_diff_that_cannot_be_read_or_a_bad_title_is_invalid(sigma: Command, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        answer = sigma("propose", "--project", "shop", "--diff", path, "--json", code=2)
        assert answer.complaint["fields"].keys() == {"diff"}
    good = HEAD.format("a/x.py", "b/x.py").encode()
    for title in ("", "  ", "x" * 201, "two\nlines", "\x1b[31mred"):
        answer = sigma("propose", "--project", "shop", "--diff", "-", f"--title={title}", "--json", stdin=good, code=2)
        assert answer.complaint["fields"].keys() == {"title"}
    sigma.refused(2, "propose", "--project", "shop", "--diff", "-", "--title", b"\xff", stdin=good)
    assert propose(sigma, good.decode(), "--title", "é" * 200) == "1"


def test_the_same_change_is_the_same_proposal_whatever_wrote_the_diff(sigma: Command, checkout: Checkout) -> None:
    by_git = checkout.diff("m.py", BETTER)
    plain = by_git[by_git.index("--- ") :].replace(" @@ ", " @@ whatever ")
    first = propose(sigma, by_git)
    assert propose(sigma, plain, "--title", "The same") == first
    assert propose(sigma, checkout.diff("m.py", MODULE.replace("n // 3", "int(n) // 3"))) != first
    (shown,) = (each for each in sigma.json("proposals")["proposals"] if str(each["proposal_id"]) == first)
    assert (shown["origin"], shown["state"], shown["files"]) == ("operator", "waiting", ["m.py"])


@pytest.mark.sandbox
def test_an_approved_change_becomes_a_branch_and_nothing_else_is_touched(sigma: Command, checkout: Checkout) -> None:
    number = propose(sigma, checkout.diff("m.py", BETTER), "--title", "Häve more ints!")
    sigma.refused(4, "apply", number)
    sigma.refused(4, "approve", number)
    (checkout.path / "m.py").write_text(MODULE + "# under way\n")
    (checkout.path / "x.py").write_text("x = 3\n")
    checkout.git("add", "x.py")
    before, status = checkout.fingerprint(), checkout.git("status", "--porcelain=v2", "--branch")

    judged = sigma.json("verify", number)
    assert judged["decision"] == "approved", judged["reasons"]
    assert judged["scores"].keys() == {"architect", "reviewer", "tester", "security", "optimizer"}
    assert judged["evidence"]["tests"]["after"]["counts"]["passed"] == 2
    applied = sigma.json("apply", number)
    assert applied["branch"] == f"sigma/{number}-h-ve-more-ints"
    assert sigma.json("apply", number) == applied

    assert checkout.fingerprint() == before
    assert checkout.git("status", "--porcelain=v2", "--branch") == status
    assert checkout.git("rev-parse", applied["branch"]) == applied["commit"]
    assert checkout.git("show", f"{applied['branch']}:m.py") + "\n" == BETTER
    assert checkout.git("diff", "--name-only", "main", applied["branch"]) == "m.py"
    assert checkout.git("log", "-1", "--format=%an %s", applied["branch"]) == "SIGMA Häve more ints!"
    for refused in ("approve", "reject", "verify"):
        sigma.refused(4, refused, number)
    checkout.git("checkout", "-q", "--", "m.py")
    checkout.git("merge", "-q", applied["branch"])
    sigma.refused(4, "verify", number)
    shown = sigma.json("proposal", number)["proposal"]
    assert (shown["state"], shown["predecessor_id"], shown["successor_id"]) == ("applied", None, None)


@pytest.mark.sandbox
def test_a_change_that_is_to_keep_the_behaviour_is_rejected_where_a_call_differs(
    sigma: Command, checkout: Checkout
) -> None:
    diff = checkout.diff("m.py", MODULE.replace("n // 2", "int(n / 2)"))
    number = propose(sigma, diff)
    assert propose(sigma, diff, "--keeps-behaviour") == number
    judged = sigma.json("verify", number)
    said = "half with n=-1: returns -1 before, returns 0 after."
    assert judged["decision"] == "rejected"
    assert judged["reasons"] == [f"Does not keep the behaviour, as is said of it: {said}"]
    shown = sigma.json("proposal", number)["proposal"]
    assert shown["keeps_behaviour"] is True
    assert shown["evidence"]["differential"]["state"] == "differs"
    assert shown["evidence"]["differential"]["counterexample"]["arguments"] == "n=-1"
    assert f"old against new  differs: {said}" in sigma("proposal", number).out


@pytest.mark.sandbox
def test_an_approval_holds_for_the_base_it_was_verified_on(sigma: Command, checkout: Checkout) -> None:
    number = propose(sigma, checkout.diff("m.py", BETTER))
    sigma.json("verify", number)
    moved = checkout.commit({"other.py": "y = 1\n"})
    assert moved[:8] in sigma.refused(4, "apply", number)
    assert checkout.git("branch", "--list", "sigma/*") == ""
    assert sigma.json("verify", number)["evidence"]["base_commit"] == moved
    branch = f"sigma/{number}-change-m-py"
    checkout.git("branch", branch, "main~1")
    assert branch in sigma.refused(4, "apply", number)
    checkout.git("branch", "-D", branch)
    checkout.git("branch", "sigma")
    assert branch in sigma.refused(4, "apply", number)
    checkout.git("branch", "-D", "sigma")
    assert sigma.json("apply", number)["branch"] == branch


@pytest.mark.sandbox
def test_a_change_that_breaks_a_test_is_rejected_and_overruling_needs_a_reason(
    sigma: Command, checkout: Checkout
) -> None:
    number = propose(sigma, checkout.diff("m.py", MODULE.replace("n // 2", "n // 2 + 1")))
    judged = sigma.json("verify", number)
    assert judged["decision"] == "rejected"
    assert "test_half" in judged["reasons"][0]
    sigma.refused(4, "apply", number)
    for empty in ((), ("--reason", " ")):
        assert sigma("approve", number, *empty, "--json", code=2).complaint["fields"].keys() == {"reason"}
    assert sigma.json("approve", number, "--reason", "the test is wrong")["decision"] == "approved"
    assert sigma("reject", number, "--json", code=2).complaint["fields"].keys() == {"reason"}
    assert sigma.json("reject", number, "--reason", "no, it is right")["decision"] == "rejected"
    decisions = sigma.json("proposal", number)["proposal"]["decisions"]
    assert {decision["decided_by"] for decision in decisions} == {"committee", "person"}


def test_a_rejection_tells_why_and_holds_only_for_the_state_that_was_expected(
    sigma: Command, checkout: Checkout
) -> None:
    number = propose(sigma, checkout.diff("m.py", BETTER))
    sigma("comment", number, "why so?")
    sigma("assign", number, "ann")
    told = sigma.json("proposal", number)["proposal"]
    assert (told["assignee"], [each["text"] for each in told["comments"]]) == ("ann", ["why so?"])
    assert int(number) in {each["proposal_id"] for each in sigma.json("proposals", "--assignee", "ann")["proposals"]}
    assert "tell why it is rejected" in sigma.refused(2, "reject", number)
    assert "was needs human and is waiting" in sigma.refused(
        4, "reject", number, "--reason", "no", "--expect", "needs_human"
    )
    assert sigma("reject", number, "--reason", "no", "--expect", "odd", "--json", code=2).complaint["fields"]["expect"]
    assert sigma.json("reject", number, "--reason", "no", "--expect", "waiting")["decision"] == "rejected"
    refused = sigma.refused(4, "approve", number, "--reason", "yes", "--expect", "waiting")
    assert "was waiting and has been rejected by" in refused
    assert "(no)" in refused


@pytest.mark.sandbox
def test_nobody_approves_what_does_not_apply(sigma: Command, checkout: Checkout) -> None:
    number = propose(sigma, HEAD.format("a/m.py", "b/m.py"))
    assert sigma.json("verify", number)["decision"] == "rejected"
    sigma.refused(4, "approve", number, "--reason", "I want it")


def test_an_exported_patch_is_taken_by_git(sigma: Command, checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"Räume & Co/ü b.py": "x = 1", "gone.py": "z = 1\n"})
    (checkout.path / "Räume & Co/ü b.py").write_text("x = 2\n")
    (checkout.path / "gone.py").unlink()
    (checkout.path / "new.py").write_text("new = 1\n")
    checkout.git("add", "-A")
    whole = checkout.git("diff", "--cached", "--no-renames") + "\n"
    checkout.git("reset", "-q", "--hard")
    number = propose(sigma, whole)
    patch = tmp_path / "p.patch"
    patch.write_text(sigma("export", number).out)
    checkout.git("apply", "--check", str(patch))
    assert sigma.json("export", number)["patch"] == patch.read_text()


def test_what_a_diff_says_does_not_steer_the_terminal(sigma: Command) -> None:
    diff = HEAD.format("a/x.py", "b/x.py").replace("x = 2", "x = '\x1b]0;owned\x07'")
    number = propose(sigma, diff)
    assert "\x1b" not in sigma("proposal", number).out
    assert "\x1b" in sigma("export", number).out


def test_a_diff_from_a_pipe_that_is_no_file_is_read(sigma: Command, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = sigma.start("propose", "--project", "shop", "--diff", pipe)
    pipe.write_text(HEAD.format("a/x.py", "b/x.py"))
    assert process.communicate(timeout=120)[1] == b""
    assert process.returncode == 0
