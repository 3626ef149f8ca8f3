"""`scheduler.py` as an operator starts it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sigma_core.database import Database
from sigma_core.runtime.executors import Executors

SCHEDULER = Path(__file__).resolve().parents[2] / "scheduler.py"


def start(home: Path, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCHEDULER), "--home", str(home)],
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_shows_itself_alive_and_ends_with_zero_on_sigterm_leaving_no_trace_of_itself(tmp_path: Path) -> None:
    with start(tmp_path, SIGMA_HEARTBEAT_S="0.5") as process:
        executors = wait_for_executors(tmp_path, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert executors.alive(60) == []


def test_a_setting_it_cannot_read_is_named_and_ends_it(tmp_path: Path) -> None:
    with start(tmp_path, SIGMA_RUN_LEASE_S="soon") as process:
        _, complaint = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "SIGMA_RUN_LEASE_S" in complaint
    assert "Traceback" not in complaint


def wait_for_executors(home: Path, process: subprocess.Popen[str]) -> Executors:
    log, until = home / "logs" / "scheduler.jsonl", time.monotonic() + 120
    while not (log.exists() and "Ready" in log.read_text()):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.1)
    executors = Executors(Database(f"sqlite:///{home / 'sigma.db'}"))
    assert [executor.pid for executor in executors.alive(60, "scheduler")] == [process.pid]
    return executors
