"""What only a browser shows: cold deep links, contrast, what leaves the machine."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest
from axe import unmet
from browsing import AUDIT, CHROMIUM, Site, click_in_picture, faint, open_page, put_back, served, settle, watch
from fakes.checkout import Checkout
from fakes.code_projects import rooms
from fakes.seed import seed
from fakes.seed_graph import seed_graph
from playwright.sync_api import Browser, expect
from sqlmodel import col, select

from sigma_core.clock import utc_now
from sigma_core.console.graph.layout import WIDER
from sigma_core.console.graph.picture import HEIGHT, MARGIN
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import KnowledgeConflict
from sigma_core.exchange.types import SuccessfulFix
from sigma_core.proposals.tables import Decision
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PATHS = (
    "/",
    "/issues",
    "/issues?issue-view=Map",
    "/issues?issue=1",
    "/proposals",
    "/proposals?proposal=214",
    "/proposals?proposal=190",
    "/proposals?proposal=215&view=Unified",
    "/runs",
    "/runs?run=90001",
    "/schedule?lanes=7+d",
    "/projects",
    "/proposals?proposal=999",
    "/knowledge",
    "/knowledge?item=5",
    "/knowledge?item=11",
    "/knowledge?publish=risk_pattern",
    "/knowledge?item=999",
    "/prompts",
    "/prompts?prompt=999",
    "/calls",
    "/calls?call=1",
    "/audit",
    "/log",
    "/settings",
    "/runs?run=90002&run-tab=Steps",
    "/cost",
    "/graph",
    "/graph?show=Modules",
    "/graph?show=Blast+radius&proposal=214",
    "/experiments",
    "/experiments?view=History",
    "/experiments?view=Dreamer",
)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Iterator[Site]:
    """A console on believable rows of every kind."""
    with served(new_home(tmp_path_factory.mktemp("warm") / "home")) as site:
        seed(site.database)
        yield site


@pytest.fixture
def site(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Site]:
    """The same for each test, where nobody looks at it any more; one of its own where the graph is filled."""
    if "graph" in request.fixturenames:
        with served(request.getfixturevalue("home")) as own:
            seed(own.database)
            yield own
        return
    warm = request.getfixturevalue("warm")
    with put_back(warm.database):
        yield warm
        for page in browser.contexts[0].pages:
            page.close()


def test_a_deep_link_on_a_cold_server_shows_the_navigation(home: Path, browser: Browser):
    with served(home) as site:
        seed(site.database)
        shows_the_navigation(site, browser)


def shows_the_navigation(site: Site, browser: Browser) -> None:
    page = open_page(watch(browser, site), site, "/proposals?proposal=214")
    page.get_by_role("heading", name="Bind the date instead of formatting it into SQL").wait_for()
    links = page.get_by_test_id("stSidebarNavLink").all_inner_texts()
    assert [link.split("\n")[-1] for link in links] == [
        "Overview",
        "Issues",
        "Proposals (3)",
        "Runs",
        "Projects",
        "Knowledge (1)",
        "Graph",
        "Experiments",
        "Learning",
        "Prompts",
        "Calls",
        "Cost",
        "Schedule",
        "Log",
        "Audit",
        "Settings",
    ]
    assert page.title() == "Proposal 214: Bind the date instead of formatting it into SQL · SIGMA"
    page.goto(f"{site.url}/workers?run=90001&project=sample-shop")
    page.wait_for_url("**/runs?**run=90001**")
    page.get_by_text("IndexError: list index out of range").first.wait_for()
    assert "project=sample-shop" in page.url
    assert page.title().startswith("Run 90001: ")


def test_a_proposal_is_approved_by_key_and_the_next_one_is_reached(site: Site, browser: Browser):
    page = open_page(watch(browser, site), site, "/proposals?proposal=210")
    page.keyboard.press("a")
    reason = page.get_by_role("dialog").get_by_label("Reason")
    expect(reason).to_be_focused(timeout=30_000)
    assert unmet(page) == []
    reason.press("Control+Enter")
    page.get_by_role("button", name="Apply to branch").wait_for()
    page.get_by_role("button", name="Take back").wait_for()
    settle(page)
    page.keyboard.press("j")
    page.get_by_text("215 · sample-shop").wait_for()
    with site.database.reading() as session:
        newest = session.exec(select(Decision).order_by(col(Decision.id).desc())).first()
    assert newest is not None
    assert (newest.proposal_id, newest.verdict, newest.decided_by) == (210, "approved", "person")


def test_rejecting_asks_for_a_reason_first(site: Site, browser: Browser):
    page = open_page(watch(browser, site), site, "/proposals?proposal=214")
    page.get_by_role("button", name="Reject").wait_for()
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("axe: callers rely on the string")
    dialog.get_by_role("button", name="Reject").click()
    page.get_by_text("rejected by").wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=60_000)
    assert page.locator(".sg-card").first.evaluate("card => getComputedStyle(card).borderTopWidth") == "1px"
    with site.database.reading() as session:
        newest = session.exec(select(Decision).order_by(col(Decision.id).desc())).first()
    assert newest is not None
    assert newest.reasons == ["axe: callers rely on the string"]


def test_the_crumb_leads_from_one_object_back_to_the_list(site: Site, browser: Browser):
    page = open_page(watch(browser, site), site, "/proposals?proposal=214")
    page.locator(".st-key-crumb").get_by_role("button", name="Proposals").click()
    page.get_by_placeholder("Search title, rule, file").wait_for()
    assert "proposal=214" not in page.url


def test_a_conflict_is_decided_while_the_feed_is_live(site: Site, browser: Browser):
    watched = watch(browser, site)
    page = open_page(watched, site, "/knowledge")
    page.get_by_role("button", name="Keep high…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("seen twice in production")
    page.wait_for_timeout(5500)
    assert dialog.get_by_label("Reason").input_value() == "seen twice in production"
    dialog.get_by_role("button", name="Keep high").click()
    page.get_by_text("Nothing waits for you").or_(page.get_by_text("could not be handled")).first.wait_for()
    with site.database.reading() as session:
        entry = session.get(KnowledgeConflict, 1)
        assert entry is not None
        assert (entry.winner_id, entry.reason) == (5, "seen twice in production")
    assert watched.complaints == []


def test_what_another_process_publishes_appears_by_itself(site: Site, browser: Browser):
    page = open_page(watch(browser, site), site, "/knowledge")
    exchange = Exchange(site.database, utc_now, Registry())
    exchange.publish("dream", SuccessfulFix(issue_type="E711", improvement=0.5, pattern="Seen live", fix_details="x"))
    page.get_by_text("Seen live fixes E711").wait_for(timeout=120_000)


@pytest.fixture
def graph(site: Site) -> Iterator[System]:
    """The site's system, its graph filled."""
    home = Path(site.database.engine.url.database or "").parent
    system = build(load_settings(home))
    seed_graph(system)
    yield system
    system.close()


@pytest.mark.usefixtures("graph")
def test_a_click_on_an_entity_in_the_picture_goes_there(site: Site, browser: Browser):
    watched = watch(browser, site)
    page = open_page(watched, site, "/graph?entity=nightly+export&hops=1+hop")
    picture = page.locator("canvas")
    picture.wait_for()
    page.locator(".st-key-sg-slider p").last.wait_for()
    page.wait_for_timeout(600)
    assert faint(page) == []
    click_in_picture(
        page,
        lambda width: width - MARGIN - 0.1 * (width - 2 * MARGIN) / (WIDER + 0.2),
        lambda _: 24 + (HEIGHT - 24 - 52) / 2,
        "shop/report.py",
    )
    page.get_by_text("Bound parameters went into the report").wait_for()
    assert page.locator("img[src=x]").count() == 0
    assert watched.outside == []
    assert watched.complaints == []


def test_code_is_looked_at_by_package_by_reach_and_as_of_a_tag(
    site: Site, browser: Browser, tmp_path: Path, graph: System
):
    checkout = Checkout(tmp_path / "rooms", rooms())
    checkout.git("tag", "v1")
    moved = rooms(moved="tax")
    checkout.commit({**dict.fromkeys(set(rooms()) - set(moved)), **moved})
    project = graph.projects.service.add(checkout.path, name="rooms", actor="ann")
    graph.codebase.history.read(project, budget_s=60, tell=lambda _: None)
    graph.graph.loader.drain()
    watched = watch(browser, site)
    page = open_page(watched, site, "/graph?project=rooms&show=Modules")
    page.locator("canvas").wait_for()
    page.get_by_text("shop.stock.tax lives in shop.stock and belongs to shop.billing").wait_for()
    page.wait_for_timeout(600)
    assert faint(page) == []
    page = open_page(watched, site, "/graph?project=rooms&show=Modules&as_of=v1")
    page.get_by_text("Every module has most of its ties within its own package.").wait_for()
    page = open_page(watched, site, "/graph?project=rooms&show=Blast+radius&of=shop.stock.tax.do_tax")
    page.get_by_text("shop.billing.invoice.do_invoice calls shop.stock.tax.do_tax.").wait_for()
    page.wait_for_timeout(600)
    assert faint(page) == []
    # What changes stands at the left, in the middle of the height of its column
    click_in_picture(page, lambda _: 24, lambda height: 24 + (height - 24 - 48) / 2, "shop.stock.tax.do_tax")
    page.get_by_role("button", name="Blast radius").click()
    page.get_by_text("shop.billing.invoice.do_invoice calls shop.stock.tax.do_tax.").wait_for()
    assert "show=Blast+radius" in page.url
    assert watched.complaints == []


def test_a_proposal_leads_to_what_its_change_may_reach(site: Site, browser: Browser):
    page = open_page(watch(browser, site), site, "/proposals?proposal=214")
    page.get_by_role("button", name="Blast radius").click()
    page.get_by_role("heading", name="Graph", exact=True).wait_for()
    assert "proposal=214" in page.url


class Silent:
    """Nobody listens."""

    def progress(self, text: str) -> None:
        """Not even to this."""


def test_a_strategy_is_asked_by_its_form_and_its_answer_appears_by_itself(site: Site, browser: Browser, graph: System):
    watched = watch(browser, site)
    page = open_page(watched, site, "/experiments?worker=think&strategy=multi_hop_exploration")
    page.get_by_role("textbox", name="Start entity").fill("S608")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Requested", exact=True).wait_for()
    assert faint(page) == []
    graph.experiments.strategy_runs.work_off(1, Silent())
    page.get_by_text("Succeeded", exact=True).wait_for()
    page.get_by_text(re.compile(r"\d+ entities within 3 steps of")).wait_for()
    page.wait_for_timeout(600)
    assert faint(page) == []
    page.get_by_role("tab", name="Metrics").click()
    page.get_by_text("Not available").first.wait_for()
    page.wait_for_timeout(600)
    assert faint(page) == []
    assert watched.outside == []
    assert watched.complaints == []


@pytest.mark.timeout(1200)
def test_every_text_is_readable_in_light_and_dark_and_nothing_leaves_the_machine(site: Site, browser: Browser):
    watched = watch(browser, site)
    found = {path: faint(open_page(watched, site, path)) for path in PATHS}
    assert {path: texts for path, texts in found.items() if texts} == {}
    assert watched.outside == []
    assert watched.complaints == []


FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const parts = { Navigation: "[data-testid=stSidebar]", Decision: ".st-key-sg-decide",
    Head: "[class*=st-key-sg-crumb], [class*=st-key-sg-beside-head]", Content: "[data-testid=stMain] *" };
  const part = Object.keys(parts).find((name) => at.closest(parts[name]));
  return [part || at.tagName, at.getAttribute("data-testid") !== "stSidebarNavLink" || style.outlineStyle === "solid"];
}"""


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/", ["Navigation", "Head", "Content"]),
        ("/proposals?proposal=214", ["Navigation", "Head", "Content", "Decision"]),
    ],
)
def test_the_focus_goes_by_key_from_the_navigation_over_the_head_to_the_end(
    site: Site, browser: Browser, path: str, order: list[str]
):
    page = open_page(watch(browser, site), site, path)
    gone: list[str] = []
    while gone[-1:] != ["BODY"]:
        page.keyboard.press("Tab")
        part, is_seen = page.evaluate(FOCUS)
        assert is_seen
        gone.append(part)
        assert len(gone) < 100
    assert [part for part, _ in groupby(each for each in gone if each in {*order, "Content"})] == order


def test_charts_and_table_of_cost_are_drawn_from_this_machine_in_the_colours_of_the_theme(site: Site, browser: Browser):
    watched = watch(browser, site)
    for scheme, accent in (("dark", "rgb(138, 134, 245)"), ("light", "rgb(80, 70, 200)")):
        watched.page.emulate_media(color_scheme=scheme)
        page = open_page(watched, site, "/cost")
        page.wait_for_function(
            "colour => [...document.querySelectorAll('.scatterlayer .js-line')].some(line => "
            "getComputedStyle(line).stroke === colour)",
            arg=accent,
        )
        expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=60_000)
        page.get_by_test_id("stDataFrame").locator("canvas").first.wait_for()
    assert watched.outside == []
    assert watched.complaints == []


def test_the_audit_itself_sees_faint_text_and_controls_without_a_name(browser: Browser):
    page = browser.new_page()
    page.set_content(
        "<p>fine</p><p style='color:#999'>faint</p><p style='opacity:.4'>veiled</p><label>Named<input></label>"
        "<button id='bare'></button><button id='first' tabindex='3'>Go</button>"
    )
    assert [found.split('"')[1] for found in page.evaluate(AUDIT)] == ["faint", "veiled", "bare", "first"]
    page.set_content(
        "<html lang=en><title>t</title><main><h1>h</h1><ul><p>odd</p></ul>"
        "<ul data-testid=stSidebarNavItems><p>known</p></ul></main>"
    )
    assert unmet(page) == ["serious: list: <ul><p>odd</p></ul>"]


def test_hostile_text_runs_nothing(site: Site, browser: Browser):
    watched = watch(browser, site)
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in (
        "/",
        "/proposals",
        "/proposals?proposal=215",
        "/proposals?proposal=180",
        "/knowledge",
        "/knowledge?item=11",
    ):
        open_page(watched, site, path)
    assert dialogs == []
    assert watched.page.locator("img[src=x]").count() == 0
