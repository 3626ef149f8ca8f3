"""What the tests in a browser share."""

from collections.abc import Iterator

import pytest
from browsing import launched
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a file."""
    yield from launched()
