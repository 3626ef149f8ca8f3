"""A candidate gets its share, sticky by run, and what it does decides."""

from collections import Counter
from itertools import count

import pytest
from fakes.prompt_library import FIX, OpenGate, content

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid, NotFound
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.canary import CallSuccess, Canaries
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.lookup import PromptLookup

_ids = count()


@pytest.fixture
def canaries(database: Database, stored: PromptLibrary, gate: OpenGate) -> Canaries:
    return Canaries(database, utc_now, gate, {"success": CallSuccess()})


def called(database: Database, version: str, good: int, bad: int, run_id: int | None = 1) -> None:
    with database.transaction() as session:
        session.add_all(
            PromptUsage(
                call_id=f"c{next(_ids)}",
                prompt="dream/fix",
                version=version,
                worker="dream",
                model="m",
                latency_ms=1,
                success=number < good,
                day=utc_now().date(),
                created_at=utc_now(),
                run_id=run_id,
            )
            for number in range(good + bad)
        )


def test_a_share_of_runs_meets_the_candidate_and_each_run_only_one(canaries: Canaries, lookup: PromptLookup) -> None:
    assert lookup.get("dream/fix", run_id=1).number == 1
    canaries.start(FIX, 2, reason="try", actor="ann", share=0.25)
    first = [lookup.get("dream/fix", run_id=run).version for run in range(2000)]
    assert first == [lookup.get("dream/fix", run_id=run).version for run in range(2000)]
    share = Counter(first)["mine/v2"] / 2000
    assert 0.21 < share < 0.29
    assert {lookup.get("dream/fix", run_id=run).label for run in range(50)} == {"production", "candidate"}
    assert lookup.get("dream/fix").number == 1


def test_a_better_candidate_becomes_production_by_itself(
    canaries: Canaries, database: Database, catalog: PromptCatalog, lookup: PromptLookup
) -> None:
    canaries.start(FIX, 2, reason="try", actor="ann")
    called(database, "mine/v1", 60, 40)
    called(database, "mine/v2", 98, 2)
    called(database, "mine/v2", 0, 500, run_id=None)
    (ended,) = canaries.advance()
    assert (ended.state, ended.verdict) == ("promoted", "success: mine/v2 98 of 100, mine/v1 60 of 100")
    assert catalog.show(FIX).labels == {"production": 2}
    assert catalog.show(FIX).moves[0].actor == "canary"
    assert lookup.get("dream/fix", run_id=3).number == 2
    assert canaries.advance() == []
    called(database, "mine/v2", 0, 50)
    status = canaries.status(FIX)
    assert status is not None
    assert status.candidate.calls == 100


def test_a_worse_candidate_is_rolled_back_by_itself(
    canaries: Canaries, database: Database, catalog: PromptCatalog, lookup: PromptLookup
) -> None:
    canaries.start(FIX, 2, reason="try", actor="ann")
    called(database, "mine/v1", 98, 2)
    called(database, "mine/v2", 20, 20)
    assert [each.state for each in canaries.advance()] == ["rolled_back"]
    assert catalog.show(FIX).labels == {"production": 1}
    assert {lookup.get("dream/fix", run_id=run).number for run in range(100)} == {1}


def test_what_stays_open_is_given_up_and_production_stays(
    canaries: Canaries, database: Database, catalog: PromptCatalog
) -> None:
    canaries.start(FIX, 2, reason="try", actor="ann", most_calls=100)
    called(database, "mine/v1", 45, 5)
    called(database, "mine/v2", 45, 5)
    (ended,) = canaries.advance()
    assert ended.state == "stopped"
    assert (ended.verdict or "").startswith("Undecided after 100 calls")
    assert catalog.show(FIX).labels == {"production": 1}


def test_its_share_grows_while_nothing_speaks_against_it(canaries: Canaries, database: Database) -> None:
    canaries.start(FIX, 2, reason="try", actor="ann", share=0.1, most_share=0.3)
    for share in (0.2, 0.3, 0.3):
        called(database, "mine/v1", 80, 20)
        called(database, "mine/v2", 16, 4)
        assert canaries.advance() == []
        status = canaries.status(FIX)
        assert status is not None
        assert status.canary.share == share


def test_a_person_ends_it_by_stopping_it_or_by_moving_production(
    canaries: Canaries, stored: PromptLibrary, lookup: PromptLookup
) -> None:
    canaries.start(FIX, 2, reason="try", actor="ann", share=0.5)
    with pytest.raises(Conflict, match="is running; stop it first"):
        canaries.start(FIX, 2, reason="try", actor="ann")
    canaries.stop(FIX, reason="enough", actor="ben")
    assert {lookup.get("dream/fix", run_id=run).number for run in range(50)} == {1}
    with pytest.raises(NotFound):
        canaries.stop(FIX, reason="enough", actor="ben")
    canaries.start(FIX, 2, reason="try", actor="ann")
    stored.label(FIX, "production", 2, reason="sure", actor="cem")
    status = canaries.status(FIX)
    assert status is not None
    assert (status.canary.state, status.canary.verdict) == ("stopped", "cem moved production.")


def test_a_canary_needs_a_fitting_share_something_to_compare_with_and_passed_tests(
    canaries: Canaries, stored: PromptLibrary, gate: OpenGate
) -> None:
    with pytest.raises(Invalid, match="share"):
        canaries.start(FIX, 2, reason="try", actor="ann", share=1.0)
    with pytest.raises(Invalid, match="outcome: is one of success"):
        canaries.start(FIX, 2, reason="try", actor="ann", outcome="luck")
    with pytest.raises(Conflict, match="nothing else in production"):
        canaries.start(FIX, 1, reason="try", actor="ann")
    stored.create("dream/other", content(), actor="ann")
    with pytest.raises(Conflict, match="nothing else in production"):
        canaries.start("dream/other", 1, reason="try", actor="ann")
    gate.against = "v2 fails."
    with pytest.raises(Forbidden, match="No canary was started"):
        canaries.start(FIX, 2, reason="try", actor="ann")
    assert "overridden: v2 fails." in canaries.start(FIX, 2, reason="try", actor="ann", override=True).reason
