"""Ten thousand proposals in a browser: every count is the same, and the last one can be reached."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import (
    CHROMIUM,
    Site,
    click_heading,
    click_row,
    open_page,
    put_back,
    served,
    settle,
    tick_row,
    watch,
)
from fakes.seed import seed
from fakes.seed_many import seed_proposals
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
MANY = 10_000
TITLE = 200
"""Pixels from the left of the table to somewhere in the column of titles."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Iterator[Site]:
    """A console on all of them."""
    with served(new_home(tmp_path_factory.mktemp("many") / "home")) as site:
        seed(site.database)
        seed_proposals(site.database, MANY)
        yield site


@pytest.fixture
def site(filled: Site, browser: Browser) -> Iterator[Site]:
    """The same for each test, where nobody looks at it any more."""
    with put_back(filled.database):
        yield filled
        for page in browser.contexts[0].pages:
            page.close()


def test_every_count_is_the_databases_and_the_last_proposal_is_reached(site: Site, browser: Browser):
    with site.database.reading() as session:
        waiting = session.execute(text("SELECT count(*) FROM proposal WHERE state = 'needs_human'")).scalar_one()
        total = session.execute(text("SELECT count(*) FROM proposal")).scalar_one()
        oldest = session.execute(text("SELECT id FROM proposal ORDER BY changed_at, id LIMIT 1")).scalar_one()
    watched = watch(browser, site)
    page = open_page(watched, site, "/proposals")
    shown = f"{waiting:,}".replace(",", "\u202f")
    page.get_by_test_id("stSidebarNav").get_by_text(f"Proposals ({shown})").wait_for()
    page.get_by_text(f"{shown} proposals wait for a person.").wait_for()
    page.get_by_role("button", name=f"Page {-(-total // 25)}", exact=True).click()
    settle(page)
    click_row(page, (total - 1) % 25, TITLE)
    page.get_by_text(f"{oldest} · sample-shop").wait_for()
    page = open_page(watched, site, "/")
    system = build(load_settings(Path(site.database.engine.url.database or "").parent))
    counts = system.runtime.inbox.counts()
    system.close()
    assert counts["proposal"] == waiting
    told = f"{sum(counts.values()):,}".replace(",", "\u202f")
    expect(page.get_by_text("Needs you").locator(".sg-count")).to_have_text(told, timeout=60_000)
    page.get_by_role("radio", name=f"Proposals {shown}").or_(
        page.get_by_role("button", name=f"Proposals {shown}", exact=True)
    ).last.click()
    settle(page)
    page.get_by_role("button", name=f"Page {-(-waiting // 6)}", exact=True).click()
    settle(page)
    expect(page.locator("[class*=st-key-need-]")).to_have_count((waiting - 1) % 6 + 1, timeout=60_000)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill(str(oldest))
    page.get_by_role("dialog").locator(f".st-key-found-proposal-{oldest}").get_by_role("button").click()
    page.get_by_text(f"{oldest} · sample-shop").wait_for()
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


def test_rows_chosen_in_a_sorted_table_are_rejected_with_one_reason_and_exported(site: Site, browser: Browser):
    watched = watch(browser, site)
    page = open_page(watched, site, "/proposals?state=Needs+a+person&q=module_1")
    click_heading(page, TITLE)
    page.wait_for_url("**proposals-sort=Title**")
    with site.database.reading() as session:
        first = session.execute(
            text(
                "SELECT id FROM proposal WHERE state = 'needs_human' AND files LIKE '%module_1%' "
                "ORDER BY title, id LIMIT 2"
            )
        )
        chosen = [row.id for row in first]
    page.set_default_timeout(120_000)
    for at, told in enumerate(("1 proposal chosen", "2 proposals chosen")):
        tick_row(page, at, told)
    page.get_by_role("button", name="Reject 2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("generated code")
    dialog.get_by_role("button", name="Reject").click()
    dialog.wait_for(state="detached")
    with site.database.reading() as session:
        rejected = session.execute(
            text("SELECT id FROM proposal WHERE state = 'rejected' AND id IN (:first, :second)"),
            {"first": chosen[0], "second": chosen[1]},
        )
        assert sorted(row.id for row in rejected) == sorted(chosen)
        listed = session.execute(
            text("SELECT count(*) FROM proposal WHERE state = 'needs_human' AND files LIKE '%module_1%'")
        ).scalar_one()
    settle(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    with download.value.path().open(newline="") as exported:
        assert len(list(csv.reader(exported))) == listed + 1
    assert watched.complaints == []
