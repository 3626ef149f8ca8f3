"""A question in a process that has just started."""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

TIMES = 3


def first_answer(home: Path, question: str) -> None:
    """`sigma recall` from nothing: interpreter, database, vectors, embedder, answer."""
    wall, cpu = [], []
    for _ in range(TIMES):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "sigma_core", "recall", question, "--json"],
            check=True,
            capture_output=True,
            env={**os.environ, "SIGMA_HOME": str(home)},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - began)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(
        f"first recall after a cold start: {statistics.median(wall):.2f} s on the clock, "
        f"{statistics.median(cpu):.2f} s of CPU (goal < 2 s)"
    )
