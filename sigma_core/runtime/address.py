"""Where the console may listen: on this machine alone, as long as it has no sign-in."""

import ipaddress
import socket

from sigma_core.errors import Forbidden


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches that numeric address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def refuse_open(host: str) -> None:
    """Raises `Forbidden` for an address that others can reach, or a name that may stand for one."""
    if not _is_own(host):
        raise Forbidden(
            f"The console has no sign-in, so it listens on this machine alone, not on {host or 'every address'}. Leave "
            "SIGMA_HOST at 127.0.0.1; from elsewhere it is reached through a tunnel: ssh -L 8501:127.0.0.1:8501."
        )


def _is_own(host: str) -> bool:
    if is_loopback(host):
        return True
    try:
        found = {str(where[0]) for *_, where in socket.getaddrinfo(host, None)} if host else set()
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(map(is_loopback, found))


def authority(host: str, port: int) -> str:
    """Both as an address holds them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
