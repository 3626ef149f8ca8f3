"""The pages, their addresses, and those of earlier releases."""

import pytest

from sigma_core.console.page_list import GROUPS, MOVED, OWN, moved_to
from sigma_core.inherited import ROOT


def test_every_page_of_the_navigation_has_a_file_and_no_file_is_left_out():
    named = [entry.name for entries in GROUPS.values() for entry in entries]
    assert sorted(named) == sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
    assert {*named, *MOVED} == OWN


@pytest.mark.parametrize(
    ("address", "parameters", "page"),
    [
        ("workers", {"run": "7"}, "runs"),
        ("workers", {"project": "shop"}, "schedule"),
        ("analytics", {"by": "Model"}, "cost"),
    ],
)
def test_an_address_of_an_earlier_release_leads_to_what_it_showed(address: str, parameters: dict[str, str], page: str):
    assert moved_to(address, parameters) == page
