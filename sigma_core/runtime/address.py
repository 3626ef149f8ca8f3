"""Where console and API may listen: on this machine alone, as long as others would not have to tell who they are."""

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
            f"Nobody has to tell who they are, so SIGMA listens on this machine alone, not on "
            f"{host or 'every address'}. "
            "For others, the console needs SIGMA_OIDC_ISSUER and the API SIGMA_API_TOKEN. Else leave SIGMA_HOST at "
            "127.0.0.1; from elsewhere it is reached through a tunnel: ssh -L 8501:127.0.0.1:8501."
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
