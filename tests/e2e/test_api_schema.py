"""Every operation of the API keeps what its OpenAPI description promises, whatever it is sent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.api_server import OPERATOR, api_server
from fakes.checkout import Checkout
from fakes.command import Command

PHASES = {"sqlite": ("coverage,fuzzing", "2"), "postgresql": ("fuzzing", "1")}
"""Where the store makes no difference it is asked less."""
APART = Path(sys.prefix) / "apart"
"""Where it is installed, with its plug-in that no other run of pytest is to load."""
LEFT_OUT = "positive_data_acceptance"
"""A schema cannot say all that a service asks for: that a path is a repository, that a worker exists."""


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_no_request_is_answered_otherwise_than_described(
    store: str, request: pytest.FixtureRequest, tmp_path: Path, home: Path
) -> None:
    settings = {"SIGMA_SANDBOX": "none"}
    phases, examples = PHASES[store]
    if store == "postgresql":
        settings["SIGMA_DATABASE_URL"] = request.getfixturevalue("postgresql_home_url")
    checkout = Checkout(tmp_path / "shop", {"m.py": "import os\n\n\ndef f(x=[]):\n    return x\n"})
    sigma = Command(home, **settings)
    sigma("project", "add", checkout.path)
    sigma("run", "--worker", "analysis")
    with api_server(home, **settings) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/openapi.json", "--url", f"{url}/api"),
                *("--checks", "all", "--exclude-checks", LEFT_OUT, "--phases", phases),
                *("--max-examples", examples, "--rate-limit", "90/s", "--generation-deterministic", "--no-color"),
                *("-H", f"Authorization: Bearer {OPERATOR}"),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(APART)},
            check=False,
        )
    assert done.returncode == 0, done.stdout
