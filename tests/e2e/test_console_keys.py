"""Keys in a browser: whoever writes decides nothing, in every dialog and field of every page."""

import getpass
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsing import CHROMIUM, PATIENCE_MS, new_page, settle, tick_row
from fakes.checkout import Checkout
from fakes.seed import seed
from playwright.sync_api import Browser, Page, expect
from servers import console
from sqlmodel import SQLModel, func, select

import sigma_core.console
from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.experiments.tables import Experiment
from sigma_core.llm.tables import ModelCallText, PromptUsage
from sigma_core.projects.tables import Project
from sigma_core.prompts.tables import PromptTemplate
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.runtime.tables import Run
from sigma_core.settings import load_settings

CONSOLE = Path(sigma_core.console.__file__).parent
KEYS = string.ascii_letters + string.digits + " .,-"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

DIALOGS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "calls/detail": [("/calls?call=9001", "Add as test…")],
    "cost/forms": [("/cost", "Set budget…"), ("/cost", "Remove budget…"), ("/cost", "Set price…")],
    "experiments/trials": [("/experiments?view=Dreamer", "Roll back…")],
    "finder": [("/proposals?proposal=214", "Search")],
    "issues/detail": [("/issues?issue=2", "Ignore…")],
    "knowledge/conflicts": [("/knowledge", "Keep high…"), ("/knowledge", "Overturn…")],
    "learning/committee_acts": [("/learning?show=Committee", "Freeze…")],
    "projects/forms": [("/projects", "Add project…"), ("/projects", "Permissions…"), ("/projects", "Remove…")],
    "prompts/label_actions": [("/prompts", "More", "Point staging…")],
    "prompts/test_form": [("/prompts", "Tests", "Add test…")],
    "proposals/decisions": [
        ("/proposals?proposal=214", "Reject…"),
        ("/proposals?proposal=214", "Approve…"),
        ("/proposals?proposal=190", "Approve anyway…"),
        ("/proposals?proposal=210", "Apply to branch…"),
    ],
    "schedule/timing": [("/schedule", "Timing…")],
    "table/bulk": [("/issues?state=Open", "1 issue chosen", "Ignore 1…")],
}
"""By the module that opens it, the page of each dialog and what is pressed there, or ticked."""
PAGES = {
    path: [way[1:] for ways in DIALOGS.values() for way in ways if way[0] == path]
    for path in dict.fromkeys(way[0] for ways in DIALOGS.values() for way in ways)
}


@dataclass
class Site:
    """A console, its database, and a repository under its care."""

    url: str
    database: Database
    checkout: Checkout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("keys")
    home = new_home(folder / "home")
    checkout = Checkout(folder / "shop", {"m.py": "x = 1\n"})
    database = Database(load_settings(home).database_location)
    seed(database)
    with database.transaction() as session:
        session.get_one(Project, 1).path = str(checkout.path)
        session.get_one(Proposal, 210).state = "approved"
        session.add(
            Experiment(
                name="Wider context",
                hypothesis="More helps.",
                approach="Counted apart.",
                rollback_plan="As before.",
                scope="project/1",
                worker="dreamer",
                project_id=1,
                metric="accepted share",
                risk="low",
                baseline={"value": None, "n": 0},
                result={"value": 0.5, "n": 4},
                created_at=utc_now(),
                changed_at=utc_now(),
            )
        )
        asked = {"path": "a.py"}
        session.add(
            PromptUsage(
                id=9001,
                call_id="asked",
                day=utc_now().date(),
                prompt="dream/error_fix",
                version="builtin-1",
                template_id=session.exec(select(PromptTemplate.id)).first(),
                worker="dream",
                project_id=1,
                model="offline-rules",
                latency_ms=3,
                success=True,
                created_at=utc_now(),
            )
        )
        session.add(ModelCallText(call_id="asked", messages=[], variables=asked, is_whole=True, created_at=utc_now()))
    with console(home) as url:
        yield Site(url, database, checkout)
    database.dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = new_page(browser)
    expect.set_options(timeout=PATIENCE_MS)
    yield opened
    opened.close()


def visit(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    page.locator(".sg-head, .sg-alert").first.wait_for()
    page.locator(".sg-lines").wait_for()
    page.wait_for_function("window.sigmaKeyboard === true")


def done(site: Site) -> tuple[object, ...]:
    """All that a key could have brought about."""
    counted: tuple[type[SQLModel], ...] = (Decision, AuditEntry, Run)
    with site.database.reading() as session:
        rows = [session.exec(select(func.count()).select_from(table)).one() for table in counted]
        asked = session.exec(select(Proposal.id, Proposal.state, Proposal.apply_requested_by)).all()
    return (*rows, sorted(map(tuple, asked)), site.checkout.git("for-each-ref"))


def test_every_module_that_opens_a_dialog_is_one_of_those_typed_in() -> None:
    opening = [file for file in CONSOLE.rglob("*.py") if "st.dialog(" in file.read_text()]
    assert {file.relative_to(CONSOLE).with_suffix("").as_posix() for file in opening} == set(DIALOGS)


@pytest.mark.parametrize("path", PAGES)
def test_no_letter_typed_in_a_dialog_does_anything(site: Site, page: Page, path: str) -> None:
    visit(page, site, path)
    for buttons in PAGES[path]:
        for button in buttons:
            if button.endswith("chosen"):
                tick_row(page, 0, button)
            else:
                page.get_by_role("button", name=button).or_(page.get_by_role("tab", name=button)).first.click()
        type_in_dialog(site, page)
        while page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
            settle(page)


def type_in_dialog(site: Site, page: Page) -> None:
    # A menu may be open behind it, which is a dialog to the browser too
    dialog = page.get_by_role("dialog").last
    dialog.wait_for()
    settle(page)
    before, where = done(site), page.url
    fields = dialog.locator("textarea, input[type=text]:not([role=combobox]), input[type=search]")
    if fields.count():
        expect(fields.and_(page.locator(":focus"))).to_have_count(1)
        page.keyboard.press("Control+a")
        page.keyboard.type(KEYS)
        expect(fields.and_(page.locator(":focus"))).to_have_value(KEYS)
    dialog.evaluate("dialog => { document.activeElement.blur(); dialog.tabIndex = -1; dialog.focus() }")
    for key in string.ascii_letters + string.digits:
        page.keyboard.press(key, delay=0)
    settle(page)
    assert dialog.is_visible()
    assert page.url == where
    assert done(site) == before


def test_a_word_typed_before_its_dialog_is_there_asks_for_nothing_else(site: Site, page: Page) -> None:
    visit(page, site, "/proposals?proposal=214")
    page.get_by_role("button", name="Reject…").wait_for()
    settle(page)
    before = done(site)
    page.keyboard.type("xajg")
    page.get_by_role("dialog").get_by_text("Reject proposal 214").wait_for()
    settle(page)
    assert page.get_by_text("Approve proposal 214").count() == 0
    assert "proposal=214" in page.url
    assert done(site) == before


def test_a_field_with_text_in_it_keeps_letters_from_the_buttons(site: Site, page: Page) -> None:
    visit(page, site, "/prompts")
    page.get_by_role("button", name="Edit", exact=False).first.click()
    page.get_by_label("What is different, and why").fill("words")
    page.locator("h2").first.click()
    before = done(site)
    for key in string.ascii_lowercase:
        page.keyboard.press(key)
    settle(page)
    expect(page.get_by_label("What is different, and why")).to_have_value("words")
    assert done(site) == before


def test_a_refusal_is_told_in_the_dialog_and_what_was_typed_stays(site: Site, page: Page, tmp_path: Path) -> None:
    visit(page, site, "/projects")
    page.get_by_role("button", name="Add project…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Path of a git repository").fill(str(tmp_path))
    dialog.get_by_label("Test command").fill("pytest -q")
    dialog.get_by_role("button", name="Add project").click()
    dialog.get_by_role("alert").get_by_text("This cannot be used as it is").wait_for()
    expect(dialog.get_by_label("Path of a git repository")).to_have_value(str(tmp_path))
    expect(dialog.get_by_label("Test command")).to_have_value("pytest -q")


def test_two_people_on_one_proposal_in_two_browsers(site: Site, browser: Browser) -> None:
    pages = [browser.new_context().new_page() for _ in range(2)]
    for opened, verb in zip(pages, ("Reject", "Approve"), strict=True):
        opened.set_default_timeout(PATIENCE_MS)
        visit(opened, site, "/proposals?proposal=215")
        opened.get_by_role("button", name=f"{verb}…").click()
        opened.get_by_role("dialog").get_by_label("Reason").fill(f"I {verb.lower()}")
    first, second = (opened.get_by_role("dialog") for opened in pages)
    first.get_by_role("button", name="Reject").click()
    first.wait_for(state="detached")
    pages[0].get_by_text("I reject").first.wait_for()
    second.get_by_role("button", name="Approve").click()
    second.get_by_text(f"has been rejected by {getpass.getuser()} (I reject)").wait_for()
    expect(second.get_by_label("Reason")).to_have_value("I approve")
    with site.database.reading() as session:
        assert session.get_one(Proposal, 215).state == "rejected"
    second.get_by_role("button", name="Approve").click()
    second.wait_for(state="detached")
    with site.database.reading() as session:
        assert session.get_one(Proposal, 215).state == "approved"
    for opened in pages:
        opened.context.close()
