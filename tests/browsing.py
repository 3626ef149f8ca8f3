"""A real console in a real browser: started, watched, measured."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from axe import unmet
from fakes.patience import PATIENCE_S, until
from playwright.sync_api import Browser, Error, Page, sync_playwright
from servers import ROOT, console

from sigma_core.database import Database
from sigma_core.settings import load_settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 120_000
PROBED = ("_stcore/health", "_stcore/host-config")
"""Streamlit's client looks for its server below a deep link's path first."""

AUDIT = (ROOT / "tests" / "e2e" / "contrast.js").read_text()


@dataclass
class Site:
    """A running console and its database."""

    url: str
    database: Database


@dataclass
class Watched:
    """A page and what was seen to go wrong on it."""

    page: Page
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def served(home: Path) -> Iterator[Site]:
    """A cold server: nobody has opened any page yet."""
    database = Database(load_settings(home).database_location)
    try:
        with console(home) as url:
            yield Site(url, database)
    finally:
        database.dispose()


@contextmanager
def put_back(database: Database) -> Iterator[None]:
    """What becomes of the rows meanwhile is undone at the end, for a console that works with them too."""
    file = database.engine.url.database or ""
    with closing(sqlite3.connect(file, timeout=PATIENCE_S)) as rows, closing(sqlite3.connect(":memory:")) as kept:
        rows.backup(kept)
        yield
        kept.backup(rows)


def launched() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


def new_page(browser: Browser) -> Page:
    """A page of the browser's first person: the console's scripts are compiled once for all pages of a person."""
    if not browser.contexts:
        browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Europe/Berlin")
    page = browser.contexts[0].new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def watch(browser: Browser, site: Site) -> Watched:
    watched = Watched(new_page(browser))
    own = (site.url, site.url.replace("http", "ws", 1), "data:", "blob:")
    watched.page.on("request", lambda r: None if r.url.startswith(own) else watched.outside.append(r.url))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("response", lambda r: _note(watched, r.status, r.url))
    return watched


def _note(watched: Watched, status: int, url: str) -> None:
    if status >= 400 and not url.endswith(PROBED):
        watched.complaints.append(f"{status} {url}")


def open_page(watched: Watched, site: Site, path: str) -> Page:
    page = watched.page
    page.goto(site.url + path)
    page.locator(".sg-head, .sg-alert").first.wait_for()
    page.locator(".sg-lines").wait_for()
    settle(page)
    page.wait_for_function("window.sigmaKeyboard === true")
    return page


def settle(page: Page) -> None:
    """Waits until the page is drawn to its end: a key pressed before its button stands there is no command."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(600)


def click_in_picture(
    page: Page, across: Callable[[float], float], down: Callable[[float], float], heading: str
) -> None:
    """Click at a place of the picture, told by its width and height, until this heading stands there.

    A picture that is drawn anew just then, in other colours, takes no notice of the click.
    """

    def stands_there() -> bool:
        # While it is drawn anew there are two
        box = page.evaluate(
            "() => { const all = document.querySelectorAll('canvas');"
            " return all.length === 1 ? all[0].getBoundingClientRect().toJSON() : null }"
        )
        if box is None:
            return False
        place = box["x"] + across(box["width"]), box["y"] + down(box["height"])
        page.mouse.move(place[0] - 3, place[1] - 3)
        page.mouse.move(*place)
        return page.evaluate("() => document.querySelector('canvas')?.parentElement.style.cursor") == "pointer"

    def leads_there() -> bool:
        if stands_there():
            page.mouse.down()
            page.mouse.up()
            page.wait_for_timeout(2000)
        return page.get_by_role("heading", name=heading).is_visible()

    until(leads_there)


ROW = 34
"""Height of a row of a table, its heading's too."""
TICKS = 34
"""Width of the column of ticks."""


def _click_in_grid(page: Page, across: float, down: float) -> None:
    # All of it in sight: what scrolls under the page's head takes no clicks
    page.set_viewport_size({"width": 1280, "height": 1500})
    grid = page.get_by_test_id("stDataFrame").first
    grid.locator("canvas").first.wait_for()
    settle(page)
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across, box["y"] + down)


def click_heading(page: Page, across: float) -> None:
    """Click on the heading of the column that stands so far from the left."""
    _click_in_grid(page, across, ROW / 2)
    settle(page)


def click_row(page: Page, at: int, across: float) -> None:
    """Click on a cell of the row at this place, counted from 0."""
    _click_in_grid(page, across, ROW * (at + 1.5))


def tick_row(page: Page, at: int, told: str) -> None:
    """Choose the row at this place, until this is told of it: a table that is drawn anew just then forgets a tick."""
    chosen = page.get_by_text(told)

    def ticked() -> bool:
        _click_in_grid(page, TICKS / 2, ROW * (at + 1.5))
        with suppress(Error):
            chosen.wait_for(timeout=20_000)
        return chosen.is_visible()

    until(ticked)
    settle(page)


def faint(page: Page) -> list[str]:
    """Texts that are hard to read on a page that is drawn, in light and in dark, and what else bars anybody from it."""
    found = _lasting(page, unmet)
    grounds: set[str] = set()
    schemes = ("light", "dark")
    drawn = schemes[page.evaluate("() => Number(matchMedia('(prefers-color-scheme: dark)').matches)")]
    for scheme in sorted(schemes, key=lambda each: each != drawn):
        if scheme != drawn:
            page.emulate_media(color_scheme=scheme)
            settle(page)
        grounds.add(page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor"))
        found += [f"{scheme}: {text}" for text in _lasting(page, lambda drawn: drawn.evaluate(AUDIT))]
    assert len(grounds) == 2
    return found


def _lasting(page: Page, look: Callable[[Page], list[str]]) -> list[str]:
    """What is drawn anew is pale, or twice there, for as long; on a busy machine that is a while."""
    seen = look(page)
    while seen:
        page.wait_for_timeout(3000)
        again = look(page)
        if again == seen:
            break
        seen = again
    return seen
