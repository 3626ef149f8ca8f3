"""What integration tests share: the sandbox and what runs in it, SIGMA with a graph of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository
from fakes.sums import FILES, Repository, Verify, verifier

from sigma_core.projects.sandbox import Grade, Sandbox
from sigma_core.projects.sandbox.select import SelectedSandbox
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.verification.patch import Change
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings, load_settings


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """The real one, at the full grade."""
    found = SelectedSandbox(Settings(home=tmp_path_factory.mktemp("home")))
    if found.grade is not Grade.FULL:
        pytest.skip("no full sandbox here")
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Makes one."""
    return lambda files=FILES, **settings: SmallRepository(tmp_path, files, **settings)


@pytest.fixture
def verify(sandbox: Sandbox) -> Verify:
    """Verifies one change."""

    def one(repository: SmallRepository, change: Change, **options: object) -> Evidence:
        return verifier(sandbox, repository, **options).verify(repository.project, [change])[change.proposal_id]

    return one


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    """SIGMA on a home of its own, whose graph server ends with the test."""
    made = build(load_settings(home))
    yield made
    made.graph.adapter.close()
    assert made.graph.server.stop()
    made.database.dispose()
