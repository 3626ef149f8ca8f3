"""Attacks on what lies outside: network, secrets, files, other processes, rights."""

from dataclasses import replace

from sigma_core.projects.sandbox.attacks.model import EVERY_GRADE, SMALL, Attack, was_stopped
from sigma_core.projects.sandbox.model import ExecutionEnding

REACH = (
    Attack(
        "network",
        "reach a server of this machine or any network",
        """
import socket
others = [name for _, name in socket.if_nameindex() if name != "lo"]
if others:
    print("BREACH sees", *others)
try:
    socket.create_connection(("127.0.0.1", HOST["port"]), 1)
    print("BREACH reached a server of the machine")
except OSError:
    pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 53))
    print("BREACH has a route to the internet")
except OSError:
    pass
print("TRIED")
""",
    ),
    Attack(
        "abstract socket",
        "reach a program of this machine by its abstract socket",
        """
import socket
try:
    socket.socket(socket.AF_UNIX).connect("\\0" + HOST["mark"])
    print("BREACH connected")
except OSError:
    print("TRIED")
""",
    ),
    Attack(
        "localhost inside",
        "be kept from a server of its own on 127.0.0.1",
        """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), 2).sendall(b"hello")
print("TRIED") if server.accept()[0].recv(5) == b"hello" else print("BREACH nothing came")
""",
        promised=EVERY_GRADE,
    ),
    Attack(
        "secrets",
        "read keys, home folders, password hashes or what lies beside the checkout",
        """
import os
os.symlink("/etc/shadow", "link")
places = ["/etc/shadow", "link", "/etc/sudoers", HOST["secret"], "/proc/kcore", "/dev/mem", "/dev/kmsg", "/dev/vda"]
for place in [*places, "/dev/sda"]:
    try:
        open(place, "rb").read(1)
        print("BREACH read", place)
    except OSError:
        pass
for place in [HOST["home"], HOST["home"] + "/.ssh", "/home", "/var/log", "/run", "/sys"]:
    try:
        names = os.listdir(place)
    except OSError:
        continue
    # folders on the way to what it may see exist, with nothing else in them
    if [name for name in names if not any(way.startswith(os.path.join(place, name)) for way in HOST["visible"])]:
        print("BREACH listed", place)
print("TRIED")
""",
    ),
    Attack(
        "environment",
        "see variables or open files of the program that started it",
        """
import os, pathlib
extra = set(os.environ) - set(HOST["variables"])
if extra:
    print("BREACH variables", *extra)
for number in os.listdir("/proc/self/fd"):
    try:
        target = os.readlink("/proc/self/fd/" + number)
    except OSError:
        continue
    if int(number) > 2 and not target.endswith("/fd"):
        print("BREACH open", target)
for file in pathlib.Path("/proc").glob("[0-9]*/environ"):
    try:
        names = {entry.partition("=")[0] for entry in file.read_text(errors="replace").split("\\0") if "=" in entry}
    except OSError:
        continue
    if names - set(HOST["variables"]):
        print("BREACH read", file)
print("TRIED")
""",
    ),
    Attack(
        "write outside",
        "write anything but its copy of the tree and its temporary folders",
        """
import os
os.symlink("/usr", "away")
places = ["/x", "/usr/x", "/etc/x", "/etc/passwd", "/dev/x", "/sigma/x", "/sigma/src/x", "away/x", "/root/x"]
for place in [*places, "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"]:
    try:
        open(place, "ab").close()
        print("BREACH opened", place)
    except OSError:
        pass
# beside the checkout there may be a temporary folder of its own: whether the machine's was changed is seen outside
for place in ["../x", HOST["secret"]]:
    try:
        open(place, "ab").write(b"x")
    except OSError:
        pass
print("TRIED")
""",
    ),
    Attack(
        "namespaces and mounts",
        "make namespaces of its own and mount unbounded folders in them",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000 | 0x20000) == 0:
    print("BREACH made a user namespace")
if libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0:
    print("BREACH mounted")
try:
    os.chroot("/tmp")
    print("BREACH changed root")
except OSError:
    pass
print("TRIED")
""",
    ),
    Attack(
        "other processes",
        "signal or trace processes outside",
        """
import ctypes, os
print("TRIED", flush=True)
try:
    os.kill(HOST["pid"], 0)
    print("BREACH may signal the program that started it", flush=True)
except OSError:
    pass
for number in (15, 9):
    try:
        os.kill(1, number)
    except OSError:
        pass
libc = ctypes.CDLL(None)
libc.ptrace(16, 1, 0, 0)
""",
        # attaching to the first process inside, where it is of the same user, hangs the run: the clock ends it
        judge=was_stopped(ExecutionEnding.TIMEOUT, ExecutionEnding.EXIT),
        limits=replace(SMALL, wall_s=1.5),
    ),
    Attack(
        "rights",
        "become another user or gain rights",
        """
import os, resource
def attempt(name, act, *words):
    try:
        act(*words)
        print("BREACH", name)
    except (OSError, ValueError):
        pass
attempt("became root", os.setuid, 0)
attempt("changed group", os.setgid, 0)
attempt("left its groups", os.setgroups, [0])
open("file", "w").close()
attempt("gave a file to root", os.chown, "file", 0, 0)
attempt("made a device", os.mknod, "device", 0o20666, os.makedev(1, 1))
attempt("lifted its limit", resource.setrlimit, resource.RLIMIT_NPROC, (-1, -1))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
if int(status["CapEff"], 16) or status["NoNewPrivs"].strip() != "1":
    print("BREACH has capabilities or may gain some")
print("TRIED")
""",
        promised=EVERY_GRADE,
    ),
)
