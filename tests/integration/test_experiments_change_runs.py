"""With the scheduler running, an experiment that helps changes what later runs do, one that hurts is undone, and one
that does nothing is left alone. Only the model's server is a stand-in: it cannot read long passages, until it can read
nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, Reply, answer, completion
from fakes.checkout import Checkout

from sigma_core.experiments.trial_terms import TrialPlan, TrialTerms
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings
from sigma_core.state_machine import RunState

SCHEDULER = Path(__file__).parents[2] / "scheduler.py"
FILLER = "WEIGHT = 1\n"
CODE = f"import subprocess\n\n{FILLER * 100}\ndef run(command):\n    return subprocess.call(command, shell=True)\n"
VERDICT = {"severity": "error", "priority": 0.5, "reason": "It can fail.", "confidence": 0.5}
LONG = 50
"""Lines of a passage from which it is long."""
PATIENCE_S = 600


class ReaderOfPassages(ChatServer):
    """Answers a request for a fix where it can read the passage, and nothing sensible where it cannot."""

    reads_long = False

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:
        super().take(request, headers)
        text = "".join(str(each["content"]) for each in request["messages"])
        if "You mend one issue" not in text:
            return answer(VERDICT)
        is_long = text.count(FILLER) > LONG
        return answer({"changes": []}) if is_long == self.reads_long else completion("I see too much, or too little.")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderOfPassages]:
    with ReaderOfPassages() as server:
        server.script(answer(VERDICT))
        monkeypatch.setenv("SIGMA_MODEL", "m-1")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("SIGMA_SANDBOX", "none")
        monkeypatch.setenv("SIGMA_EMBEDDER", "none")
        yield server


@pytest.fixture
def system(server: ReaderOfPassages, home: Path, tmp_path: Path) -> Iterator[System]:
    """A home with one flawed project; every job is paused, so that nothing runs but what is asked for."""
    system = build(load_settings(home))
    system.runtime.schedule.prepare()
    system.runtime.schedule.pause_all("ada")
    checkout = Checkout(tmp_path / "shop", {"m.py": CODE})
    project = system.projects.service.add(checkout.path, python=sys.executable, actor="ada")
    system.projects.service.permit(project.id or 0, actor="ada", model_allowed=True)
    yield system
    system.close()


@pytest.fixture
def cycle(system: System, home: Path) -> Iterator[Callable[[str], int]]:
    """Have the scheduler process run a worker's cycle; the run's number."""

    def run(worker: str) -> int:
        (asked,) = system.runtime.schedule.run_now(worker, "ada", 1)
        until = time.monotonic() + PATIENCE_S
        while (found := system.runtime.runs.get(asked.id or 0)).state in (RunState.QUEUED, RunState.RUNNING):
            assert time.monotonic() < until, found.state
            time.sleep(0.02)
        assert found.state == RunState.SUCCESS, found.error
        return asked.id or 0

    command = [sys.executable, str(SCHEDULER), "--home", str(home)]
    with subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.DEVNULL) as process:
        yield run
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def begin(system: System, tunable: str, setting: object, sample_size: int) -> int:
    plan = TrialPlan(tunable, (setting,), "It helps.", TrialTerms("answered", sample_size=sample_size))
    trials = system.experiments.trials
    return trials.start(trials.propose(plan, actor="ada").id or 0, actor="ada").id or 0


def answered(system: System, runs: list[int]) -> float:
    """The share of these runs' questions for a fix that were answered."""
    rows = [each for each in system.llm.usage.rows(limit=200) if each.run_id in runs]
    return sum(each.success for each in rows) / len(rows)


@pytest.mark.timeout(1200)  # some fifty cycles, one after the other, on a machine that may be busy
def test_what_helps_changes_the_next_cycles_and_what_hurts_is_undone(
    system: System, server: ReaderOfPassages, cycle: Callable[[str], int]
) -> None:
    cycle("analysis")
    helps, idle = begin(system, "dream.lines_around", 10, 60), begin(system, "dream.recalled", 2, 20)

    def until(is_over: Callable[[], bool]) -> list[int]:
        runs = []
        while not is_over():
            runs.append(cycle("dream"))
            assert len(runs) < 80
        return runs

    experiments = system.experiments.service
    before = until(
        lambda: experiments.get(helps).standing == "promoted" and experiments.get(idle).standing != "running"
    )
    assert experiments.get(idle).standing == "no_difference"
    after = [cycle("dream") for _ in range(6)]
    assert answered(system, before[:8]) < 0.9 < answered(system, after) + 0.1
    assert answered(system, after) > answered(system, before[:8])

    server.reads_long = True
    until(lambda: experiments.get(helps).standing == "rolled_back")
    assert experiments.get(helps).decided_by == "dreamer"
    assert answered(system, [cycle("dream") for _ in range(3)]) == 1
