"""What the run of the base shows of functions and tests becomes facts: in the real sandbox."""

from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository
from fakes.sums import FILES, Repository, verifier
from sqlalchemy import select

from sigma_core.clock import utc_now
from sigma_core.codebase.coverage import Coverage
from sigma_core.codebase.coverage_items import every_measurement, measurement_items
from sigma_core.codebase.history import History
from sigma_core.codebase.tables import measurements
from sigma_core.database import Database
from sigma_core.projects.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def told(database: Database) -> set[tuple[str, str]]:
    with database.reading() as session:
        items = measurement_items(session, [each.origin_id for each in every_measurement(session)])
    return {(fact.subject.name, fact.object.name) for item in items.values() for fact in item.facts}


@pytest.mark.parametrize("command", ["pytest", "unittest"])
def test_a_function_is_tested_by_the_tests_that_executed_it(
    database: Database, repository: Repository, sandbox: Sandbox, command: str, tmp_path: Path
) -> None:
    files = FILES if command == "pytest" else {"calc.py": FILES["calc.py"], "test_calc.py": UNITTEST}
    settings = {} if command == "pytest" else {"test_command": "python -m unittest"}
    small: SmallRepository = repository(files, **settings)
    with database.transaction() as session:
        session.add(small.project)
        session.flush()
        session.expunge(small.project)
    History(database, utc_now, lambda _: small.clone(small.project)).read(
        small.project, budget_s=60, tell=lambda _: None
    )
    proving = verifier(sandbox, small, coverage=Coverage(database, utc_now))
    for number in (1, 2):
        change = small.replacing(number, "calc.py", "return a * 2", "return a + a")
        proving.verify(small.project, [change])
    assert told(database) == (BY_PYTEST if command == "pytest" else BY_UNITTEST)
    with database.reading() as session:
        assert len(session.execute(select(measurements)).all()) == 1


UNITTEST = """
import unittest

import calc


class Sums(unittest.TestCase):
    def test_add(self):
        self.assertEqual(calc.add(1, 2), 3)
"""
BY_PYTEST = {
    ("calc.add", "tests.test_calc.test_add"),
    ("calc.add", "tests.test_calc.test_add_again"),
    ("calc.positive", "tests.test_calc.test_positive"),
}
BY_UNITTEST = {("calc.add", "test_calc.Sums.test_add")}
