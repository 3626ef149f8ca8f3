"""Ten thousand proposals in a browser: every count is the same, and the last one can be reached."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import CHROMIUM, Site, open_page, served, watch
from fakes.seed import seed
from fakes.seed_many import seed_proposals
from playwright.sync_api import Browser
from sqlalchemy import text

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
MANY = 10_000


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    with served(home) as site:
        seed(site.database)
        seed_proposals(site.database, MANY)
        yield site


def test_every_count_is_the_databases_and_the_last_proposal_is_reached(site: Site, browser: Browser):
    with site.database.reading() as session:
        waiting = session.execute(text("SELECT count(*) FROM proposal WHERE state = 'needs_human'")).scalar_one()
        total = session.execute(text("SELECT count(*) FROM proposal")).scalar_one()
        oldest = session.execute(text("SELECT id FROM proposal ORDER BY changed_at, id LIMIT 1")).scalar_one()
    watched = watch(browser, site)
    page = open_page(watched, site, "/proposals")
    shown = f"{waiting:,}".replace(",", "\u202f")
    assert page.get_by_test_id("stSidebarNav").get_by_text(f"Proposals ({shown})").is_visible()
    assert page.get_by_text(f"{shown} proposals wait for a person.").is_visible()
    page.get_by_role("button", name=f"Page {-(-total // 25)}", exact=True).click()
    page.locator(f".st-key-proposal-{oldest}").get_by_role("button").click()
    page.get_by_text(f"{oldest} · sample-shop").wait_for()
    page = open_page(watched, site, "/")
    # and the one worker whose latest run failed
    assert page.get_by_text("Needs you").locator(".sg-count").inner_text() == f"{waiting + 1:,}".replace(",", "\u202f")
    page.get_by_role("button", name=f"All {shown} proposals").click()
    page.get_by_placeholder("Search title, rule, file").wait_for()
    page.wait_for_url(lambda url: "state=Needs" in url)
    assert watched.complaints == []


def test_the_project_stays_in_the_address_from_page_to_page(site: Site, browser: Browser):
    watched = watch(browser, site)
    page = open_page(watched, site, "/proposals?project=billing")
    page.get_by_text("No proposals yet").wait_for()
    for link in ("Schedule", "Knowledge", "Cost", "Overview"):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=link).click()
        page.get_by_role("heading", name=link, exact=True).wait_for()
        page.wait_for_url("**project=billing**")
    page.reload()
    page.locator(".sg-lines").wait_for()
    assert page.get_by_label("Project").input_value() == "billing"
    assert watched.complaints == []
