"""Attacks on doors of the kernel that no test suite needs and through which sandboxes are left."""

from sigma_core.projects.sandbox.attacks.model import Attack

KERNEL = (
    Attack(
        "odd sockets",
        "open sockets that are not of this machine's own network",
        """
import socket
ordinary = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
def opened(family, kind, protocol=0):
    try:
        socket.socket(family, kind, protocol).close()
        return True
    except OSError:
        return False
for family in range(1, 64):
    if family not in ordinary and any(opened(family, kind) for kind in kinds):
        print("BREACH opened a socket of family", family)
for protocol in range(1, 32):
    if opened(socket.AF_NETLINK, socket.SOCK_RAW, protocol):
        print("BREACH opened netlink", protocol)
socket.socket(socket.AF_UNIX).close()
socket.socketpair()
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
print("TRIED")
""",
    ),
    Attack(
        "closed calls",
        "reach calls of the kernel that load code, trace, mount or keep keys",
        """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for name, number in HOST["calls"].items():
    # no pointer is valid and no flag is known: a kernel that looks at them says so
    if libc.syscall(number, *[ctypes.c_long(-1)] * 6) != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
        print("BREACH reached", name)
print("TRIED")
""",
    ),
    Attack(
        "namespaces by every door",
        "make any namespace of its own",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
kinds = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000,
         "pid": 0x20000000, "net": 0x40000000, "time": 0x80}
for name, flag in kinds.items():
    if libc.unshare(flag) == 0:
        print("BREACH made a namespace:", name)
if HOST["clone"] is not None:
    child = libc.syscall(HOST["clone"], *map(ctypes.c_long, (0x10000000 | 17, 0, 0, 0, 0)))
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
        print("BREACH made a process in a user namespace")
print("TRIED")
""",
    ),
)
