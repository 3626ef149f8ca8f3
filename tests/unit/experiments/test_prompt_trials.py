"""Versions of prompts are arms of experiments: on the board with their terms, promoted, taken back, or left alone."""

from itertools import count
from pathlib import Path

import pytest
from fakes.prompt_library import FIX, OpenGate, content

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.dreamer.canary_proposals import CanaryProposals
from sigma_core.experiments.prompt_trials import PromptTrials
from sigma_core.experiments.service import Experiments
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.canary import CallSuccess, Canaries
from sigma_core.prompts.evolution.tables import PromptEvolution
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.lookup import PromptLookup
from sigma_core.prompts.prompt_snapshot import PromptSnapshot
from sigma_core.prompts.tables import PromptTemplate

_ids = count()


class Board:
    """Canaries, the experiments they are, and what a run gets."""

    def __init__(self, database: Database, kept: Path) -> None:
        gate = OpenGate()
        self.database, self.library = database, PromptLibrary(database, utc_now, gate)
        self.library.create(FIX, content("Mend {{code}}"), actor="ann")
        self.library.label(FIX, "production", 1, reason="first", actor="ann")
        self.library.edit(FIX, content("Mend {{code}} well"), note="clearer", actor="ann")
        self.canaries = Canaries(database, utc_now, gate, {"success": CallSuccess()})
        self.trials = PromptTrials(database, utc_now, self.canaries)
        self.experiments = Experiments(database, utc_now, self.trials)
        self.lookup = PromptLookup(database, PromptSnapshot(kept), BuiltIns())

    def cycle(self) -> None:
        """What follows every run of the scheduler."""
        self.canaries.advance()
        self.trials.follow()

    def called(self, version: str, good: int, bad: int) -> None:
        now = utc_now()
        with self.database.transaction() as session:
            session.add_all(
                PromptUsage(
                    call_id=f"c{next(_ids)}",
                    prompt="dream/fix",
                    version=version,
                    worker="dream",
                    model="m",
                    latency_ms=1,
                    success=at < good,
                    day=now.date(),
                    created_at=now,
                    run_id=1,
                )
                for at in range(good + bad)
            )

    def got(self) -> set[int]:
        """Which versions runs from now on are answered with."""
        return {self.lookup.get("dream/fix", run_id=run).number for run in range(200)}


@pytest.fixture
def board(sqlite_database: Database, tmp_path: Path) -> Board:
    return Board(sqlite_database, tmp_path / "kept")


def test_a_canary_is_an_experiment_with_terms_that_were_written_down_before(board: Board) -> None:
    board.canaries.start(FIX, 2, reason="Clearer words help.", actor="ann", most_calls=400)
    board.cycle()
    (found,) = board.experiments.list()
    assert (found.standing, found.worker, found.metric, found.risk) == ("running", "dream", "success", "medium")
    assert found.hypothesis == "Clearer words help."
    assert (found.terms["sample_size"], found.terms["budget"]["calls"]) == (400, 400)
    assert found.rollback_plan == "dream/fix is answered with mine/v1 again from the next run on."
    assert [arm["setting"] for arm in found.arms] == ["mine/v1", "mine/v2"]
    board.cycle()
    assert len(board.experiments.list()) == 1
    assert board.got() == {1, 2}


def test_what_helps_changes_what_runs_and_a_person_takes_it_back(board: Board) -> None:
    board.canaries.start(FIX, 2, reason="try", actor="ann")
    board.called("mine/v1", 60, 40)
    board.called("mine/v2", 99, 1)
    board.cycle()
    (found,) = board.experiments.list()
    assert (found.standing, found.verdict, found.decided_by) == ("promoted", "helps", "canary")
    assert found.low is not None
    assert found.low > 0
    assert board.got() == {2}
    board.experiments.roll_back(found.id or 0, actor="ada", reason="Too long.")
    assert board.got() == {1}
    board.experiments.promote(found.id or 0, actor="ada", reason="After all.")
    assert board.got() == {2}


def test_what_hurts_is_stopped_and_what_does_nothing_is_left_alone(board: Board) -> None:
    board.canaries.start(FIX, 2, reason="try", actor="ann")
    board.called("mine/v1", 99, 1)
    board.called("mine/v2", 60, 40)
    board.cycle()
    assert [each.standing for each in board.experiments.list()] == ["rolled_back"]
    assert board.got() == {1}
    board.library.edit(FIX, content("Mend {{code}} now"), note="other", actor="ann")
    board.canaries.start(FIX, 3, reason="again", actor="ann", most_calls=20)
    board.called("mine/v1", 9, 1)
    board.called("mine/v3", 9, 1)
    board.cycle()
    assert [each.standing for each in board.experiments.list()] == ["no_difference", "rolled_back"]
    assert board.got() == {1}


def test_a_person_ends_one_that_runs_and_what_is_in_production_since_stays(board: Board) -> None:
    board.canaries.start(FIX, 2, reason="try", actor="ann")
    board.cycle()
    (found,) = board.experiments.list()
    board.experiments.roll_back(found.id or 0, actor="ada", reason="Not now.")
    assert board.got() == {1}
    assert board.canaries.status(FIX).canary.state == "rolled_back"
    board.canaries.start(FIX, 2, reason="now", actor="ann")
    board.cycle()
    board.library.edit(FIX, content("Mend {{code}} now"), note="other", actor="ann")
    board.library.label(FIX, "production", 3, reason="urgent", actor="ann")
    board.cycle()
    newest = board.experiments.list()[0]
    assert newest.standing == "stopped"
    board.experiments.roll_back(newest.id or 0, actor="ada", reason="For the record.")
    assert board.got() == {3}


def test_the_dreamer_tries_what_it_had_evolved_once(board: Board) -> None:
    with board.database.transaction() as session:
        template = session.get_one(PromptTemplate, 1)
        session.add(
            PromptEvolution(
                template_id=template.id,
                base_number=1,
                made_number=2,
                model="m",
                seed=0,
                most_calls=9,
                reason="weak",
                requested_by="dreamer",
                status="success",
                verdict="6 of 9 held out, 3 before.",
                requested_at=utc_now(),
            )
        )
    propose = CanaryProposals(board.database, board.canaries)
    assert (propose(), propose()) == ({"canaries": 1}, {})
    board.cycle()
    (found,) = board.experiments.list()
    assert found.hypothesis == "Evolution 1: 6 of 9 held out, 3 before."
    assert board.got() == {1, 2}
