"""Who the console speaks to, over real sockets: names, origins, frames, addresses."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from servers import ROOT, console, free_port

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Iterator[int]:
    home = new_home(tmp_path_factory.mktemp("gate") / "home")
    with console(home, SIGMA_ALLOWED_HOSTS="sigma.example, other.example") as url:
        yield urlsplit(url).port or 0


def status(port: int, *lines: str, path: str = "/_stcore/health", upgrade: bool = False) -> int:
    """Of the answer to a request with exactly these headers."""
    head = "".join(f"{line}\r\n" for line in lines)
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{head}{UPGRADE if upgrade else ''}\r\n".encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def own(port: int) -> list[list[str]]:
    names = ("127.0.0.1", "localhost", "LOCALHOST", "[::1]", "sigma.example", "other.example")
    return [
        *([f"Host: {name}:{port}"] for name in names),
        ["Host: localhost"],
        [f"Host: localhost:{port}", f"Origin: http://localhost:{port}"],
        ["Host: sigma.example", "Origin: https://sigma.example"],
    ]


def strange(port: int) -> list[list[str]]:
    hosts = (
        f"evil.example:{port}",
        "evil.example",
        "192.0.2.7",
        "localhost.evil.example",
        "evil.localhost",
        "",
        f"127.0.0.1:{port}@evil.example",
        "*",
        "sigma.example.",
    )
    origins = ("http://evil.example", f"http://localhost:{port + 1}", "null", f"http://127.0.0.1:{port}", "")
    return [
        *([f"Host: {host}"] for host in hosts),
        *([f"Host: localhost:{port}", f"Origin: {origin}"] for origin in origins),
        [f"Host: evil.example:{port}", f"Origin: http://evil.example:{port}"],
        [f"Host: localhost:{port}", f"Origin: http://localhost:{port}", "Origin: http://evil.example"],
    ]


def test_pages_are_given_to_own_names_only(port: int) -> None:
    assert [status(port, *lines) for lines in own(port)] == [200] * len(own(port))
    for path in ("/", "/_stcore/health", "/proposals", "/app/static/fonts/inter-latin-wght-normal.woff2"):
        found = {tuple(lines): status(port, *lines, path=path) for lines in strange(port)}
        assert set(found.values()) <= {400, 403}, found


def test_a_page_whose_name_was_rebound_gets_no_websocket(port: int) -> None:
    for lines in own(port):
        assert status(port, *lines, path="/_stcore/stream", upgrade=True) == 101, lines
    for lines in strange(port):
        assert status(port, *lines, path="/_stcore/stream", upgrade=True) in {400, 403}, lines


@pytest.mark.parametrize(("host", "code"), [("127.0.0.1", 200), ("evil.example", 403)])
def test_no_page_puts_it_in_a_frame(port: int, host: str, code: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/", headers={"Host": host})
    answer = connection.getresponse()
    assert answer.status == code
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    connection.close()


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_started_by_hand_it_listens_for_nobody_else(home: Path, address: str) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(free_port())]
    done = subprocess.run(
        [*command, "--server.address", address],
        cwd=ROOT,
        env={**os.environ, "SIGMA_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 4
    assert f"not on {address}" in done.stderr


def test_by_whatever_server_it_answers_over_loopback_alone(home: Path) -> None:
    own_address = _outward()
    if own_address is None:
        pytest.skip("this machine has loopback only")
    command = (sys.executable, "-m", "uvicorn", "app:app", "--host", "0.0.0.0", "--port")
    port = free_port()
    with console(home, *command, str(port), port=port):
        connection = http.client.HTTPConnection(own_address, port, timeout=120)
        connection.request("GET", "/_stcore/health", headers={"Host": "localhost"})
        assert connection.getresponse().status == 403
        connection.close()


def _outward() -> str | None:
    """An address of this machine that others may reach; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address
