"""Decisions of whole cycles: traced, made once more to the same bit, and whatever is altered in the store is named."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, answer, failure
from fakes.checkout import Checkout
from fakes.command import Command
from pydantic import SecretStr
from sqlmodel import Session, col, select

from sigma_core.exchange.tables import Knowledge
from sigma_core.jobs import WORKERS
from sigma_core.prompts.tables import PromptVersion
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal, Verification
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.why import Trace
from sigma_core.runtime.why_graph import why_graph
from sigma_core.settings import Settings
from sigma_core.workers.explanations import Explanation

CODE = '"""A."""\n\n\ndef first(value):\n    return value == None\n\n\ndef second(value):\n    return value == True\n'
OPINION = {"score": 0.8, "confidence": 0.7, "risks": ["It might."], "veto": None}
WARNING = {"pattern": "E711", "severity": "high", "confidence": 0.9, "context": "comparisons"}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.script(failure(400, "not asked about here"))
        server.by_text = {"You are one of five members of a committee": answer(OPINION)}
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, tmp_path: Path, home: Path, server: ChatServer) -> Iterator[System]:
    """A system whose proposals are decided, by rules and a model, with a warning known."""
    url = SecretStr(request.getfixturevalue("postgresql_home_url")) if request.param == "postgresql" else None
    system = build(
        Settings.model_validate(
            {
                "home": home,
                "database_url": url,
                "model": "m-1",
                "OPENAI_BASE_URL": server.url,
                "OPENAI_API_KEY": None,
                "sandbox": "none",
                "opinions": "all",
            }
        )
    )
    project = system.projects.service.add(
        Checkout(tmp_path / "shop", {"m.py": CODE}).path, python=sys.executable, actor="ada"
    )
    system.projects.service.permit(project.name, actor="ada", model_allowed=True)
    system.exchange.service.publish("operator", "risk_pattern", WARNING)
    system.proposals.calibration.set_weights({"tester": 0.3}, actor="ada", why="Tests are good here.")
    with system.cycles() as run:
        for name in WORKERS:
            run(name, project, "ada", lambda _: None)
    yield system
    system.close()


def decided(system: System) -> list[int]:
    with system.database.reading() as session:
        return list(session.exec(select(Decision.proposal_id).where(Decision.decided_by == "committee").distinct()))


def test_every_decision_is_traced_and_made_once_more(system: System) -> None:
    numbers = decided(system)
    assert len(numbers) == 2
    for number in numbers:
        trace = system.runtime.traces.of(number)
        assert (trace.is_sealed, list(trace.broken)) == (True, [])
        assert trace.decision.run_id in {run.id for run in trace.runs}
        assert {row.member for row in trace.votes if row.opinion} >= {"architect", "reviewer"}
        assert {each.name for each in trace.prompts} >= {"think/committee_scoring"}
        assert [each for each in trace.calls if each.prompt == "think/committee_scoring"]
        assert system.runtime.traces.replay(number).differences == []
    (warned,) = [n for n in numbers if any(each.role == "risk" for each in system.runtime.traces.of(n).knowledge)]
    item = next(each for each in system.runtime.traces.of(warned).knowledge if each.role == "risk")
    assert item.payload is not None
    assert item.payload["pattern"] == "E711"
    other = system.runtime.traces.without(warned, f"knowledge/{item.knowledge_id}")
    assert other.not_computable == ["reviewer"]
    before = system.runtime.traces.as_of(warned, item.created_at.replace(year=2020))
    assert before.votes == other.votes


Alter = Callable[[Session, Proposal, Decision], None]


def _evidence(session: Session, _: Proposal, decision: Decision) -> None:
    row = session.get_one(Verification, decision.verification_id)
    row.evidence = {**row.evidence, "applies": False}


def _vote(session: Session, _: Proposal, decision: Decision) -> None:
    _one_vote(session, decision).score = 0.99


def _opinion(session: Session, _: Proposal, decision: Decision) -> None:
    row = _one_vote(session, decision)
    row.opinion = {**(row.opinion or {}), "said": {**OPINION, "score": 0.1}}


def _vote_gone(session: Session, _: Proposal, decision: Decision) -> None:
    session.delete(_one_vote(session, decision))


def _one_vote(session: Session, decision: Decision) -> CommitteeScore:
    query = select(CommitteeScore).where(CommitteeScore.verification_id == decision.verification_id)
    return session.exec(query.where(CommitteeScore.member == "architect")).one()


def _change(_session: Session, proposal: Proposal, _decision: Decision) -> None:
    proposal.diff = proposal.diff.replace("is None", "is not None").replace("is True", "is not True")


def _base(_session: Session, proposal: Proposal, _decision: Decision) -> None:
    proposal.base_commit = "0" * 40


def _weights(_session: Session, _: Proposal, decision: Decision) -> None:
    decision.rules = {**decision.rules, "weights": {**decision.rules["weights"], "tester": 0.9}}


def _shares(_session: Session, _: Proposal, decision: Decision) -> None:
    decision.rules = {**decision.rules, "shares": {"architect": {"m-1": 0.9}}}


def _recalibration(_session: Session, _: Proposal, decision: Decision) -> None:
    decision.rules = {**decision.rules, "recalibration": {**decision.rules["recalibration"], "kind": "platt"}}


def _calibration(session: Session, _: Proposal, decision: Decision) -> None:
    session.get_one(CommitteeCalibration, decision.rules["calibration_id"]).why = "Because."


def _calibration_gone(session: Session, _: Proposal, decision: Decision) -> None:
    session.delete(session.get_one(CommitteeCalibration, decision.rules["calibration_id"]))


def _by_rule(session: Session, _: Proposal, decision: Decision) -> None:
    _one_vote(session, decision).by_rule = None


def _precedents(_session: Session, _: Proposal, decision: Decision) -> None:
    decision.rules = {**decision.rules, "precedents": {**decision.rules["precedents"], "accepted": 40}}


def _verdict(_session: Session, _: Proposal, decision: Decision) -> None:
    decision.verdict = "approved"


def _reasons(_session: Session, _: Proposal, decision: Decision) -> None:
    decision.reasons = ["Because."]


def _knowledge(session: Session, _: Proposal, decision: Decision) -> None:
    row = session.get_one(Knowledge, decision.knowledge[0]["id"])
    row.data = {**row.data, "confidence": 0.1}


def _freshness(_session: Session, _: Proposal, decision: Decision) -> None:
    first, *rest = decision.knowledge
    decision.knowledge = [{**first, "freshness": 0.01}, *rest]


def _prompt(session: Session, _: Proposal, _decision: Decision) -> None:
    for row in session.exec(select(PromptVersion)):
        row.content = {**row.content, "title": "Another"}


ALTERED: dict[str, tuple[Alter, str]] = {
    "evidence": (_evidence, "the evidence is not what it was"),
    "vote": (_vote, "the architect's vote is not what it was"),
    "model's answer": (_opinion, "the architect's vote is not what it was"),
    "vote taken away": (_vote_gone, "the architect's vote is missing"),
    "diff": (_change, "the change is not what it was"),
    "commit": (_base, "the change is not what it was"),
    "weights": (_weights, "the decision is not what it was"),
    "a model's part": (_shares, "the decision is not what it was"),
    "recalibration": (_recalibration, "the decision is not what it was"),
    "calibration": (_calibration, "the committee's calibration 1 is not what it was"),
    "calibration taken away": (_calibration_gone, "the committee's calibration 1 is missing"),
    "score by rule": (_by_rule, "the architect's vote is not what it was"),
    "precedents": (_precedents, "the decision is not what it was"),
    "verdict": (_verdict, "the decision is not what it was"),
    "reasons": (_reasons, "the decision is not what it was"),
    "knowledge": (_knowledge, "is not what it was"),
    "freshness": (_freshness, "the decision is not what it was"),
    "prompt": (_prompt, "the prompt think/committee_scoring v1 is not what it was"),
}


def after(system: System, number: int, alter: Alter) -> list[str]:
    """What is found broken in a transaction that alters something and is taken back."""
    with Session(system.database.engine) as session:
        decision = session.exec(
            select(Decision).where(Decision.proposal_id == number).order_by(col(Decision.id).desc())
        ).first()
        assert decision is not None
        alter(session, session.get_one(Proposal, number), decision)
        session.flush()
        session.expire_all()
        found = system.runtime.traces.broken(session, number)
        session.rollback()
    return found


def test_whatever_is_altered_is_named(system: System) -> None:
    number = next(n for n in decided(system) if system.runtime.traces.of(n).decision.knowledge)
    for name, (alter, said) in ALTERED.items():
        broken = after(system, number, alter)
        assert any(said in each for each in broken), (name, broken)
    trace = system.runtime.traces.of(number)
    assert list(trace.broken) == []
    is_drawn(trace)


def is_drawn(trace: Trace) -> None:
    """From its origin to the decision, each part with a way to it; what is broken is marked, what is gone too."""
    graph = why_graph(trace)
    keys = {each.key for each in graph.nodes}
    assert {"commit", "change", "issue", "evidence", "vote/architect", "decision", "calls"} <= keys
    assert {each.key.split("/")[0] for each in graph.nodes} >= {"knowledge", "prompt", "run"}
    assert not [each.key for each in graph.nodes if each.target is None or each.wrong]
    reached, waiting = set[str](), ["decision"]
    while waiting:
        at = waiting.pop()
        reached.add(at)
        waiting += [each.source for each in graph.edges if each.target == at and each.source not in reached]
    assert reached == keys, "everything drawn leads to the decision"
    for name, (_, said) in ALTERED.items():
        about = f"knowledge 7 {said}" if name == "knowledge" else said
        marked = why_graph(replace(trace, broken=[about]))
        (wrong,) = [each for each in marked.nodes if each.wrong]
        assert wrong.wrong == about, name
    gone = why_graph(replace(trace, votes=(), broken=["the architect's vote is missing"]))
    assert [each.key for each in gone.nodes if each.wrong] == ["vote/architect"]
    used = trace.knowledge[0].knowledge_id
    told = why_graph(trace, [Explanation(used, "E711", "Both are about None.", 3)])
    assert [each.source for each in told.edges if each.because] == [f"knowledge/{used}"]


def test_the_command_says_so_and_exits_1(system: System, home: Path) -> None:
    number = next(n for n in decided(system) if system.runtime.traces.of(n).decision.knowledge)
    url = system.settings.database_url
    sigma = Command(home, **({"SIGMA_DATABASE_URL": url.get_secret_value()} if url else {}))
    document = sigma.json("why", number, "--replay", "--weights", "tester=0.9")
    assert document["replay"]["same"] is True
    assert document["counterfactuals"]["weights"]["votes"]["tester"]["weight"] == 0 or document["trace"]["votes"]
    assert "Decided once more" in sigma("why", number, "--replay").out
    assert "no part" in sigma.refused(2, "why", number, "--without", "knowledge/999")
    assert sigma.refused(2, "why", number, "--weights", "nobody=0.4").startswith("nobody: is no member")
    assert sigma.refused(3, "why", 999)
    with system.database.transaction() as session:
        used = system.runtime.traces.of(number).decision.knowledge[0]["id"]
        row = session.get_one(Knowledge, used)
        row.data = {**row.data, "severity": "low"}
    answer = sigma("why", number, "--replay", code=1)
    assert f"knowledge {used} is not what it was when it was decided" in answer.out
    said = sigma.json("proposal", number)["proposal"]
    change = said["committee"]["change"]
    assert (change["kind"], change["actor"], change["why"]) == ("set", "ada", "Tests are good here.")
    assert said["committee"]["weights"] == change["weights"]
    assert said["committee"]["score"] == said["committee"]["weighted"]
    shown = sigma("proposal", number).out
    assert "Weights by change 1 of the committee, set by ada: Tests are good here." in shown
    assert "m-1 said 0.8" in shown
    assert "risk: It might." in shown


def test_an_operator_sees_undoes_freezes_and_releases_how_votes_count(home: Path) -> None:
    sigma = Command(home)
    sigma.json("init")
    shown = sigma.json("committee", "show")["committee"]
    assert (shown["weights"], shown["frozen"], shown["calibration_id"]) == (shown["configured"], False, None)
    assert "as configured" in sigma("committee", "log").out
    changed = sigma.json("committee", "set", "tester=0.5", "--reason", "Tests are good here.")["change"]
    assert changed["weights"]["tester"] > 0.35
    assert "say why" in sigma.refused(2, "committee", "freeze", "--reason", " ")
    assert sigma.json("committee", "undo", "--reason", "They are not.")["change"]["frozen"] is True
    assert "frozen already" in sigma.refused(4, "committee", "freeze", "--reason", "x")
    assert sigma.json("committee", "release", "--reason", "Go on.")["change"]["frozen"] is False
    assert [each["kind"] for each in sigma.json("committee", "log")["changes"]] == ["released", "undone", "set"]
    assert sigma.json("committee", "show")["committee"]["weights"] == shown["weights"]
    sigma.refused(3, "committee", "undo", "99", "--reason", "x")
