"""Whole cycles on real commits through the real command: issues live and die, nothing is done twice, nobody is hurt."""

import re
import signal
import time
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import UNATTACKED, Command
from fakes.leftovers import processes_that_name
from fakes.patience import until
from fakes.small_repository import QUICK

FLAW = "def f(x=[]):\n    return list(x)\n"
TESTS = "import m\n\n\ndef test_f():\n    assert m.f() == [] != m.f([1])\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"m.py": FLAW, "test_m.py": TESTS})


@pytest.fixture
def sigma(home: Path, checkout: Checkout) -> Command:
    command = Command(home)
    command("project", "add", checkout.path, "--test-command", QUICK)
    return command


def lives(sigma: Command) -> dict[str, tuple[str, int]]:
    """Fingerprint → state and line of the mutable defaults."""
    return {
        issue["fingerprint"]: (issue["state"], issue["line"])
        for issue in sigma.json("issues")["issues"]
        if issue["rule"] == "B006"
    }


def test_an_issue_survives_shifts_and_is_fixed_reopened_and_ignored_by_commits(
    sigma: Command, checkout: Checkout
) -> None:
    def analysed(text: str) -> dict[str, tuple[str, int]]:
        checkout.commit({"m.py": text})
        sigma.json("run", "--worker", "analysis")
        return lives(sigma)

    sigma.json("run", "--worker", "analysis")
    ((fingerprint, first),) = lives(sigma).items()
    assert first == ("open", 1)
    assert analysed("# one\n# two\n\n" + FLAW) == {fingerprint: ("open", 4)}
    assert analysed("def f(x=None):\n    return x or []\n")[fingerprint][0] == "fixed"
    assert analysed("# back\n" + FLAW) == {fingerprint: ("reopened", 2)}
    assert sigma.json("issues", "--state", "reopened")["issues"][0]["fingerprint"] == fingerprint
    (issue,) = [each for each in sigma.json("issues")["issues"] if each["fingerprint"] == fingerprint]
    sigma.refused(2, "ignore", issue["issue_id"], "--reason", " ")
    sigma.refused(3, "ignore", "999", "--reason", "meant so")
    assert sigma.json("ignore", issue["issue_id"], "--reason", "meant so")["state"] == "ignored"
    assert analysed("# once more\n\n" + FLAW) == {fingerprint: ("ignored", 3)}
    assert analysed("def f(x=None):\n    return x or []\n")[fingerprint][0] == "ignored"
    assert sigma.json("unignore", issue["issue_id"])["state"] == "reopened"
    sigma.refused(4, "unignore", issue["issue_id"])


@pytest.mark.sandbox
def test_a_second_run_on_an_unchanged_repository_does_nothing_twice(sigma: Command, checkout: Checkout) -> None:
    before = checkout.fingerprint()
    first = sigma.json("run")
    assert {run["status"] for run in first["runs"]} == {"success"}
    assert [run["worker"] for run in first["runs"]] == ["analysis", "dream", "think", "learning", "recall", "dreamer"]
    assert sum(first["decisions"].values()) == first["proposals"] > 0
    issues, proposals = sigma.json("issues"), sigma.json("proposals")

    second = sigma.json("run")
    workers = [run for run in second["runs"] if run["worker"] != "dreamer"]  # which reports on every cycle
    assert {(run["produced"], run["published"]) for run in workers} == {(0, 0)}
    assert (sigma.json("issues"), sigma.json("proposals")) == (issues, proposals)
    assert second["proposals"] == first["proposals"]
    assert checkout.fingerprint() == before
    assert checkout.git("branch", "--list", "sigma/*") == ""


def test_a_worker_that_fails_fails_the_command_and_is_told_in_its_line(sigma: Command, checkout: Checkout) -> None:
    checkout.path.rename(checkout.path.with_name("away"))
    answer = sigma("run", "--worker", "analysis", code=1)
    assert str(checkout.path) in answer.out
    assert len(answer.out.splitlines()) == 3


def test_what_the_tests_cannot_import_is_said_after_the_cycle_and_by_the_doctor(
    sigma: Command, checkout: Checkout
) -> None:
    assert "not importable" not in sigma("run", "--worker", "analysis").out
    checkout.commit({"src/app/__init__.py": "", "test_app.py": "import app\n"})
    *_, line = sigma("run", "--worker", "analysis").out.splitlines()
    assert line.startswith("shop: ")
    assert "not importable: app. " in line
    assert "--install" in line
    doctor = Command(sigma.home, **UNATTACKED)("doctor", code=None).out
    assert re.search(r"✗ project shop .*not importable: app\n +→ .*--install", doctor)


@pytest.mark.sandbox
@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_recorded_and_its_slot_is_free(
    sigma: Command, checkout: Checkout, order: signal.Signals
) -> None:
    checkout.commit({"test_m.py": TESTS + "\n\ndef test_slow():\n    import time\n    time.sleep(20)\n"})
    sigma("run", "--worker", "analysis")
    sigma("run", "--worker", "dream")
    process = sigma.start("run", "--worker", "think")
    try:
        wait_for_cycle(sigma)
        process.send_signal(order)
        said = process.communicate(timeout=120)[1].decode()
    finally:
        process.kill()
    assert process.returncode == 130
    assert said == "sigma: Interrupted.\n"
    assert sigma.json("status")["totals"]["runs_waiting"] == 0
    assert {worker["worker"]: worker["last_status"] for worker in sigma.json("status")["workers"]}[
        "think"
    ] == "cancelled"
    assert all("sleep" not in line for line in processes_of(sigma))


@pytest.mark.sandbox
def test_a_terminated_verification_leaves_nothing(sigma: Command, checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"test_m.py": TESTS + "\n\ndef test_slow():\n    import time\n    time.sleep(60)\n"})
    sigma("run", "--worker", "analysis")
    sigma("run", "--worker", "dream")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    elsewhere = Command(sigma.home, TMPDIR=str(temporary))
    process = elsewhere.start("verify", sigma.json("proposals")["proposals"][0]["proposal_id"])
    try:
        until(lambda: any("probe/run.py" in line for line in processes_that_name(temporary)))
        process.terminate()
        said = process.communicate(timeout=120)[1].decode()
    finally:
        process.kill()
    assert (process.returncode, said) == (130, "sigma: Interrupted.\n")
    assert list(temporary.iterdir()) == []
    until(lambda: not processes_that_name(temporary), lambda: processes_that_name(temporary))


@pytest.mark.sandbox
def test_a_second_run_of_a_worker_waits_for_the_first(sigma: Command, checkout: Checkout) -> None:
    sigma("run", "--worker", "analysis")
    sigma("run", "--worker", "dream")
    first = sigma.start("run", "--worker", "think", "--json")
    wait_for_cycle(sigma)
    second = sigma.json("run", "--worker", "think")
    assert first.wait(120) == 0
    first.communicate()
    assert second["runs"][0]["produced"] == 0
    (shown,) = sigma.json("proposals", "--state", "approved")["proposals"]
    assert len(sigma.json("proposal", shown["proposal_id"])["proposal"]["decisions"]) == 1


def wait_for_cycle(sigma: Command) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        if re.search(r"^think +running", sigma("status").out, re.MULTILINE):
            return
    raise AssertionError(sigma("status").out)


def processes_of(sigma: Command) -> list[str]:
    """Command lines of what still runs with this home in it."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(sigma.home) in line:
            lines.append(line)
    return lines
