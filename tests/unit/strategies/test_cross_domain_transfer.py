"""What one domain has that another could use."""

import pytest
from fakes.graph_snapshots import Reading, snapshot

from sigma_core.errors import Invalid
from sigma_core.strategies.cross_domain_transfer import CrossDomainTransfer
from sigma_core.strategies.topics import tags

VECTORS = {
    "parametrise the query": (1.0, 0.0, 0.0),
    "cache the answer": (0.0, 1.0, 0.0),
    "rename the button": (0.0, 0.0, 1.0),
    "S608": (0.5, 0.5, 0.7),
    "bind values": (0.98, 0.2, 0.0),
    "memoise results": (0.3, 0.95, 0.0),
}
KINDS = dict.fromkeys(("parametrise the query", "cache the answer", "rename the button"), "pattern")
GROUPS = dict.fromkeys(("bind values", "memoise results"), "sigma_project_2")
LINKS = [
    ("parametrise the query", "S608", "FIXES"),
    ("cache the answer", "S608", "FIXES"),
    ("rename the button", "S608", "FIXES"),
    ("bind values", "memoise results", "NEAR"),
]


def reading() -> Reading:
    whole = snapshot(LINKS, kinds=KINDS, groups=GROUPS)
    return Reading(whole, VECTORS, {"sigma_project_1": "Shop", "sigma_project_2": "Bank"})


def test_each_pattern_finds_what_is_nearest_in_the_other_project() -> None:
    result = CrossDomainTransfer(source_domain="Shop", target_domain="Bank").run(reading())
    pairs = {pair["pattern"]["name"]: pair["nearest"]["name"] for pair in result.details["pairs"]}
    assert pairs == {"parametrise the query": "bind values", "cache the answer": "memoise results"}
    assert (result.metrics["transfer_success"].value, result.metrics["transfer_success"].n) == (pytest.approx(2 / 3), 3)
    assert result.metrics["adaptation_quality"].value == pytest.approx((0.9798 + 0.9536) / 2, abs=1e-3)
    assert result.details["pairs"][0]["facts"][0]["predicate"] == "FIXES"


def test_the_threshold_counts() -> None:
    result = CrossDomainTransfer(source_domain="shop", target_domain="BANK", similarity_threshold=0.97).run(reading())
    assert (result.details["transferred"], result.metrics["adaptation_quality"].n) == (1, 1)
    none = CrossDomainTransfer(source_domain="Bank", target_domain="ui").run(reading())
    assert none.summary == "None of 2 patterns of Bank has anything near it in ui."
    assert none.metrics["adaptation_quality"].note == "nothing is near enough"


def test_topics_are_domains_across_projects() -> None:
    result = CrossDomainTransfer(source_domain="database", target_domain="Bank").run(reading())
    assert [pair["pattern"]["name"] for pair in result.details["pairs"]] == ["parametrise the query"]


def test_an_unknown_domain_is_told_with_those_there_are() -> None:
    with pytest.raises(Invalid) as found:
        CrossDomainTransfer(source_domain="Shop", target_domain="nowhere").run(reading())
    said = found.value.fields["target_domain"]
    for domain in ("Bank", "Shop", "api", "backend", "database", "performance", "security", "ui", "rule:S"):
        assert domain in said
    with pytest.raises(Invalid, match="must be another"):
        CrossDomainTransfer(source_domain="Shop", target_domain="shop ").run(reading())


def test_a_domain_without_entities_is_no_measure() -> None:
    result = CrossDomainTransfer(source_domain="Shop", target_domain="backend").run(reading())
    assert result.metrics["transfer_success"].note == "the target has no entity with a vector"
    empty = Reading(snapshot([]), {}, {})
    assert CrossDomainTransfer(source_domain="ui", target_domain="api").run(empty).details["transferred"] == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("S608", {"rule:S", "security"}),
        ("PERF401 list comprehension", {"rule:PERF", "performance"}),
        ("src/api/users.py", {"path:src/api", "api"}),
        ("UserQueryBuilder", {"database"}),
        ("login_button", {"ui"}),
        ("password hashing", {"security"}),
        ("job queue", {"backend"}),
        ("stable guide", set()),
        ("", set()),
    ],
)
def test_tags_come_from_rules_paths_and_words(name: str, expected: set[str]) -> None:
    assert tags(name) == expected
