"""Looking prompts up and filling them in, CPU time per call, in interleaved rounds of one run.

``python benchmarks/prompts.py [ROUNDS] [PYTHON]``. Lookups: warm on an idle store, warm while other connections commit,
after a label has moved, and cold. Filling in: our templates, `str.format` and a compiled, sandboxed Jinja2 template,
each given the same values; the whole of `Prompt.render` (checks, redaction, fences) stands beside for what it adds.
With PYTHON, an interpreter that has mlflow installed, MLflow's prompt registry on SQLite is asked in the same rounds.
"""

import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.loading import BuiltInLoader
from sigma_core.prompts.lookup import PromptLookup
from sigma_core.prompts.prompt_snapshot import PromptSnapshot
from sigma_core.prompts.render import Template
from sigma_core.runtime.all_tables import metadata

SLOT = "dream/error_fix"
VALUES = {
    "rule": "F401",
    "severity": "warning",
    "line": "12",
    "message": "`os` imported but unused",
    "file": "shop/cart.py",
    "first_line": "1",
    "code": "import os\nimport sys\n" * 40,
    "knowledge": "F401 was fixed 12 times.",
}
TYPED = {**VALUES, "line": 12, "first_line": 1}

PEER = """
import sys, tempfile, time
import mlflow
folder = tempfile.mkdtemp()
mlflow.set_tracking_uri(f"sqlite:///{folder}/m.db")
mlflow.set_registry_uri(f"sqlite:///{folder}/m.db")
text = sys.stdin.readline().strip().encode().decode("unicode_escape")
mlflow.genai.register_prompt(name="p", template=text)
mlflow.genai.set_prompt_alias(name="p", alias="production", version=1)
uri = "prompts:/p@production"
def cpu(n, ttl):
    started = time.process_time()
    for _ in range(n):
        mlflow.genai.load_prompt(uri, cache_ttl_seconds=ttl)
    return (time.process_time() - started) / n * 1e6
cpu(2, 60)
print("ready", flush=True)
for line in sys.stdin:
    print(cpu(100, 60), cpu(3, 0), flush=True)
"""


class OpenGate:
    """Nothing speaks against any version."""

    def refusal(self, *_: object) -> None:
        return None


def cpu_us(work: Callable[[], object], times: int) -> float:
    """CPU time of this thread for one call, microseconds."""
    started = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - started) / times * 1e6


class Store:
    """A store with the prompts that ship, and one lookup that stays warm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(f"sqlite:///{folder / 'sigma.db'}")
        metadata.create_all(self.database.engine)
        self.library = PromptLibrary(self.database, utc_now, OpenGate())
        BuiltInLoader(self.database, utc_now, BuiltIns(), self.library).load()
        self.lookup = self._new()
        self.lookup.get(SLOT)
        self.other = sqlite3.connect(folder / "sigma.db", isolation_level=None)
        self.label = 0

    def warm(self) -> float:
        return cpu_us(lambda: self.lookup.get(SLOT), 1000)

    def while_others_commit(self) -> float:
        """Another connection commits something else before every lookup."""
        spent = 0.0
        for _ in range(50):
            self.other.execute("UPDATE audit_log SET reason = reason")
            spent += cpu_us(lambda: self.lookup.get(SLOT), 1)
        return spent / 50

    def after_a_move(self) -> float:
        self.label += 1
        self.other.execute("UPDATE change_counter SET value = value + 1")
        return cpu_us(lambda: self.lookup.get(SLOT), 1)

    def cold(self) -> float:
        """A lookup of a process that has its connection but has not seen this prompt."""
        fresh = self._new()
        fresh.get("think/committee_scoring")
        return cpu_us(lambda: fresh.get(SLOT), 1)

    def _new(self) -> PromptLookup:
        return PromptLookup(self.database, PromptSnapshot(self.folder / "kept"), BuiltIns())


class Peer:
    """MLflow in its own process, measured there."""

    def __init__(self, python: str, text: str) -> None:
        self.process = subprocess.Popen(
            [python, "-W", "ignore", "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._send(text.encode("unicode_escape").decode())
        while self._line() != "ready":
            pass

    def round(self) -> tuple[float, float]:
        """Cached and uncached microseconds."""
        self._send("go")
        cached, uncached = self._line().split()
        return float(cached), float(uncached)

    def _send(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


def fillers() -> dict[str, Callable[[], object]]:
    """The same text, filled in three ways; and the whole of rendering."""
    prompt = BuiltIns().get(SLOT)
    text = prompt.content.user
    for_format = text.replace("{{", "\0").replace("}}", "\1").replace("\0", "{").replace("\1", "}")
    ours = Template(text)
    sandboxed = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(text)
    assert ours.fill(VALUES) == for_format.format(**VALUES) == sandboxed.render(**VALUES)
    return {
        "ours": lambda: ours.fill(VALUES),
        "str.format": lambda: for_format.format_map(VALUES),
        "jinja2": lambda: sandboxed.render(**VALUES),
        "Prompt.render": lambda: prompt.render(**TYPED),
    }


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        store, texts = Store(Path(folder)), fillers()
        peer = Peer(sys.argv[2], BuiltIns().get(SLOT).content.user) if len(sys.argv) > 2 else None
        costs: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name in ("warm", "while_others_commit", "after_a_move", "cold"):
                costs.setdefault(name, []).append(getattr(store, name)())
            for name, fill in texts.items():
                costs.setdefault(name, []).append(cpu_us(fill, 1000 if name != "Prompt.render" else 50))
            if peer:
                for name, cost in zip(("mlflow cached", "mlflow uncached"), peer.round(), strict=True):
                    costs.setdefault(name, []).append(cost)
        middle = {name: statistics.median(each) for name, each in costs.items()}
        for name, cost in middle.items():
            print(f"{name.replace('_', ' '):<22}{cost:10.2f} us CPU, best {min(costs[name]):10.2f}")
        print(
            f"filling in: {middle['str.format'] / middle['ours']:.2f} of str.format's rate, "
            f"{middle['jinja2'] / middle['ours']:.1f} of jinja2's"
        )
        if peer:
            print(
                json.dumps(
                    {
                        "warm beside mlflow cached": middle["mlflow cached"] / middle["warm"],
                        "cold beside mlflow uncached": middle["mlflow uncached"] / middle["cold"],
                    }
                )
            )
            peer.process.kill()
        store.database.dispose()


if __name__ == "__main__":
    main()
