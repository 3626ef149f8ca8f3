"""What on this machine forbids the namespaces that bubblewrap needs, and the command that allows them."""

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
SWITCHES = (
    ("user.max_user_namespaces", "0", "10000"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    (APPARMOR, "1", "0"),
)
"""Name, the value that forbids, the value that allows."""
CAPABILITIES = {"SYS_ADMIN": 21, "NET_ADMIN": 12, "SETUID": 7, "SETGID": 6}
"""What root needs for the outer sandbox, by the kernel's number."""
UNCONFINED = ("seccomp", "apparmor", "systempaths")


@dataclass(frozen=True)
class Confinement:
    """How this process is confined: switches that are closed, a filter over system calls, what root is without."""

    switches: tuple[tuple[str, str], ...]
    filtered: bool
    lacking: tuple[str, ...]

    def mend(self) -> str:
        """One sentence with the command. Several may be needed: the first is what is told until it is done."""
        if self.switches:
            return _opening(self.switches)
        if self.filtered or self.lacking:
            return _container(self.lacking)
        return "The kernel or a security module forbids namespaces: `dmesg` or `journalctl -k` tells which."


def confinement(*, as_root: bool, proc: Path = PROC) -> Confinement:
    """Read it from the kernel."""
    status = dict(line.split(":", 1) for line in (proc / "self/status").read_text().splitlines() if ":" in line)
    held = int(status["CapEff"], 16)
    lacking = tuple(name for name, bit in CAPABILITIES.items() if as_root and not held >> bit & 1)
    return Confinement(
        switches=tuple((name, opened) for name, closed, opened in SWITCHES if _value(proc, name) == closed),
        filtered=status.get("Seccomp", "0").strip() == "2",
        lacking=lacking,
    )


def _value(proc: Path, name: str) -> str:
    file = proc.joinpath("sys", *name.split("."))
    return file.read_text().strip() if file.exists() else ""


def _opening(switches: tuple[tuple[str, str], ...]) -> str:
    settings = " ".join(f"{name}={value}" for name, value in switches)
    who = "AppArmor forbids" if switches[0][0] == APPARMOR else "The kernel is set to forbid"
    return (
        f"{who} user namespaces: `sudo sysctl -w {settings}` allows them until the next start, "
        "the same lines in /etc/sysctl.d/60-sigma.conf for good."
    )


def _container(lacking: tuple[str, ...]) -> str:
    allowed = [f"--cap-add {name}" for name in lacking]
    options = [*allowed, *(f"--security-opt {name}=unconfined" for name in UNCONFINED)]
    return (
        "This container or service forbids namespaces: start it anew with them allowed, "
        f"e.g. `docker run {' '.join(options)} …`."
    )
