"""The pages in their groups: names, titles and icons, for navigation and links. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class PageEntry(NamedTuple):
    """A page: its file and address, its title, its icon."""

    name: str
    title: str
    icon: str


GROUPS: Mapping[str, Sequence[PageEntry]] = {
    "": [PageEntry("overview", "Overview", ":material/home:")],
    "Work": [
        PageEntry("issues", "Issues", ":material/bug_report:"),
        PageEntry("proposals", "Proposals", ":material/rule:"),
        PageEntry("runs", "Runs", ":material/list_alt:"),
        PageEntry("projects", "Projects", ":material/folder:"),
    ],
    "Learn": [
        PageEntry("knowledge", "Knowledge", ":material/hub:"),
        PageEntry("graph", "Graph", ":material/share:"),
        PageEntry("experiments", "Experiments", ":material/experiment:"),
        PageEntry("learning", "Learning", ":material/school:"),
    ],
    "Model": [
        PageEntry("prompts", "Prompts", ":material/notes:"),
        PageEntry("calls", "Calls", ":material/forum:"),
        PageEntry("cost", "Cost", ":material/payments:"),
    ],
    "System": [
        PageEntry("schedule", "Schedule", ":material/schedule:"),
        PageEntry("log", "Log", ":material/article:"),
        PageEntry("audit", "Audit", ":material/history:"),
        PageEntry("settings", "Settings", ":material/settings:"),
    ],
}
"""As the navigation shows them; the first page is the console's own address."""

MOVED: Mapping[str, str] = {"workers": "runs", "analytics": "cost"}
"""Addresses of earlier releases, with the page that answers there now."""

OWN = frozenset({*(entry.name for entries in GROUPS.values() for entry in entries), *MOVED})
"""Addresses that no package can take."""


def moved_to(address: str, parameters: Mapping[str, str]) -> str:
    """The page that shows what an address of an earlier release showed."""
    if address == "workers" and "run" not in parameters:
        return "schedule"
    return MOVED[address]
