"""Real processes that publish the same knowledge at once: one item, its evidence right, and no error."""

from collections import Counter

from fakes.fork_server import PROCESSES, start_fork_server
from fakes.knowledge_race import ROUNDS, race
from sqlmodel import func, select

from sigma_core.database import Database
from sigma_core.exchange import sizes
from sigma_core.exchange.tables import Delivery, Knowledge, KnowledgeConflict, KnowledgeOrigin, KnowledgeSize

SOURCES = ("analysis", "dream", "operator", "recall")


def test_processes_that_publish_the_same_at_once_make_one_item_of_it(database: Database) -> None:
    start_fork_server()
    url = database.engine.url.render_as_string(hide_password=False)
    start = PROCESSES.Barrier(len(SOURCES))
    racers = [PROCESSES.Process(target=race, args=(url, source, start)) for source in SOURCES]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    assert [racer.exitcode for racer in racers] == [0] * len(SOURCES)
    with database.reading() as session:
        rows = session.exec(select(Knowledge)).all()
        evidence = {(row.data["pattern"], row.data["severity"]): row.evidence_count for row in rows}
        deliveries = session.exec(select(func.count()).select_from(Delivery)).one()
        origins = session.exec(select(func.count()).select_from(KnowledgeOrigin)).one()
        kept = sizes.by_source(session)
        conflicts = session.exec(select(func.count()).select_from(KnowledgeConflict)).one()
    expected = {(f"same {number}", "high"): 4 for number in range(ROUNDS)}
    expected |= {(f"told {number}", "high"): 1 for number in range(ROUNDS)}
    expected |= {(f"torn {number}", severity): 2 for number in range(ROUNDS) for severity in ("high", "low")}
    assert len(rows) == len(evidence)
    assert evidence == expected
    assert kept == Counter(row.source for row in rows)
    with database.transaction() as session:
        sizes.fold(session, 0)
        assert sizes.by_source(session) == kept
        assert len(session.exec(select(KnowledgeSize)).all()) == len(kept)
    assert deliveries == 2 * len(rows)
    assert origins == ROUNDS
    assert conflicts >= ROUNDS
    standing = [(row.data["pattern"], row.validation_status) for row in rows if row.validation_status == "valid"]
    assert len(standing) == len(set(standing)) == 3 * ROUNDS
