"""How long a browser needs from a click in the navigation to a page that is drawn, beside an empty page."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from browsing import launched, new_page
from fakes.plugin_package import install
from playwright.sync_api import Page

from sigma_core.console.page_list import GROUPS

EMPTY = "empty_page"
_DRAWN = """
import streamlit as st
from sigma_core.console import widgets
from sigma_core.console.components.blocks import page_head

def draw() -> None:
    widgets.draw(page_head("Empty page"))
"""
_GO = """async ([link, title]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const drawn = () => document.querySelector(".sg-head h1")?.textContent === title
    && document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning";
  const began = performance.now();
  [...document.querySelectorAll("[data-testid=stSidebarNavLink]")].find(each => each.href.endsWith(link)).click();
  while (!drawn()) await frame();
  await frame();
  return performance.now() - began;
}"""
ROUNDS = 7


def install_empty_page(folder: Path) -> Path:
    """A page in the same frame with nothing on it but its title; the folder is to stand in the search path."""
    points = {"sigma.pages": {EMPTY: f"{EMPTY}:draw"}}
    return install(folder, EMPTY, {f"{EMPTY}.py": _DRAWN}, points)


def navigation(url: str) -> Iterator[tuple[str, float, float]]:
    """Of each page: its name, and milliseconds to it and to the empty page, in turn and by the median."""
    for browser in launched():
        page = new_page(browser)
        page.goto(f"{url}/{EMPTY}")
        page.locator(".sg-lines").wait_for()
        for entry in (entry for entries in GROUPS.values() for entry in entries):
            link = "/" if entry.name == "overview" else f"/{entry.name}"
            there, empty = [], []
            for number in range(ROUNDS + 1):
                taken = _go(page, link, entry.title), _go(page, f"/{EMPTY}", "Empty page")
                # The first time the browser loads what only this page needs
                if number:
                    there.append(taken[0])
                    empty.append(taken[1])
            yield entry.name, statistics.median(there), statistics.median(empty)


def _go(page: Page, link: str, title: str) -> float:
    taken: float = page.evaluate(_GO, [link, title])
    # What the page still draws by itself belongs to no click
    page.wait_for_timeout(300)
    return taken
