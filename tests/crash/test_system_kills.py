"""The whole with its real workers, on a repository that goes on being changed, killed at random moments.

Slow (half a minute for each database): two schedulers and `sigma run` beside them are killed again and again, then one
scheduler tidies up, and what is in the tables is counted from outside.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import journalled
from fakes.crash_executor import Journal
from fakes.leftovers import processes_that_name
from fakes.patience import until
from fakes.small_repository import QUICK, git
from sqlmodel import col, func, select

from sigma_core.exchange.tables import Delivery, Knowledge, KnowledgeOrigin
from sigma_core.jobs import SCHEDULED
from sigma_core.learning.tables import LearnedDecision, TrackRecord
from sigma_core.projects.sandbox.cgroup import find_memory_groups
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal, ProposalState, Verdict, Verification
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import load_settings
from sigma_core.state_machine import RunState
from sigma_core.workers.memory import read
from sigma_core.workers.tables import CycleReport

PAUSED = "recall"
ROUNDS = 5
TIMES = {
    # Wide enough that a busy machine does not make a living process lose its lease
    "SIGMA_RUN_LEASE_S": "2",
    "SIGMA_HEARTBEAT_S": "0.3",
    "SIGMA_DELIVERY_LEASE_S": "2",
    "SIGMA_EXCHANGE_INTERVAL_S": "1",
    "SIGMA_DRAIN_S": "5",
    # More kills than a run would survive otherwise
    "SIGMA_RUN_ATTEMPTS": "99",
    "SIGMA_DELIVERY_ATTEMPTS": "99",
    "SIGMA_AUTONOMY": "commit",
}
MODULE = """{flaw}def scaled(values):
    return [value * 2 for value in values]
"""
FLAW = """import json


"""
TEST = """from shop import part{number}


def test_scaled():
    assert part{number}.scaled([1, 2]) == [2, 4]
"""


class Repository:
    """A person's checkout. Changes bring modules and their tests, every second one a flaw for a linter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "shop").mkdir(parents=True)
        (path / "tests").mkdir()
        (path / "shop" / "__init__.py").write_text("")
        git(path, "init", "-q", "-b", "main")
        self.change(0)

    def change(self, number: int) -> None:
        flaw = "" if number % 2 else FLAW
        (self.path / "shop" / f"part{number}.py").write_text(MODULE.format(flaw=flaw))
        (self.path / "tests" / f"test_part{number}.py").write_text(TEST.format(number=number))
        git(self.path, "add", "-A")
        git(self.path, "commit", "-qm", f"part {number}")

    @property
    def flawed(self) -> set[str]:
        return {f"shop/{path.name}" for path in (self.path / "shop").iterdir() if FLAW in path.read_text()}


class Stage:
    """The processes of a test, all on one home, and how each of them ended."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.journal = Journal(folder / "journal")
        self.deaths: dict[int, float] = {}
        self.pids: list[int] = []
        self._alive: list[subprocess.Popen[bytes]] = []
        self._folder, self._environment = folder, {**os.environ, **environment, "TMPDIR": str(self.temporary)}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "output").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, journalled.__file__, str(self._folder / "journal"), *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pids.append(process.pid)
        self._alive.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes], *, family: bool = False) -> None:
        """`family`: with its git and linter processes, as when a container is killed."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL) if family else process.kill()
        process.wait()
        self.deaths[process.pid] = time.monotonic()
        self._alive.remove(process)

    def output(self) -> str:
        return (self._folder / "output").read_text(errors="replace")

    def end(self) -> None:
        for process in list(self._alive):
            self.kill(process, family=True)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "checkout")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    chosen = {**TIMES, "SIGMA_HOME": str(tmp_path / "home")}
    if request.param == "postgresql":
        chosen["SIGMA_DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    return chosen


@pytest.fixture
def stage(tmp_path: Path, environment: dict[str, str]) -> Iterator[Stage]:
    stage = Stage(tmp_path, environment)
    yield stage
    stage.end()


@pytest.fixture
def system(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    system = build(load_settings(tmp_path / "home"))
    for name in SCHEDULED:
        system.runtime.schedule.set_every(name, 1, "ann")
    yield system
    system.database.dispose()


@pytest.mark.sandbox
@pytest.mark.timeout(720)  # it waits for much, and longest on a busy machine
def test_kills_at_random_moments_lose_nothing_repeat_nothing_and_leave_nothing(
    system: System, stage: Stage, repository: Repository
) -> None:
    project = system.projects.service.add(
        repository.path, name="small", python=sys.executable, test_command=QUICK, actor="ann"
    )
    system.runtime.schedule.pause(PAUSED, "ann")
    accepted = kill_again_and_again(system, stage, repository, project.id, random.Random(20261122))
    last = stage.start("scheduler")
    until(lambda: rows(system, select(Proposal.id).where(Proposal.state == ProposalState.APPROVED)), stage.output)
    stage.kill(last)
    last = stage.start("scheduler")
    until(lambda: all_is_done(system, repository), lambda: unfinished(system) + stage.output()[-4000:], within_s=180)
    for name in SCHEDULED:
        if name != PAUSED:
            system.runtime.schedule.pause(name, "ann")
    until(lambda: not unfinished(system), lambda: unfinished(system))
    last.terminate()
    assert last.wait(120) == 0

    assert {system.runtime.runs.get(run_id).state for run_id in accepted} == {RunState.SUCCESS}
    nothing_ran_twice_at_once(stage)
    nothing_exists_twice(system)
    every_message_had_its_effect_once(system)
    the_pause_was_kept(system)
    applied_branches_are_those_recorded(system, repository)
    nothing_is_left(system, stage, repository)


def kill_again_and_again(
    system: System, stage: Stage, repository: Repository, project_id: int, chance: random.Random
) -> set[int]:
    """Rounds of kills, with a new commit and a request in each. Returns the runs that were accepted."""
    accepted: set[int] = set()
    schedulers = [stage.start("scheduler") for _ in range(2)]
    command = stage.start("run")
    for number in range(1, ROUNDS + 1):
        repository.change(number)
        wanted = chance.choice(["analysis", "dream", "think", "learning"])
        accepted |= {run.id for run in system.runtime.schedule.run_now(wanted, "ann", project_id)}
        executed = len(stage.journal.entries())
        until(lambda seen=executed: len(stage.journal.entries()) > seen, stage.output)
        time.sleep(chance.uniform(0, 2.5))
        for victim in chance.choice(([0], [1], [0, 1])):
            stage.kill(schedulers[victim], family=chance.random() < 0.5)
            schedulers[victim] = stage.start("scheduler")
        if command.poll() is not None or chance.random() < 0.5:
            stage.kill(command)
            command = stage.start("run")
    for process in (*schedulers, command):
        stage.kill(process, family=chance.random() < 0.5)
    return accepted


def rows(system: System, query: object) -> list:
    with system.database.reading() as session:
        return list(session.exec(query))


def unfinished(system: System) -> str:
    open_runs = rows(system, select(Run).where(col(Run.finished_at).is_(None)))
    return "".join(f"{run.id} {run.slot} {run.state} attempt {run.attempt}: {run.progress}\n" for run in open_runs)


def all_is_done(system: System, repository: Repository) -> bool:
    """Every flaw is fixed on a branch, every decision studied, every message heard."""
    fixed = {each.files[0] for each in system.proposals.service.list(state=ProposalState.APPLIED)}
    unheard = select(func.count(Delivery.id)).where(col(Delivery.done_at).is_(None), Delivery.recipient != PAUSED)
    studied = select(func.count(LearnedDecision.decision_id))
    return (
        fixed == repository.flawed
        and rows(system, unheard) == [0]
        and rows(system, studied) == rows(system, select(func.count(Decision.id)))
    )


def nothing_ran_twice_at_once(stage: Stage) -> None:
    assert stage.journal.overlaps(stage.deaths) == []
    assert {entry.slot for entry in stage.journal.entries()} >= {"analysis/1", "dream/1", "think/1", "exchange"}


def nothing_exists_twice(system: System) -> None:
    assert all_differ(system, Proposal.project_id, Proposal.base_commit, Proposal.diff_sha256)
    assert all_differ(system, Proposal.base_commit, Proposal.issue_id, Proposal.content_sha256)
    assert all_differ(system, KnowledgeOrigin.origin)
    assert all_differ(system, Delivery.knowledge_id, Delivery.recipient)
    assert all_differ(system, CycleReport.run_id)
    verified = rows(system, select(Verification.id))
    assert Counter(rows(system, select(Decision.verification_id))) == Counter(verified)
    votes = Counter(rows(system, select(CommitteeScore.verification_id)))
    assert set(votes) == set(verified)
    assert len(set(votes.values())) == 1
    by_cycles = rows(system, select(Decision.id).where(col(Decision.run_id).is_not(None)))
    told = select(KnowledgeOrigin.origin).where(col(KnowledgeOrigin.origin).startswith("decision/"))
    assert set(rows(system, told)) == {f"decision/{decision}" for decision in by_cycles}


def all_differ(system: System, *columns: object) -> bool:
    found = rows(system, select(*columns))
    return len(found) > 0 and len(set(found)) == len(found)


def every_message_had_its_effect_once(system: System) -> None:
    """What the workers remember is as much as they acknowledged."""
    acknowledged = select(Delivery.recipient, Knowledge.type).join(Knowledge).where(Delivery.state == "done")
    by_worker = Counter(rows(system, acknowledged))
    for worker in ("learning", "dreamer"):
        with system.database.reading() as session:
            taken = read(session, worker).get("taken", {})
        assert taken == {kind: count for (name, kind), count in by_worker.items() if name == worker}
    assert rows(system, select(Delivery.id).where(Delivery.state == "dead")) == []
    with system.database.reading() as session:
        memory = read(session, "dreamer")
    counted = rows(system, select(CycleReport.worker).where(col(CycleReport.id) <= memory["position"]))
    assert {name: line["cycles"] for name, line in memory["baselines"].items()} == Counter(counted)
    patterns = rows(system, select(TrackRecord))
    change = func.coalesce(Proposal.lineage_id, Proposal.id)
    settled = select(func.count(func.distinct(change))).where(
        Proposal.id == Decision.proposal_id, Decision.verdict != Verdict.NEEDS_HUMAN
    )
    assert [sum(pattern.successes + pattern.failures for pattern in patterns)] == rows(system, settled)


def the_pause_was_kept(system: System) -> None:
    assert [job.paused for job in system.runtime.schedule.jobs() if job.name == PAUSED] == [True]
    assert {run.requested_by for run in system.runtime.runs.history(PAUSED, limit=500)}.isdisjoint({"schedule"})


def applied_branches_are_those_recorded(system: System, repository: Repository) -> None:
    branches = git(repository.path, "branch", "--list", "sigma/*", "--format=%(refname:short)").split()
    applied = system.proposals.service.list(state=ProposalState.APPLIED)
    assert len(applied) > 0
    assert sorted(branches) == sorted(system.proposals.service.outcome(each, "applied").branch for each in applied)


def nothing_is_left(system: System, stage: Stage, repository: Repository) -> None:
    assert rows(system, select(Run).where(col(Run.state).in_([RunState.RUNNING, RunState.QUEUED]))) == []
    assert list(stage.temporary.iterdir()) == []
    assert system.graph.server.stop()
    # A keeper whose starter was killed meanwhile ends by itself when nobody has used its server for a minute
    until(lambda: not processes_that_name(stage.temporary.parent), lambda: processes_that_name(stage.temporary.parent))
    if groups := find_memory_groups():
        ours = {f"sigma-{pid}-" for pid in stage.pids}
        assert [path for path in groups.parent.glob("sigma-*") if path.name[:-8] in ours] == []
    clone = system.settings.home / "clones"
    assert list(clone.rglob("*.lock")) == []
    assert [path for path in clone.iterdir() if path.name.startswith(".new-")] == []
    assert git(repository.path, "status", "--porcelain") == ""
    assert len(git(repository.path, "worktree", "list").splitlines()) == 1
