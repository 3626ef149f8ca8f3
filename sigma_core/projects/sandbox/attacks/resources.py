"""Attacks on memory, processes, disk and output."""

from dataclasses import replace

from sigma_core.projects.sandbox.attacks.model import EVERY_GRADE, SMALL, Attack, was_stopped
from sigma_core.projects.sandbox.model import ExecutionEnding

RESOURCES = (
    Attack(
        "fork until refused",
        "start more processes than allowed",
        """
import os, signal
count = 0
try:
    while count < 200:
        if not os.fork():
            signal.pause()
        count += 1
except OSError:
    pass
print("BREACH", count, "processes") if count > HOST["processes"] else print("TRIED", count)
""",
        promised=EVERY_GRADE,
    ),
    Attack(
        "fork bomb",
        "outlast the clock or leave processes behind by multiplying",
        """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        judge=was_stopped(ExecutionEnding.TIMEOUT, ExecutionEnding.MEMORY),
        promised=EVERY_GRADE,
        limits=replace(SMALL, wall_s=1.0),
    ),
    Attack(
        "memory",
        "take more memory than allowed",
        """
held = []
for _ in range(100):
    held.append(b"x" * (10 << 20))
print("BREACH took 1000 MiB")
""",
        judge=was_stopped(ExecutionEnding.MEMORY),
        promised=EVERY_GRADE,
    ),
    Attack(
        "memory in children",
        "take more memory than allowed, and keep it, by spreading it over processes",
        """
import os, signal, time
taken, told = os.pipe()
for _ in range(25):
    if not os.fork():
        held = b"x" * (40 << 20)
        os.write(told, b"x")
        signal.pause()
for _ in range(25):
    os.read(taken, 1)
time.sleep(0.5)
print("BREACH took 1000 MiB in 25 children", flush=True)
""",
        judge=was_stopped(ExecutionEnding.MEMORY),
        promised=EVERY_GRADE,
    ),
    Attack(
        "memory in nameless files",
        "take more memory than allowed in files that have no name",
        """
import os
import time
file = os.memfd_create("hidden")
try:
    for _ in range(100):
        os.write(file, b"x" * (10 << 20))
    time.sleep(0.5)
    print("BREACH took 1000 MiB")
except OSError:
    print("TRIED")
""",
        judge=was_stopped(ExecutionEnding.MEMORY, ExecutionEnding.DISK),
    ),
    Attack(
        "one big file",
        "write more than the disk allowed",
        """
for place in HOST["scratch"]:
    try:
        with open(place + "/big", "wb") as file:
            for _ in range(40):
                file.write(b"x" * (4 << 20))
        import time
        time.sleep(1)
        print("BREACH 160 MiB in", place)
    except OSError:
        pass
print("TRIED")
""",
        judge=was_stopped(ExecutionEnding.DISK, ExecutionEnding.MEMORY),
        promised=EVERY_GRADE,
    ),
    Attack(
        "shared folders",
        "fill the machine's shared temporary folders",
        """
import os
for place in ("/tmp", "/var/tmp", "/dev/shm"):
    try:
        with open(place + "/" + HOST["mark"], "wb") as file:
            for _ in range(40):
                file.write(b"x" * (4 << 20))
        print("BREACH 160 MiB in", place)
    except OSError:
        pass
    finally:
        if os.path.exists(place + "/" + HOST["mark"]):
            os.unlink(place + "/" + HOST["mark"])
print("TRIED")
""",
        judge=was_stopped(ExecutionEnding.MEMORY),
    ),
    Attack(
        "many small files",
        "write more than the disk allowed by spreading it over files",
        """
try:
    for number in range(160000):
        with open(f"small-{number}", "wb") as file:
            file.write(b"x" * 4096)
    print("BREACH 640 MiB in 160000 files")
except OSError:
    print("TRIED", number)
""",
        judge=was_stopped(ExecutionEnding.DISK, ExecutionEnding.MEMORY),
        promised=EVERY_GRADE,
    ),
    Attack(
        "many empty files",
        "use up memory or disk by files that hold nothing",
        """
import os
try:
    for number in range(400000):
        os.mknod(f"empty-{number}")
    print("BREACH 400000 files")
except OSError:
    print("TRIED", number)
""",
        judge=was_stopped(ExecutionEnding.DISK, ExecutionEnding.MEMORY, ExecutionEnding.TIMEOUT),
        promised=EVERY_GRADE,
    ),
    Attack(
        "flood of output",
        "fill memory or disk by printing",
        """
while True:
    print("x" * 1000)
""",
        judge=was_stopped(ExecutionEnding.OUTPUT),
        promised=EVERY_GRADE,
    ),
)
