"""Takes the pictures of the tour: ``python docs/tour/pictures.py URL``, of a console that `sigma demo` started."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
COLOURS = 128
PATIENCE_MS = 120_000
PICTURES = {
    "overview": "/",
    "issues": "/issues?issue-view=Map",
    "proposal": "/proposals?proposal={proposal}",
    "knowledge": "/knowledge",
    "graph": "/graph",
    "experiments": "/experiments",
    "prompts": "/prompts?prompt=2",
    "cost": "/cost?days=30+days",
}


def take(page: Page, name: str) -> None:
    """One picture, of few colours: a page of the console has no more, and a repository keeps it for ever."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    page.wait_for_timeout(3000)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLOURS).save(HERE / f"{name}.png", optimize=True)


def waiting(page: Page, url: str) -> int:
    """The newest proposal that waits for a person, or else the newest."""
    for query in ("?state=needs_human", ""):
        found = page.request.get(f"{url}/api/proposals{query}").json()["items"]
        if found:
            return max(int(each["proposal_id"]) for each in found)
    raise SystemExit("This demo has no proposals.")


def main() -> None:
    """Each page in turn."""
    url = sys.argv[1].rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860}, timezone_id="Europe/Berlin")
        page.set_default_timeout(PATIENCE_MS)
        proposal = waiting(page, url)
        for name, address in PICTURES.items():
            page.goto(url + address.format(proposal=proposal))
            page.locator(".sg-lines").wait_for()
            page.locator(".sg-head").first.wait_for()
            take(page, name)
        browser.close()


if __name__ == "__main__":
    main()
