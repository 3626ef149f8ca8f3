"""Looking for garbage goes on as it was, whatever happens meanwhile."""

import gc
from collections.abc import Iterator

import pytest

from sigma_core.garbage import collecting_later
from sigma_core.parsing import syntax_tree


@pytest.fixture(params=[True, False])
def was_collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_it_waits_and_goes_on_as_it_was(was_collecting: bool) -> None:
    with collecting_later():
        assert not gc.isenabled()
        with collecting_later():
            pass
        assert not gc.isenabled()
    assert gc.isenabled() == was_collecting


def test_it_goes_on_after_a_file_that_cannot_be_read(was_collecting: bool) -> None:
    with pytest.raises(SyntaxError):
        syntax_tree("def (")
    assert gc.isenabled() == was_collecting
