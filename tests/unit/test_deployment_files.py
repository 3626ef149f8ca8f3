"""What lies in `deploy/` fits what it deploys."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from sigma_core.cli.commands import app
from sigma_core.settings import Settings, environment_name

TREE = Path(__file__).parents[2]
DEPLOY = TREE / "deploy"
SANDBOX_NEEDS = ("seccomp", "apparmor", "systempaths")
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands}


def test_the_lock_holds_what_is_asked_for_each_with_its_digests() -> None:
    locked: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\w)", (DEPLOY / "requirements.lock").read_text()):
        pinned = Requirement(entry.split(" \\")[0])
        (exactly,) = pinned.specifier
        assert exactly.operator == "=="
        assert "--hash=sha256:" in entry, pinned
        locked.setdefault(pinned.name, set()).add(exactly.version)
    extras = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    # What verifiers need is set up by the files beside it
    asked = [Requirement(line) for line in (TREE / "requirements.txt").read_text().splitlines()]
    asked += map(Requirement, extras["procrastinate"])
    unfit = [str(each) for each in asked if not any(map(each.specifier.contains, locked.get(each.name, ())))]
    assert unfit == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_units_are_what_systemd_reads(tmp_path: Path) -> None:
    units = []
    for unit in sorted(DEPLOY.glob("*.service")):
        text = unit.read_text().replace("/opt/sigma/bin", str(Path(sys.executable).parent))
        units.append(tmp_path / unit.name)
        units[-1].write_text(text.replace("/opt/sigma/docs", str(TREE / "docs")))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_start_commands_that_exist_and_forbid_nothing_that_the_sandbox_needs() -> None:
    for unit in DEPLOY.glob("*.service"):
        told = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and line[0] != "#")
        command = told["ExecStart"].split()[1]
        assert command in COMMANDS
        if command != "serve":
            forbids = {
                "ProtectKernelTunables",
                "ProtectKernelLogs",
                "ProtectProc",
                "RestrictNamespaces",
                "PrivateUsers",
            }
            assert not forbids & told.keys()
            assert told["Delegate"] == "yes"


def test_the_container_files_name_what_is_there() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    known = {environment_name(name) for name in Settings.model_fields}
    for name in ("scheduler", "verifier", "api"):
        assert services[name]["command"][0] in COMMANDS
        assert services[name]["environment"].keys() <= known
        assert set(services[name]["depends_on"]) <= services.keys()
    for name in ("scheduler", "verifier"):
        assert services[name]["security_opt"] == [f"{each}=unconfined" for each in SANDBOX_NEEDS]
    context = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    shown = [line[1:] for line in context if line.startswith("!")]
    assert [path for path in shown if not (TREE / path).exists()] == []
    # All that a wheel is made of
    assert {*re.findall(r'"([\w.]+)"', (TREE / "setup.py").read_text().split("BESIDE = ")[1].split(")")[0])} <= set(
        shown
    )
    operations = (TREE / "docs" / "operations.md").read_text()
    assert all(f"--security-opt {each}=unconfined" in operations for each in SANDBOX_NEEDS)
