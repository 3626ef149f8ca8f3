"""A cycle that a restart of the database interrupts is begun again, not given up."""

import pytest
from fakes.runner_parts import add_projects
from sqlalchemy import text

from sigma_core.clock import utc_now
from sigma_core.counter import Counter
from sigma_core.database import Database
from sigma_core.errors import Disconnected
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures, execute_to_its_end
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState


@pytest.mark.postgresql
def test_a_cycle_whose_connection_the_server_ends_waits_to_be_begun_again(postgresql_home_url: str) -> None:
    database = Database(postgresql_home_url)
    add_projects(database, [1])
    runs = Runs(database, utc_now)
    runs.enqueue("analysis", 1)
    claim = Leases(database, runs, lease_s=60, attempts=3).claim("here/1/a")
    assert claim is not None

    def cut_off(_run: Run, _context: RunContext) -> CycleFigures:
        with pytest.raises(Disconnected), database.transaction() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        raise Disconnected("The server is gone.")

    ending = execute_to_its_end(cut_off, RunContext(claim, 60, None), attempts=3)
    assert (ending.state, ending.retry_after_s) == (RunState.QUEUED, 1)
    last = execute_to_its_end(cut_off, RunContext(claim, 60, None), attempts=1)
    assert last.state == RunState.ERROR
    database.dispose()


@pytest.mark.postgresql
def test_who_reads_a_counter_on_a_connection_that_the_server_ended_may_begin_again(postgresql_home_url: str) -> None:
    database = Database(postgresql_home_url)
    counter = Counter(database, "prompts")
    counter.value()
    with database.transaction() as session:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        session.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    with pytest.raises(Disconnected, match="The database cannot be used"):
        counter.value()
    counter.value()
    database.dispose()
