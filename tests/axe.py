"""What axe-core finds on a page against WCAG and its own best practices."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
STREAMLITS = (
    # Groups of pages are blocks of their own between the list and its items; the markup is not ours to change
    ("list", "[data-testid=stSidebarNavItems]"),
    ("listitem", "[data-testid=stSidebarNavItems]"),
    # A note that goes by itself has a role that asks for a name, and cannot be given one
    ("aria-dialog-name", "[data-testid=stToast]"),
)
"""Rules that Streamlit's own widgets break, and where."""

_RUN = """async (allowed) => {
  // Contrast is measured in both themes, by contrast.js
  const rules = { "color-contrast": { enabled: false } };
  const { violations } = await axe.run(document, { elementRef: true, resultTypes: ["violations"], rules });
  const isAllowed = (rule, element) => allowed.some(([known, place]) => known === rule && element.closest(place));
  return violations.flatMap(({ id, impact, nodes }) => nodes
    .filter(({ element }) => !isAllowed(id, element))
    .map(({ html }) => `${impact}: ${id}: ${html.slice(0, 120)}`));
}"""


def unmet(page: Page) -> list[str]:
    """What stands in somebody's way on this page as it is drawn now."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE} }} }}")
    found: list[str] = page.evaluate(_RUN, [list(each) for each in STREAMLITS])
    return found
