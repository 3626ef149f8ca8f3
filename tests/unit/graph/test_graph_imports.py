"""What starts quickly does not load a graph database for it."""

import subprocess
import sys

HEAVY = {"graphiti_core", "neo4j", "falkordb", "redis"}


def test_neither_command_nor_pages_load_a_graph_database() -> None:
    code = (
        "import sys, sigma_core.cli.commands, sigma_core.runtime.build, sigma_core.runtime.doctor, "
        "sigma_core.console.frame; print(*(name for name in sys.modules if '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())
