"""The demonstration: history made by the real code, in a home that is nobody else's."""

from pathlib import Path

import pytest
from sqlmodel import col, func, select

from sigma_core.clock import utc_now
from sigma_core.demo.making import home_beside, make
from sigma_core.demo.marker import NAME, begin, is_demo, is_whole, taken
from sigma_core.demo.month import Extent
from sigma_core.errors import Conflict
from sigma_core.llm.tables import PromptUsage
from sigma_core.proposals.tables import Decision
from sigma_core.runtime.inbox import Waiting
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings, load_settings

pytestmark = pytest.mark.timeout(1200)


def _quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a home in which a month of one project was pressed into a day."""
    made = load_settings(tmp_path_factory.mktemp("demo") / "home")
    assert make(made, _quiet, Extent(days=1, projects=1, really_proved=0))
    return made


def test_a_demo_has_something_of_every_kind(settings: Settings) -> None:
    system = System(settings, "command")
    waiting = system.runtime.inbox.counts()
    with system.database.reading() as session:
        verdicts = {
            tuple(row) for row in session.execute(select(Decision.verdict, Decision.decided_by).distinct()).all()
        }
        failed = session.exec(select(func.count()).where(col(Run.state) == "error")).one()
        asked = session.exec(select(func.count(col(PromptUsage.id)))).one()
        ahead = session.exec(select(func.count()).where(col(Run.finished_at) > system.database.now(session))).one()
    statuses = {each.state for each in system.proposals.service.list()}
    system.close()
    # A budget is used up on the day of its calls, which may be yesterday by now
    assert {kind for kind, number in waiting.items() if number} >= {
        Waiting.FAILING,
        Waiting.TEST,
        Waiting.CONFLICT,
        Waiting.PROPOSAL,
        Waiting.DEAD_LETTER,
        Waiting.MENDED,
    }
    assert {("approved", "committee"), ("needs_human", "committee")} <= verdicts
    assert "needs_human" in statuses
    assert failed
    assert asked > 20
    assert ahead == 0


def test_a_demo_that_stands_is_kept(settings: Settings) -> None:
    before = (settings.home / "demo.json").read_text()
    assert not make(settings, _quiet)
    assert (settings.home / "demo.json").read_text() == before


def test_a_demo_that_was_broken_off_is_made_anew_and_one_that_is_being_made_is_left(tmp_path: Path) -> None:
    home = tmp_path / "home"

    def break_off(_: str) -> None:
        with pytest.raises(Conflict, match="is being made by another process"):
            make(load_settings(home), _quiet)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(load_settings(home), break_off, Extent(days=1, projects=1, really_proved=0))
    left = home / "half" / "written"
    left.parent.mkdir()
    left.touch()
    assert (is_demo(home), is_whole(home)) == (True, False)
    with taken(home):
        begin(home, utc_now())
    assert {each.name for each in home.iterdir()} == {NAME}


def test_a_demo_takes_no_folder_that_holds_anything(tmp_path: Path) -> None:
    (tmp_path / "sigma.db").touch()
    with pytest.raises(Conflict, match="is not empty and holds no demo"):
        make(load_settings(tmp_path), _quiet)
    assert not is_demo(tmp_path)


def test_a_demo_lies_beside_the_home_in_use(tmp_path: Path) -> None:
    assert home_beside(tmp_path / ".sigma") == tmp_path / ".sigma-demo"
