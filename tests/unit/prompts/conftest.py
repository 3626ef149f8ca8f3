"""A library on a real store, on both databases."""

from pathlib import Path

import pytest
from fakes.prompt_library import FIX, OpenGate, content

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.lookup import PromptLookup
from sigma_core.prompts.prompt_snapshot import PromptSnapshot


@pytest.fixture
def gate() -> OpenGate:
    return OpenGate()


@pytest.fixture
def library(database: Database, gate: OpenGate) -> PromptLibrary:
    return PromptLibrary(database, utc_now, gate)


@pytest.fixture
def catalog(database: Database) -> PromptCatalog:
    return PromptCatalog(database)


@pytest.fixture
def lookup(database: Database, tmp_path: Path) -> PromptLookup:
    return PromptLookup(database, PromptSnapshot(tmp_path / "kept"), BuiltIns())


@pytest.fixture
def stored(library: PromptLibrary) -> PromptLibrary:
    """The library with one template, two versions, the first in production."""
    library.create(FIX, content(), actor="ann")
    library.label(FIX, "production", 1, reason="first", actor="ann")
    library.edit(FIX, content("Fix this: {{code}}"), base_version=1, note="clearer", actor="ben")
    return library
