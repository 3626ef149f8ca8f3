"""A model server that misbehaves in every way costs a worker nothing but the answers it would have given."""

import sys
from pathlib import Path

from fakes.chat_server import ChatServer, Reply, answer, completion, failure
from fakes.checkout import Checkout
from sqlmodel import select

from sigma_core.exchange.tables import Knowledge
from sigma_core.llm.money import NANO
from sigma_core.llm.pricing import Rates
from sigma_core.proposals.tables import Proposal
from sigma_core.runtime.build import System, build
from sigma_core.runtime.runs import RunState
from sigma_core.settings import Settings

CODE = "import subprocess\n\n\ndef run(command):\n    return subprocess.call(command, shell=True)\n"
WAYS = {
    "timeout": ([answer({"changes": []}, delay_s=2)], "ModelUnavailable"),
    "rate limit": ([failure(429)], "ModelBusy"),
    "500": ([failure(500, "broken")], "ModelBusy"),
    "nothing": ([completion("")], "BadAnswer"),
    "broken JSON": ([completion('{"changes": [')], "BadAnswer"),
    "off the schema": ([answer({"changes": "all of them"})], "BadAnswer"),
    "huge": ([Reply(body=b" " * 5_000_000)], "ModelUnavailable"),
}


def opened(home: Path, server: ChatServer) -> System:
    """SIGMA with this server's model, as a process that has just started."""
    settings = Settings.model_validate(
        {
            "home": home, "model": "m-1", "OPENAI_BASE_URL": server.url, "model_timeout_s": 0.6,
            "database_url": None, "OPENAI_API_KEY": None,
        }
    )  # fmt: skip
    return build(settings)


def test_workers_go_on_and_each_failure_is_one_row(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": CODE})
    with ChatServer() as server:
        system = opened(tmp_path / "home", server)
        project = system.projects.add(checkout.path, python=sys.executable, actor="ada")
        project = system.projects.permit(project.name, actor="ada", model_allowed=True)
        dream(system, "analysis")
        known = count(system, Knowledge)
        for replies, kind in WAYS.values():
            server.script(*replies)
            before = {row.call_id for row in system.usage.rows(limit=1000)}
            system.database.dispose()
            system = opened(tmp_path / "home", server)
            dream(system)
            rows = [row for row in system.usage.rows(limit=1000) if row.call_id not in before]
            assert rows
            assert {(row.error_kind, row.success, row.worker) for row in rows} == {(kind, False, "dream")}
            assert len({row.run_id for row in rows}) == 1
        assert (count(system, Proposal), count(system, Knowledge)) == (0, known)
        asked_too_much(system, server)


def asked_too_much(system: System, server: ChatServer) -> None:
    """A used-up budget is a skipped question, not a failed run."""
    day = system.clock().date()
    system.pricing.enter("m-1", Rates(NANO, NANO, NANO), actor="ada", valid_from=day)
    system.budgets.set("worker:dream", 0, "stop", actor="ada")
    requests = len(server.requests)
    dream(system)
    assert len(server.requests) == requests
    assert system.budgets.standings()[0].today.stopped > 0
    system.database.dispose()


def dream(system: System, worker: str = "dream") -> None:
    """One cycle, which must succeed."""
    (project,) = system.projects.list()
    with system.cycles() as cycle:
        run = cycle(worker, project, "ada", lambda _: None)
    assert (run.state, run.error) == (RunState.SUCCESS, None)


def count(system: System, table: type[Knowledge] | type[Proposal]) -> int:
    """How many there are that are not the linters' work."""
    with system.database.reading() as session:
        rows = session.exec(select(table)).all()
    return sum(getattr(row, "fixer", "model") == "model" for row in rows)
