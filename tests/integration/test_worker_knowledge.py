"""What workers tell each other, and what they do differently for having been told: the real loop, on both databases.

No project code runs here (`sandbox="none"`): the decisions are people's, so that each test takes a moment.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.knowledge import VALID
from pydantic import SecretStr
from sqlalchemy import event
from sqlmodel import Session, func, select

from sigma_core.clock import utc_now
from sigma_core.console.knowledge.sentences import sentence
from sigma_core.database import Database
from sigma_core.exchange.message import Message
from sigma_core.exchange.tables import Delivery, Knowledge, Validation
from sigma_core.jobs import WORKERS
from sigma_core.learning.tables import TrackRecord
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import CommitteeScore, Proposal
from sigma_core.runtime.build import build
from sigma_core.runtime.service import chores
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings
from sigma_core.workers.base import Cycle, Effect
from sigma_core.workers.memory import read
from sigma_core.workers.tables import KnowledgeUse

CODE = {
    "a.py": '"""A."""\n\n\ndef first(value):\n    return value == None\n',
    "b.py": '"""B."""\n\n\ndef second(value):\n    if value == True:\n        return 1\n    return 2\n',
}
"""E711 in a.py comes before E712 in b.py, where nothing speaks for the other order."""


class Occasion:
    """An exchange cycle that nobody follows."""

    run_id = 0

    def progress(self, text: str) -> None: ...

    def cancelled(self) -> bool:
        return False


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, home: Path) -> Settings:
    url = None if request.param == "sqlite" else SecretStr(request.getfixturevalue("postgresql_home_url"))
    return Settings(home=home, database_url=url, sandbox="none", delivery_lease_s=0.5)


@pytest.fixture
def system(settings: Settings) -> Iterator[System]:
    system = build(settings)
    yield system
    system.database.dispose()


@pytest.fixture
def project(system: System, tmp_path: Path) -> Project:
    return system.projects.service.add(Checkout(tmp_path / "small", CODE).path, python=sys.executable, actor="ada")


def cycle(system: System, project: Project, *workers: str) -> None:
    with system.cycles() as run:
        done = [run(name, project, "ada", lambda _: None) for name in workers or WORKERS]
    assert [each.error for each in done] == [None] * len(done)


def tell(system: System, kind: str, project: Project | None = None, **fields: object) -> int:
    """Somebody outside publishes, and an exchange cycle takes it in."""
    urgency = str(fields.pop("urgency", "normal"))
    payload = VALID[kind] | fields
    published = system.exchange.service.publish(
        "operator", kind, payload, urgency=urgency, project_id=project.id if project else None
    )
    system.workers.cycle.exchange(Occasion())
    return published.message_id


def chosen(system: System) -> list[str | None]:
    """Rules of the proposals in the order in which they were written."""
    return [proposal.rule for proposal in reversed(system.proposals.service.list())]


def count(system: System, column: object) -> int:
    with system.database.reading() as session:
        return session.exec(select(func.count(column))).one()


def test_without_knowledge_issues_are_taken_by_place(system: System, project: Project) -> None:
    cycle(system, project, "analysis", "dream")
    assert chosen(system) == ["E711", "E712"]
    assert [proposal.knowledge_ids for proposal in system.proposals.service.list()] == [[], []]


def test_a_fix_that_worked_elsewhere_is_tried_first_and_the_proposal_names_it(system: System, project: Project) -> None:
    fix = tell(system, "successful_fix", issue_type="E712", improvement=0.9)
    cycle(system, project, "analysis", "dream")
    assert chosen(system) == ["E712", "E711"]
    with system.database.reading() as session:
        (use,) = session.exec(select(KnowledgeUse)).all()
        proposal = session.get_one(Proposal, use.proposal_id)
    assert (proposal.rule, proposal.knowledge_ids) == ("E712", [fix])
    assert (use.worker, use.knowledge_id, use.role) == ("dream", fix, "choice")
    assert use.freshness == pytest.approx(1, abs=0.01)
    assert use.forecast == pytest.approx(1.9 / 2.9, abs=0.01)


def test_what_one_project_accepted_is_tried_first_in_the_next(system: System, project: Project, tmp_path: Path) -> None:
    other = Checkout(tmp_path / "other", {"c.py": CODE["b.py"]})
    elsewhere = system.projects.service.add(other.path, python=sys.executable, actor="ada")
    cycle(system, elsewhere)
    (accepted,) = system.proposals.service.list()
    system.proposals.service.approve(accepted.id, reason="It is right", actor="ada")
    cycle(system, elsewhere, "learning")
    system.workers.cycle.exchange(Occasion())
    cycle(system, project, "analysis", "dream")
    assert chosen(system) == ["E712", "E712", "E711"]
    newest = system.runtime.status.case(system.proposals.service.list()[1].id)
    used = {(use.worker, use.role) for use in newest.knowledge}
    assert used == {("dream", "choice")}
    with system.database.reading() as session:
        sources = {session.get_one(Knowledge, use.knowledge_id).source for use in newest.knowledge}
    assert sources == {"learning"}


def test_a_pattern_that_is_refused_elsewhere_is_tried_last(system: System, project: Project) -> None:
    tell(system, "pattern_evolution", pattern="linter_unsafe fix of E711", trend="refused", confidence=0.95)
    cycle(system, project, "analysis", "dream")
    assert chosen(system) == ["E712", "E711"]


def test_a_critical_issue_is_flagged_when_it_is_received_and_mended_first(system: System, project: Project) -> None:
    tell(system, "critical_issue", project, issue_type="E712", urgency="high")
    cycle(system, project, "analysis", "dream")
    assert chosen(system) == ["E712", "E711"]


def test_a_known_risk_is_a_fact_of_the_decision_with_its_source_and_overrides_no_evidence(
    system: System, project: Project
) -> None:
    risk = tell(system, "risk_pattern", pattern="E712", confidence=0.9, urgency="high")
    cycle(system, project)
    decisions = {
        proposal.rule: system.proposals.service.latest_decision(proposal)
        for proposal in system.proposals.service.list()
    }
    assert {decision.verdict for decision in decisions.values()} == {"needs_human"}
    (known,) = decisions["E712"].rules["precedents"]["risks"]
    assert (known["id"], known["source"], known["confidence"]) == (risk, "operator", 0.9)
    assert [item["id"] for item in decisions["E712"].knowledge] == [risk]
    assert decisions["E711"].knowledge == []
    with system.database.reading() as session:
        vote = session.exec(
            select(CommitteeScore).where(
                CommitteeScore.verification_id == decisions["E712"].verification_id,
                CommitteeScore.member == "reviewer",
            )
        ).one()
    assert [item["id"] for item in vote.facts["known_risks"]] == [risk]
    assert f"knowledge {risk} warns of E712 (high)" in vote.risks


def test_outcomes_told_from_outside_move_the_posterior_once(system: System, project: Project) -> None:
    context = {"rule": "E711", "fixer": "linter_unsafe"}
    before = system.learning.service.acceptance(project.id)
    tell(system, "decision_outcome", project, decision="elsewhere/1", context=context)
    system.workers.cycle.exchange(Occasion())
    assert before == {}
    assert system.learning.service.acceptance(project.id) == {"E711": pytest.approx(2 / 3)}


def test_what_is_left_to_a_person_is_published_as_undecided_and_teaches_nothing(
    system: System, project: Project
) -> None:
    cycle(system, project)
    with system.database.reading() as session:
        told = session.exec(select(Knowledge).where(Knowledge.type == "decision_outcome")).all()
        warned = session.exec(select(Knowledge.id).where(Knowledge.type == "risk_pattern")).all()
    assert [(item.data["outcome"], item.data["success"], item.target) for item in told] == [
        ("undecided", False, [])
    ] * 2
    assert "undecided" in sentence(told[0].type, told[0].data)
    assert (warned, system.learning.service.track_records(project.id or 0)) == ([], [])


def test_known_context_moves_the_ranking(system: System, project: Project) -> None:
    cycle(system, project, "analysis", "dream")
    first, second, *_ = system.recall.search.search("none comparison E711", project_id=project.id)
    tell(system, "context_enrichment", context_type="rule E711", relevance=1.0, enrichment={"found": [second.id]})
    best = system.recall.search.search("none comparison E711", project_id=project.id)[0]
    assert best.id == second.id != first.id
    assert "known context" in best.reason


def test_the_dreamer_reads_the_whole_log_once(system: System, project: Project) -> None:
    cycle(system, project)
    tell(system, "risk_pattern")
    cycle(system, project, "dreamer", "dreamer")
    with system.database.reading() as session:
        told = read(session, "dreamer")["log"]["told"]
    assert sum(told.values()) == count(system, Knowledge.id)
    assert told["operator/risk_pattern"] == 1


def test_who_used_knowledge_judges_it_by_what_was_decided(system: System, project: Project) -> None:
    good = tell(system, "successful_fix", issue_type="E712", improvement=0.9)
    bad = tell(system, "successful_fix", issue_type="E711", improvement=0.9)
    cycle(system, project)
    for proposal in system.proposals.service.list():
        decide = system.proposals.service.approve if proposal.rule == "E712" else system.proposals.service.reject
        decide(proposal.id, reason="I looked at it", actor="ada")
    cycle(system, project, "dream", "think")
    with system.database.reading() as session:
        verdicts = session.exec(select(Validation).where(Validation.verdict != None)).all()  # noqa: E711 (SQL)
    by_dream = {entry.knowledge_id: (entry.verdict, entry.score) for entry in verdicts if entry.validator == "dream"}
    rate = 1.9 / 2.9
    assert by_dream == {
        good: ("useful", pytest.approx(1 - (1 - rate) ** 2, abs=0.01)),
        bad: ("not_useful", pytest.approx(1 - rate**2, abs=0.01)),
    }
    forecasts = [entry for entry in verdicts if entry.validator == "think"]
    assert [entry.type for entry in forecasts] == ["proposal_quality", "proposal_quality"]
    worth = system.exchange.service.valued([good, bad])
    assert worth[good].trust > worth[bad].trust
    before = len(verdicts)
    cycle(system, project, "dream", "think")
    assert count(system, Validation.verdict) == before


def test_nothing_is_told_again_about_a_project_that_does_not_change(system: System, project: Project) -> None:
    def told() -> tuple[int, int]:
        return count(system, Knowledge.id), count(system, Delivery.id)

    for _ in range(2):
        cycle(system, project)
    settled = told()
    for _ in range(4):
        cycle(system, project)
        system.workers.cycle.exchange(Occasion())
    assert told() == settled
    assert settled[0] > 0


def test_what_is_received_is_never_passed_on(system: System, project: Project) -> None:
    cycle(system, project)
    cycle(system, project)
    before = count(system, Knowledge.id)
    for number in range(60):
        system.exchange.service.publish(
            "operator", "risk_pattern", VALID["risk_pattern"] | {"pattern": f"risk {number}"}
        )
        system.exchange.service.publish(
            "operator", "critical_issue", VALID["critical_issue"] | {"impact": f"place {number}"}
        )
    cycle(system, project)
    first = count(system, Knowledge.id)
    cycle(system, project)
    # Recall may find the news and tell so: at most one context a question
    assert before + 120 <= first <= before + 125
    assert count(system, Knowledge.id) <= first + 5
    with system.database.reading() as session:
        assert session.exec(select(func.count(Delivery.id)).where(Delivery.state != "done")).one() <= 15


def test_a_quiet_exchange_cycle_costs_one_query(system: System, project: Project) -> None:
    cycle(system, project)
    system.workers.cycle.exchange(Occasion())
    statements: list[str] = []
    event.listen(system.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    report = system.workers.cycle.exchange(Occasion())
    asked = [each for each in statements if "knowledge_delivery" in each]
    assert (report.received, len(asked)) == (0, 1)
    assert len(statements) <= 3  # the database's clock, and PostgreSQL's read-only transaction


def test_what_does_harm_is_not_chosen_by(system: System, project: Project) -> None:
    tell(system, "successful_fix", issue_type="E712", improvement=0.9)
    tell(
        system, "experiment_result", project, experiment="fixes chosen with knowledge", improvement=-0.4, success=False
    )
    cycle(system, project, "dream", "analysis", "dream")
    assert [proposal.knowledge_ids for proposal in system.proposals.service.list()] == [[], []]


def test_the_daily_clean_up_tells_what_it_ended(system: System) -> None:
    old = tell(system, "context_enrichment")
    kept = tell(system, "risk_pattern")
    with system.database.transaction() as session:
        session.get_one(Knowledge, old).refreshed_at -= timedelta(days=3)
    with system.runtime.new_runner() as runner:
        run = runner.run_here("retention", None, requested_by="ada", wait_s=5, tell=lambda _: None)
    assert (run.error, run.produced, run.figures["expired"]) == (None, 1, {"context_enrichment": 1})
    assert list(system.exchange.service.valued([old, kept])) == [kept]


def test_what_is_over_stays_while_the_retention_job_is_paused(system: System) -> None:
    old = tell(system, "context_enrichment")
    run = system.runtime.runs.enqueue("exchange", None, requested_by="schedule")
    with system.database.transaction() as session:
        session.get_one(Knowledge, old).refreshed_at -= timedelta(days=3)
        ended = session.get_one(Run, run.id)
        ended.state, ended.finished_at = "success", utc_now() - timedelta(days=100)
    system.runtime.schedule.prepare()
    system.runtime.schedule.pause("retention", "ada")
    for chore in chores(system):
        chore.do()
    assert system.runtime.schedule.enqueue_due("retention") == []
    assert list(system.exchange.service.valued([old])) == [old]
    assert system.runtime.runs.get(run.id or 0).state == "success"
    with system.runtime.new_runner() as runner:
        done = runner.run_here("retention", None, requested_by="ada", wait_s=5, tell=lambda _: None)
    assert (done.error, done.figures["runs"], done.figures["baselines"]) == (None, 1, 0)
    assert system.exchange.service.valued([old]) == {}


def test_each_workers_exchange_is_on_record(system: System, project: Project) -> None:
    cycle(system, project)
    system.workers.cycle.exchange(Occasion())
    kept = system.exchange.service.kept()
    assert kept["analysis"].published > 0
    assert kept["analysis"].snapshot["published"] == kept["analysis"].published
    assert kept["think"].last_exchange_at is not None
    assert kept["think"].received == kept["think"].acknowledged > 0


def failing(session: Session, message: Message) -> None:
    if "bad" in str(message.payload):
        raise ValueError("cannot be understood")


def test_a_message_that_cannot_be_integrated_comes_back_and_dies_with_its_error(system: System) -> None:
    odd = Cycle(
        system.database, system.clock, system.exchange.service, system.workers.cycle._workers, {"learning": failing}
    )
    system.exchange.service.publish("operator", "successful_fix", VALID["successful_fix"] | {"pattern": "good"})
    system.exchange.service.publish("operator", "successful_fix", VALID["successful_fix"] | {"pattern": "bad"})
    report = odd.exchange(Occasion())
    assert report.figures["received"]["learning"] == {"integrated": 1, "urgent": 0, "put_back": 1}
    (stats,) = system.exchange.service.stats("learning")
    assert (stats.waiting, stats.acknowledged) == (1, 1)


def kill_before_acknowledging(settings: Settings) -> None:
    system = build(settings)

    def dying(session: Session, message: Message) -> None:
        system.learning.service.hear(session, message)
        session.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    effects: dict[str, Effect] = {"learning": dying}
    Cycle(system.database, system.clock, system.exchange.service, system.workers.cycle._workers, effects).exchange(
        Occasion()
    )


def test_an_effect_survives_a_kill_between_it_and_its_acknowledgement_exactly_once(
    system: System, project: Project, settings: Settings
) -> None:
    context = {"rule": "E711", "fixer": "linter_unsafe"}
    payload = VALID["decision_outcome"] | {"decision": "elsewhere/1", "context": context}
    system.exchange.service.publish("operator", "decision_outcome", payload, project_id=project.id)
    for _ in range(2):
        process = multiprocessing.get_context("spawn").Process(target=kill_before_acknowledging, args=(settings,))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert counted(system.database) == []
        time.sleep(0.6)
    for _ in range(2):
        system.workers.cycle.exchange(Occasion())
    assert counted(system.database) == [(1, 0)]


def counted(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        return [(each.successes, each.failures) for each in session.exec(select(TrackRecord))]
