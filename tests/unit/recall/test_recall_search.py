"""Recall finds what is known about a question, the best and freshest first, on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from fakes.knowledge import VALID, risk
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.types import SuccessfulFix
from sigma_core.issues.tables import Issue
from sigma_core.projects.tables import Project
from sigma_core.proposals.precedents import ProposalSource
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.recall import index
from sigma_core.recall.search import Recall, own_sources
from sigma_core.recall.source import DocumentSource
from sigma_core.recall.words import words

START = datetime(2026, 5, 1, tzinfo=UTC)


class World:
    """Two projects, an exchange and a recall on one store, in a time of their own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = START
        self.exchange = Exchange(database, self.clock, Registry())
        self.recall = Recall(database, self.clock, (*own_sources(Registry()), ProposalSource()))
        with database.transaction() as session:
            for name in ("one", "two"):
                session.add(Project(name=name, path=f"/{name}", head="0" * 40, created_at=START))

    def clock(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def learn(self, pattern: str, project_id: int | None = None, detail: str = "remove the line") -> int:
        fix = SuccessfulFix(issue_type="F401", improvement=0.5, pattern=pattern, fix_details=detail)
        return self.exchange.publish("learning", fix, project_id=project_id).message_id

    def issue(self, message: str, project_id: int = 1, rule: str = "B006") -> int:
        with self.database.transaction() as session:
            issue = Issue(
                project_id=project_id,
                fingerprint=message[:64],
                detector="linter",
                rule=rule,
                family="bug",
                file="shop/cart.py",
                line=3,
                end_line=3,
                severity="warning",
                message=message,
                state="open",
                opened_commit="0" * 40,
                seen_commit="0" * 40,
                opened_at=self.now,
                changed_at=self.now,
            )
            session.add(issue)
            session.flush()
            return issue.id or 0

    def proposal(self, title: str) -> int:
        with self.database.transaction() as session:
            proposal = Proposal(
                project_id=1,
                title=title,
                change_type="bug",
                diff=title,
                diff_sha256=title[:64],
                base_commit="0" * 40,
                files=["shop/cart.py"],
                confidence=0.5,
                origin="dream",
                fixer="model",
                state="waiting",
                created_at=self.now,
                changed_at=self.now,
            )
            session.add(proposal)
            session.flush()
            return proposal.id or 0

    def decide(self, proposal_id: int, reason: str) -> None:
        with self.database.transaction() as session:
            decision = Decision(
                proposal_id=proposal_id,
                verdict="rejected",
                decided_by="committee",
                actor="think",
                reasons=[reason],
                created_at=self.now,
            )
            session.add(decision)
            proposal = session.get_one(Proposal, proposal_id)
            proposal.state, proposal.changed_at = "rejected", self.now

    def ids(self, query: str, **options) -> list[str]:
        return [hit.id for hit in self.recall.search(query, **options)]


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_words_of_code_are_found_whole_and_in_parts() -> None:
    assert set(words("parse_URLs")) == {"parse_url", "pars", "url"}
    assert {"httpserver", "http", "server"} <= set(words("HTTPServer"))
    assert words("the imports of Straße")["import"] == 1
    assert set(words("B006 s_1 -- !")) == {"b006", "s_1"}


def test_knowledge_issues_and_proposals_are_found(world: World) -> None:
    known = world.learn("mutable default argument becomes None")
    issue = world.issue("Do not use mutable data structures for argument defaults")
    proposal = world.proposal("Replace the mutable default by None")
    found = world.ids("mutable default")
    assert set(found) == {f"knowledge/{known}", f"issue/{issue}", f"proposal/{proposal}"}


def test_the_better_match_comes_first(world: World) -> None:
    world.issue("unused import os")
    best = world.issue("unused variable total")
    world.issue("something else entirely about the variable")
    hits = world.recall.search("unused variable total")
    assert hits[0].id == f"issue/{best}"
    assert hits[0].reason.startswith("words 0.")
    assert hits[0].reason.endswith(" (total, unused, variable); freshness 1.00")
    assert 1 >= hits[0].score > hits[1].score > 0


def test_of_equal_matches_the_fresher_comes_first(world: World) -> None:
    old = world.learn("remove it", detail="alpha gamma")
    world.later(days=20)
    new = world.learn("remove it", detail="beta gamma")
    assert world.ids("gamma") == [f"knowledge/{new}", f"knowledge/{old}"]


def test_free_text_stays_inside_its_project(world: World) -> None:
    mine = world.issue("slow loop over orders", project_id=1)
    world.issue("slow loop over customers", project_id=2)
    world.learn("loop of the other project", project_id=2)
    common = world.learn("loop unrolling")
    assert set(world.ids("loop", project_id=1)) == {f"issue/{mine}", f"knowledge/{common}"}
    assert len(world.ids("loop")) == 4


def test_what_was_recorded_later_is_not_known_as_of_then(world: World) -> None:
    first = world.learn("caching helps", detail="measured")
    world.later(days=10)
    then = world.now
    world.later(days=10)
    world.learn("caching hurts", detail="measured twice")
    [hit] = world.recall.search("caching", as_of=then)
    assert hit.id == f"knowledge/{first}"
    assert hit.freshness == pytest.approx(2.718281828 ** (-10 / 14), abs=1e-6)


def test_a_change_of_the_original_is_found_at_once(world: World) -> None:
    proposal = world.proposal("Tidy the cart")
    assert world.ids("cart tidy") == [f"proposal/{proposal}"]
    assert world.ids("discount") == []
    world.later(seconds=5)
    world.decide(proposal, "newly failed: test_discount")
    [hit] = world.recall.search("discount")
    assert "rejected by committee: newly failed: test_discount" in hit.text


def test_an_index_that_was_cut_short_is_completed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigma_core.recall.index.AT_ONCE", 1)
    late, early = world.issue("caching of late prices"), world.issue("caching of early prices")
    with world.database.transaction() as session:
        session.get_one(Issue, early).changed_at = START - timedelta(days=9)
    real, calls = index._renew, []

    def renew(session: Session, source: DocumentSource, keys: Sequence[int]) -> int:
        calls.append(list(keys))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(session, source, keys)

    monkeypatch.setattr(index, "_renew", renew)
    with pytest.raises(KeyboardInterrupt):
        world.ids("caching")
    assert calls == [[early], [late]]
    assert set(world.ids("caching")) == {f"issue/{late}", f"issue/{early}"}


def test_knowledge_that_lost_a_conflict_is_not_found(world: World) -> None:
    world.exchange.publish("operator", risk(severity="high", confidence=0.2))
    winner = world.exchange.publish("operator", risk(severity="low", confidence=0.9))
    assert world.ids("pattern severity") == [f"knowledge/{winner.message_id}"]


def test_bad_verdicts_move_knowledge_down(world: World) -> None:
    first, second = world.learn("one way", detail="gamma ray"), world.learn("two way", detail="gamma ray")
    world.exchange.judge("dream", second, "not_useful", score=0.1)
    assert world.ids("gamma") == [f"knowledge/{first}", f"knowledge/{second}"]


def test_what_recall_itself_published_is_not_recalled(world: World) -> None:
    world.exchange.publish("recall", "context_enrichment", VALID["context_enrichment"])
    assert world.ids("seen before") == []


@pytest.mark.parametrize("query", ["the", "!!! --", "zzz unheard"])
def test_nothing_known_is_an_empty_answer(world: World, query: str) -> None:
    world.learn("something")
    assert world.ids(query) == []


def test_query_syntax_of_databases_means_nothing(world: World) -> None:
    known = world.learn("quoted")
    assert world.ids("""quoted" OR '1'='1 NEAR( * ) :* & ! %""") == [f"knowledge/{known}"]


def test_questions_without_sense_are_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        world.recall.search(" ", limit=0, as_of=datetime(2026, 1, 1))  # noqa: DTZ001 (without zone on purpose)
    assert set(refused.value.fields) == {"query", "limit", "as_of"}
