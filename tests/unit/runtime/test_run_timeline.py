"""What a run did and when."""

from datetime import UTC, datetime, timedelta

from fakes.seed import seed
from sqlmodel import select

from sigma_core.database import Database
from sigma_core.llm.tables import PromptUsage
from sigma_core.log_lines import LogLine
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.runtime import context, execution
from sigma_core.runtime.run_timeline import TimelineKind, TimelinePart, phases, timeline
from sigma_core.runtime.tables import Run

BEGIN = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)


def said(at_s: float, text: str, logger: str = context.log.name, level: str = "info") -> LogLine:
    at = (BEGIN + timedelta(seconds=at_s)).isoformat().replace("+00:00", "Z")
    return LogLine(at, level, "scheduler", logger, text, 7, "think", "", {})


def run(took_s: float | None = None) -> Run:
    ended = None if took_s is None else BEGIN + timedelta(seconds=took_s)
    return Run(id=7, slot="think/1", worker="think", state="running", attempt=2, started_at=BEGIN, finished_at=ended)


def shown(parts: list[TimelinePart]) -> list[tuple[str, float, float | None, int]]:
    return [
        (
            part.text,
            (part.begins_at - BEGIN).total_seconds(),
            None if part.ends_at is None else (part.ends_at - BEGIN).total_seconds(),
            part.times,
        )
        for part in parts
    ]


def test_what_a_run_said_lasts_until_it_said_the_next():
    lines = [said(0, "Attempt 1 begins", execution.log.name), said(2, "fetching"), said(5, "looking for issues")]
    assert shown([*phases(run(9), lines)]) == [
        ("Attempt 1 begins", 0, 2, 1),
        ("fetching", 2, 5, 1),
        ("looking for issues", 5, 9, 1),
    ]
    assert shown([*phases(run(), lines)])[-1] == ("looking for issues", 5, None, 1)


def test_what_differs_in_its_numbers_alone_is_one_phase_under_its_latest_words():
    lines = [said(1, "judging issue 1 of 1,200"), said(2, "judging issue 2 of 1,200"), said(3, "fetching")]
    assert shown([*phases(run(4), lines)]) == [("judging issue 2 of 1,200", 1, 3, 2), ("fetching", 3, 4, 1)]


def test_without_a_log_the_latest_attempt_is_one_stretch():
    assert shown([*phases(run(420), [])]) == [("Attempt 2", 0, 420, 1)]
    assert not [*phases(Run(id=7, slot="think/1", worker="think", state="queued"), [])]


def test_calls_proposals_decisions_steps_and_warnings_stand_among_what_it_said(sqlite_database: Database):
    seed(sqlite_database)
    with sqlite_database.transaction() as session:
        proposal = session.exec(select(Proposal)).all()[0]
        held = session.get(Run, 90002)
        assert held is not None
        assert held.started_at is not None
        proposal.run_id = held.id
        at = held.started_at
        session.add_all(
            PromptUsage(
                call_id=f"timeline-{number}",
                prompt="dream/error_fix",
                version="v7",
                worker="dream",
                run_id=held.id,
                model="m",
                latency_ms=1000,
                success=number != 2,
                error=None if number != 2 else "It timed out.",
                day=at.date(),
                created_at=at + timedelta(seconds=2 + number),
            )
            for number in range(4)
        )
        session.add(
            Decision(
                proposal_id=proposal.id or 0,
                verdict="needs_human",
                decided_by="committee",
                actor="think",
                run_id=held.id,
                created_at=at + timedelta(seconds=9),
            )
        )
        session.flush()
        warning = said((at - BEGIN).total_seconds() + 1, "The graph is away", "sigma_core.graph", "warning")
        parts = timeline(session, held, [], [warning])
    assert [part.begins_at for part in parts] == sorted(part.begins_at for part in parts)
    calls = [(part.times, part.is_bad, part.detail) for part in parts if part.kind == TimelineKind.CALL]
    assert calls[-3:] == [(2, False, "m"), (1, True, "m · It timed out."), (1, False, "m")]
    (decided,) = (part for part in parts if part.kind == TimelineKind.DECISION)
    assert (decided.text, decided.detail) == (f"Proposal {proposal.id}: needs human", proposal.title)
    assert [part.text for part in parts if part.kind == TimelineKind.TROUBLE] == ["The graph is away"]
    assert [part.text for part in parts if part.kind == TimelineKind.PROPOSAL] == [f"Proposal {proposal.id} written"]
