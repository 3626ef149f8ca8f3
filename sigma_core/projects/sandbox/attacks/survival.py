"""Attacks on the end: outliving the run or refusing to end. Whatever is left is found by its mark."""

from dataclasses import replace

from sigma_core.projects.sandbox.attacks.model import EVERY_GRADE, SMALL, Attack, was_stopped
from sigma_core.projects.sandbox.model import ExecutionEnding

SURVIVAL = (
    Attack(
        "daemon",
        "outlive its run",
        """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(300)
print("TRIED")
""",
        promised=EVERY_GRADE,
    ),
    Attack(
        "deaf to signals",
        "outlast the clock by ignoring every signal",
        """
import signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
while True:
    time.sleep(300)
""",
        judge=was_stopped(ExecutionEnding.TIMEOUT),
        promised=EVERY_GRADE,
        limits=replace(SMALL, wall_s=0.7),
    ),
)
