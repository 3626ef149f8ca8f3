"""With the scheduler running, an experiment that helps changes what later runs do, one that hurts is undone, and one
that does nothing is left alone: of tunables, versions of prompts, and the committee's weights. The model's server is a
stand-in: it cannot read long passages, until it can read nothing else, or only what begins with a certain word. What
became of changes, for the committee to be held against, is written as if maintainers had answered."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, Reply, answer, completion
from fakes.checkout import Checkout

from sigma_core.clock import utc_now
from sigma_core.experiments.trial_terms import TrialPlan, TrialTerms
from sigma_core.experiments.tunable_catalog import COMMITTEE_WEIGHTS
from sigma_core.projects.tables import Project
from sigma_core.prompts.content import Content
from sigma_core.proposals.calibration.tried_weights import TriedWeights
from sigma_core.proposals.diff import make
from sigma_core.proposals.tables import Decision, FollowedChange, Proposal
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
FIX, OPENING = "dream/error_fix", "SKIM THIS. "
WEIGHT = COMMITTEE_WEIGHTS["architect"]


class ReaderOfPassages(ChatServer):
    """Answers a request for a fix where it can read the passage, and nothing sensible where it cannot."""

    reads_long = False
    opening = ""
    """With which a question must begin to be understood."""

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:
        super().take(request, headers)
        text = "".join(str(each["content"]) for each in request["messages"])
        if "You mend one issue" not in text:
            return answer(VERDICT)
        is_long = text.count(FILLER) > LONG
        understood = is_long == self.reads_long and text.startswith(self.opening)
        return answer({"changes": []}) if understood else completion("I see too much, or too little.")


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


Cycle = Callable[[str], int]


def begin(system: System, tunable: str, setting: float, sample_size: int, outcome: str = "answered") -> int:
    plan = TrialPlan(tunable, (setting,), "It helps.", TrialTerms(outcome, sample_size=sample_size))
    trials = system.experiments.trials
    return trials.start(trials.propose(plan, actor="ada").id or 0, actor="ada").id or 0


def answered(system: System, runs: list[int]) -> float:
    """The share of these runs' questions for a fix that were answered."""
    rows = [each for each in system.llm.usage.rows(limit=200) if each.run_id in runs]
    return sum(each.success for each in rows) / len(rows)


def repeat(cycle: Cycle, is_over: Callable[[], bool]) -> list[int]:
    """Run dream until something is over; the runs."""
    runs = []
    while not is_over():
        runs.append(cycle("dream"))
        assert len(runs) < 80
    return runs


@pytest.mark.timeout(1800)  # some eighty cycles, one after the other, on a machine that may be busy
def test_what_helps_changes_the_next_cycles_and_what_hurts_is_undone(
    system: System, server: ReaderOfPassages, cycle: Cycle
) -> None:
    cycle("analysis")
    tunables_change_dream(system, server, cycle)
    prompts_change_dream(system, server, cycle)
    weights_change_think(system, cycle)


def tunables_change_dream(system: System, server: ReaderOfPassages, cycle: Cycle) -> None:
    helps, idle = begin(system, "dream.lines_around", 10, 60), begin(system, "dream.recalled", 2, 20)
    experiments, until = system.experiments.service, partial(repeat, cycle)
    before = until(
        lambda: experiments.get(helps).standing == "promoted" and experiments.get(idle).standing != "running"
    )
    assert experiments.get(idle).standing == "no_difference"
    after = [cycle("dream") for _ in range(3)]
    assert answered(system, before[:8]) < 0.9 < answered(system, after) + 0.1
    assert answered(system, after) > answered(system, before[:8])

    server.reads_long = True
    until(lambda: experiments.get(helps).standing == "rolled_back")
    assert experiments.get(helps).decided_by == "dreamer"
    assert answered(system, [cycle("dream") for _ in range(3)]) == 1


def prompts_change_dream(system: System, server: ReaderOfPassages, cycle: Cycle) -> None:
    """A version that is understood comes into production and is answered; one that is not stays out of it."""
    canaries, server.opening = system.prompts.canaries, OPENING

    def tried(opening: str) -> tuple[str, list[int]]:
        said = system.prompts.catalog.show(FIX).current.content
        content = Content.model_validate({**said, "system": f"{opening}{said['system'].removeprefix(OPENING)}"})
        version = system.prompts.library.edit(FIX, content, actor="ada").version.number
        canary = canaries.start(
            FIX, version, reason="It is read.", actor="ada", share=0.5, most_share=0.5, override=True
        )
        runs = repeat(cycle, lambda: (now := canaries.status(FIX)) is not None and now.canary.state != "running")
        (board,) = [each for each in system.experiments.service.list() if each.scope == f"canary/{canary.id}"]
        return board.standing, runs

    standing, runs = tried(OPENING)
    assert (standing, answered(system, runs) < 0.9) == ("promoted", True)
    assert answered(system, [cycle("dream") for _ in range(3)]) == 1
    standing, runs = tried("")
    assert (standing, answered(system, runs) < 0.9) == ("rolled_back", True)
    assert answered(system, [cycle("dream") for _ in range(3)]) == 1


def weights_change_think(system: System, cycle: Cycle) -> None:
    """A weight that foretells counts in the next decision, until it no longer does."""
    key = begin(system, WEIGHT.name, 4.0, 200, "foretold")
    project, decided = system.projects.service.get(1), 0

    def held_against_outcomes(until: str, heavy_score: float) -> None:
        for _ in range(20):
            with system.database.transaction() as session:
                rows = [outside(project, number) for number in range(20)]
                session.add_all(rows)
            weights = TriedWeights(system.proposals.calibration, system.experiments.values)
            scores = [heavy_score if weights(row).multiples else 1 - heavy_score for row in rows]
            with system.database.transaction() as session:
                session.add_all(what_became(row, score) for row, score in zip(rows, scores, strict=True))
                session.add_all(taken(row) for row in rows)
            cycle("recall")
            if system.experiments.service.get(key).standing == until:
                return
        raise AssertionError(system.experiments.service.get(key))

    def multiples_of_next_decision() -> Mapping[str, float]:
        nonlocal decided
        decided += 1
        diff = make("m.py", CODE, CODE.replace("call(command", f"call(command{decided}"))
        proposal = system.proposals.service.propose(project, diff, title=None, actor="ada")
        cycle("think")
        rules = system.proposals.service.latest_decision(proposal).rules
        assert rules["weights"]["architect"] == pytest.approx(0.530120 if rules.get("multiples") else 0.22)
        return dict(rules.get("multiples", {}))

    held_against_outcomes("promoted", 1.0)
    assert multiples_of_next_decision() == {"architect": 4.0}
    held_against_outcomes("rolled_back", 0.0)
    assert multiples_of_next_decision() == {}


def outside(project: Project, number: int) -> Proposal:
    moment = utc_now()
    return Proposal(
        project_id=project.id or 0,
        title="A change",
        change_type="bug",
        diff=make("other.py", "x = 1\n", "x = 2\n"),
        diff_sha256=f"{moment.timestamp()}/{number}"[:64],
        base_commit=project.head,
        confidence=1,
        origin="operator",
        fixer="outside",
        state="applied",
        created_at=moment,
        changed_at=moment,
    )


def what_became(row: Proposal, score: float) -> Decision:
    return Decision(
        proposal_id=row.id or 0,
        verdict="approved",
        decided_by="committee",
        actor="think",
        score=score,
        reasons=[],
        created_at=utc_now(),
    )


def taken(row: Proposal) -> FollowedChange:
    key = row.id or 0
    return FollowedChange(
        line_id=key,
        project_id=row.project_id,
        proposal_id=key,
        decision_id=0,
        commit=row.base_commit,
        paths=[],
        is_over=True,
        is_taken=True,
        changed_at=utc_now(),
    )
