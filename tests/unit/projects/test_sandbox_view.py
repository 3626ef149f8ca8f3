"""What is mounted in the sandbox, and how its pipes are read."""

import os
from pathlib import Path

import pytest

from sigma_core.errors import Invalid
from sigma_core.projects.sandbox import Request
from sigma_core.projects.sandbox.capture import Capture
from sigma_core.projects.sandbox.users import unprivileged_uids
from sigma_core.projects.sandbox.view import view_options


@pytest.mark.parametrize("path", ["/", "relative", "/home/../etc"])
def test_a_path_that_would_cover_the_machine_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        view_options(Request(("true",), tmp_path, Path(path)), {}, {})


def test_an_environment_inside_the_checkout_is_mounted_over_it(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".venv").mkdir(parents=True)
    options = view_options(Request(("true",), tmp_path, checkout, readable=(checkout / ".venv",)), {}, {})
    mounted = [options[place + 1] for place, word in enumerate(options) if word == "--tmpfs"]
    assert str(checkout) in mounted
    assert options.index("--tmpfs", options.index("--perms")) < options.index(str(checkout / ".venv"))


@pytest.mark.skipif(not Path("/usr/src").is_dir(), reason="there is nothing to hide")
def test_a_checkout_and_its_environment_are_seen_where_sources_are_hidden(tmp_path: Path) -> None:
    checkout = Path("/usr/src/app")
    options = view_options(Request(("true",), tmp_path, checkout, readable=(Path("/usr/src"),)), {}, {})
    hidden, seen, ours = (options.index(word) for word in ("/usr/src", "--ro-bind", str(checkout)))
    assert options[hidden - 1] == "--tmpfs"
    assert hidden < ours
    assert options[seen : seen + 3] == ["--ro-bind", "/usr", "/usr"]


def test_the_beginning_and_the_end_of_an_output_are_kept() -> None:
    read, write = os.pipe()
    capture = Capture(read, head=5, tail=5, flood_at=1000)
    os.write(write, b"begin" + b"x" * 2000 + b"ended")
    os.close(write)
    assert capture.finish() == "begin\n… 2000 bytes dropped …\nended".encode()
    assert capture.flooded


def test_users_of_two_processes_never_meet() -> None:
    ours, theirs = unprivileged_uids(4_194_303), unprivileged_uids(4_194_302)
    first = {next(ours) for _ in range(300)}
    assert not first & {next(theirs) for _ in range(300)}
    assert max(first) < 2**31
