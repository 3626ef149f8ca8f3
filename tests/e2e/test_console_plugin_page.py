"""A page that another package brings, drawn in a browser: the one that the guide shows, and one that fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import CHROMIUM, Site, faint, settle, watch
from fakes.guide import ROOT, Guide
from fakes.plugin_package import install
from fakes.seed import seed
from playwright.sync_api import Browser, Page, expect
from servers import console

from sigma_core.database import Database
from sigma_core.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PATIENCE_MS = 120_000
FAILING = "def draw() -> None:\n    raise LookupError('nothing there')\n"


@pytest.fixture
def site(home: Path, tmp_path: Path) -> Iterator[Site]:
    """With both packages installed."""
    guide = Guide((ROOT / "docs" / "guides" / "adding-a-page.md").read_text())
    packages = tmp_path / "packages"
    install(packages, "my_package", {"my_package.py": "".join(guide.blocks("python"))}, guide.entry_points)
    install(packages, "failing", {"failing.py": FAILING}, {"sigma.pages": {"failing_page": "failing:draw"}})
    database = Database(load_settings(home).database_location)
    seed(database)
    with console(home, PYTHONPATH=str(packages)) as url:
        yield Site(url, database)
    database.dispose()


def visit(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    page.locator(".sg-lines").wait_for(timeout=PATIENCE_MS)
    settle(page)


def test_the_page_of_the_guide_is_drawn_and_one_that_fails_is_told_in_its_place(site: Site, browser: Browser) -> None:
    watched = watch(browser, site)
    page = watched.page
    visit(page, site, "/issue_severities")
    expect(page.get_by_role("heading", name="Open issues by severity")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stMetric").filter(has_text="Critical")).to_contain_text("8")
    assert page.title() == "Issue severities · SIGMA"
    links = [link.split("\n")[-1] for link in page.get_by_test_id("stSidebarNavLink").all_inner_texts()]
    assert links[-2:] == ["Failing page", "Issue severities"]
    assert faint(page) == []
    visit(page, site, "/failing_page")
    expect(page.get_by_text("This could not be shown")).to_be_visible(timeout=PATIENCE_MS)
    assert page.get_by_text("nothing there").count() == 0
    visit(page, site, "/proposals")
    expect(page.get_by_role("heading", name="Proposals")).to_be_visible(timeout=PATIENCE_MS)
    assert watched.outside == []
    assert watched.complaints == []
