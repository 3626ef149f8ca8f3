"""Lists of proposals, counted and paged by the database, on both stores."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fakes.seed_many import seed_proposals
from sqlalchemy import event, text

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.projects.tables import Project
from sigma_core.proposals import listing
from sigma_core.proposals.listing import Wanted


@pytest.fixture
def many(database: Database) -> Database:
    with database.transaction() as session:
        session.add_all(
            Project(id=key, name=name, path=f"/{name}", head="a" * 40, created_at=utc_now())
            for key, name in ((1, "shop"), (2, "billing"))
        )
    seed_proposals(database, 300)
    seed_proposals(database, 7, project_id=2, first_id=5000)
    return database


@contextmanager
def read(database: Database) -> Iterator[list[tuple[str, int]]]:
    """Statements that are sent, each with how many rows it has."""
    sent: list[tuple[str, int]] = []

    def note(_connection, cursor, statement, parameters, *_) -> None:
        if statement.startswith("SELECT"):
            again = cursor.connection.cursor()
            sent.append((statement, len(again.execute(statement, parameters).fetchall())))

    event.listen(database.engine, "after_cursor_execute", note)
    yield sent
    event.remove(database.engine, "after_cursor_execute", note)


def test_pages_hold_every_proposal_once_in_one_order(many: Database):
    with many.reading() as session:
        total = listing.count(session, Wanted())
        pages = [listing.newest(session, Wanted(), 50, offset) for offset in range(0, total, 50)]
        stored = session.execute(text("SELECT id FROM proposal ORDER BY changed_at DESC, id DESC")).scalars().all()
    assert total == 307
    assert [line.id for page in pages for line in page] == stored


def test_counts_are_what_the_lists_hold(many: Database):
    with many.reading() as session:
        for project_id in (None, 1, 2):
            counts = listing.counts(session, project_id)
            assert counts == {state: listing.count(session, Wanted(project_id, (state,))) for state in counts}
        assert sum(listing.counts(session, 2).values()) == 7


def test_a_line_tells_the_reason_of_the_latest_decision(many: Database):
    with many.reading() as session:
        (line,) = listing.newest(session, Wanted(text="module_201.py"), 5)
        (undecided,) = listing.newest(session, Wanted(text="module_203.py"), 5)
    assert (line.id, line.project, line.reason) == (1201, "shop", "Reason 2 of 1201.")
    assert undecided.reason == ""


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("fix NUMBER 1299", [1299]),
        ("module_119.py", [1119]),
        ("part_3/module_10.py", [1010]),
        ("b042 NUMBER module_42.py", [1042]),
        ("überblick 1299", [1299]),
        ("ÜBERBLICK 1299", [1299]),
        ("number_42", []),
        ("100%", []),
        ('["', []),
    ],
)
def test_every_word_is_looked_for_in_title_rule_files_and_id(many: Database, wanted: str, ids: list[int]):
    with many.reading() as session:
        found = listing.newest(session, Wanted(1, text=wanted), 25)
        assert listing.count(session, Wanted(1, text=wanted)) == len(found)
    assert [line.id for line in found] == ids


def test_a_state_there_is_not_is_refused():
    with pytest.raises(Invalid, match="state"):
        Wanted(states=("done",))


def test_a_place_in_the_queue_is_the_one_that_going_through_it_gives(many: Database):
    with many.reading() as session:
        queue = [line.id for line in listing.waiting_longest(session, 1, 100)]
        assert len(queue) == 60
        for number, key in enumerate(queue, 1):
            around = (queue[number - 2] if number > 1 else None), (queue[number] if number < len(queue) else None)
            assert listing.place(session, key, 1) == listing.QueuePosition(number, 60, *around)
        assert listing.place(session, 1001, 1) == listing.QueuePosition(None, 60, None, queue[0])
        assert listing.place(session, queue[0], 2).number is None


def test_a_page_of_very_many_reads_its_own_rows_and_no_diff(many: Database):
    looks: tuple[Callable, ...] = (
        lambda session: listing.counts(session, None),
        lambda session: listing.count(session, Wanted(text="fix")),
        lambda session: listing.newest(session, Wanted(), 25, 275),
        lambda session: listing.waiting_longest(session, None, 3),
        lambda session: listing.place(session, 1150, None),
    )
    with many.reading() as session, read(many) as sent:
        for look in looks:
            look(session)
    assert len(sent) == 4 + 5
    assert max(rows for _, rows in sent) <= 25
    assert not any("diff" in statement for statement, _ in sent)
