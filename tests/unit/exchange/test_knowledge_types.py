"""Types of knowledge: what they accept, refuse, and who gets them."""

import math
from typing import Any, ClassVar

import pytest
from fakes.knowledge import VALID

from sigma_core.errors import Invalid
from sigma_core.exchange.delivery import recipients
from sigma_core.exchange.digests import folded, knowledge_digest
from sigma_core.exchange.message import Draft
from sigma_core.exchange.payload import Fraction, Label, Payload, Persistence
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.types import BUILT_IN, ContextEnrichment, DecisionOutcome, IssuePattern, RiskPattern
from sigma_core.exchange.validation import check, read_stored

REGISTRY = Registry()

DEEP: Any = "bottom"
for _ in range(100):
    DEEP = [DEEP]

WRONG: dict[str, list[Any]] = {
    "number": [True, "0.5", None, math.nan, math.inf, -math.inf, [], {}, 10**400],
    "text": ["", "   ", 3, None, True, "\0", "\ud800", "x" * 100_000, ["a"], {"a": 1}, b"bytes"],
    "truth": [0, 1, "true", None, [], 0.0],
    "detail": [None, True, "", "a\0", DEEP, {1: "key"}, {"a": math.nan}, ["\udfff"], [0] * 5000, {"a": {1, 2}}, 2**60],
}
KINDS = {
    "number": ("confidence", "improvement", "frequency", "relevance", "score"),
    "text": ("pattern", "severity", "issue_type", "trend", "context_type", "verdict"),
    "truth": ("success",),
    "detail": ("context", "learning", "fix_details", "impact", "enrichment"),
}


def bad_payloads() -> list[Any]:
    cases = []
    for name, payload in VALID.items():
        for field in payload:
            for kind, fields in KINDS.items():
                if field in fields:
                    cases += [pytest.param(name, field, payload | {field: value}) for value in WRONG[kind]]
            cases.append(pytest.param(name, field, {key: payload[key] for key in payload if key != field}))
        cases.append(pytest.param(name, "unheard_of", payload | {"unheard_of": 1}))
    return cases


@pytest.mark.parametrize(("name", "field", "payload"), bad_payloads())
def test_a_bad_payload_is_refused_by_naming_the_field(name: str, field: str, payload: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        check(Draft("operator", name, payload), REGISTRY)
    assert set(refused.value.fields) == {field}
    assert str(refused.value).isprintable()


def test_there_are_hundreds_of_bad_payloads() -> None:
    assert len(bad_payloads()) > 250


@pytest.mark.parametrize("raw", [None, [], "text", 3, [["pattern", "x"]]])
def test_a_payload_that_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(Invalid, match="payload: must be a JSON object"):
        check(Draft("operator", "risk_pattern", raw), REGISTRY)


def test_every_bad_field_is_named_at_once() -> None:
    draft = Draft("nobody", "risk_pattern", {"severity": 3, "confidence": 2}, "soon", ["operator"], "x" * 500)
    with pytest.raises(Invalid) as refused:
        check(draft, REGISTRY)
    wrong = {"source", "urgency", "targets", "origin", "pattern", "severity", "confidence", "context"}
    assert set(refused.value.fields) == wrong


def test_a_payload_beyond_the_size_limit_is_refused() -> None:
    payload = VALID["risk_pattern"] | {"context": ["x" * 7000] * 10}
    with pytest.raises(Invalid, match="payload: is 70"):
        check(Draft("operator", "risk_pattern", payload), REGISTRY)


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_a_good_payload_of_each_type_is_accepted(kind: type[Payload]) -> None:
    assert isinstance(check(Draft("operator", kind.name, VALID[kind.name]), REGISTRY).payload, kind)


def test_there_are_nine_types() -> None:
    assert {kind.name for kind in REGISTRY} == set(VALID)


def test_an_unknown_type_is_refused_by_listing_those_there_are() -> None:
    with pytest.raises(Invalid, match=r"'gossip' is not a type of knowledge; there are risk_pattern"):
        check(Draft("operator", "gossip", {}), REGISTRY)


class Rumour(Payload):
    """What somebody heard somewhere."""

    name = "rumour"
    recipients = ("recall",)
    persistence = Persistence.SHORT
    decay_s = 3600.0
    subject = ("about",)
    claim = ("content",)
    volatile = ("loudness",)
    heard_from: ClassVar[str] = "a neighbour"

    about: Label
    content: Label
    loudness: Fraction


def test_adding_a_type_is_one_class() -> None:
    registry = Registry((*BUILT_IN, Rumour))
    item = check(Draft("operator", "rumour", {"about": "a", "content": "b", "loudness": 1}), registry)
    assert item.recipients == ("recall",)
    assert item.subject is not None


def test_a_type_of_the_same_name_is_refused() -> None:
    with pytest.raises(Invalid, match=r"Rumour\.name: is taken"):
        Registry((Rumour, Rumour))


def test_a_type_whose_attributes_do_not_fit_is_refused() -> None:
    class Broken(Rumour):
        name = "broken"
        recipients = ("nobody",)
        subject = ("nothing",)
        decay_s = 0.0

    with pytest.raises(Invalid) as refused:
        Registry((Broken,))
    assert set(refused.value.fields) == {"Broken.recipients", "Broken.subject", "Broken.decay_s"}


def test_a_class_that_only_borrows_a_registered_name_is_refused() -> None:
    class Double(RiskPattern):
        """Looks the same."""

    with pytest.raises(Invalid, match="Double is not the registered risk_pattern"):
        check(Draft("operator", Double(**VALID["risk_pattern"])), REGISTRY)


def test_successes_go_to_those_who_learn_and_failures_to_those_who_decide() -> None:
    payload = VALID["decision_outcome"]
    assert recipients(DecisionOutcome(**payload), "operator") == ("dream", "learning")
    assert recipients(DecisionOutcome(**(payload | {"success": False})), "operator") == ("think",)


def test_an_undecided_outcome_is_stored_for_nobody_and_has_not_ended() -> None:
    undecided = DecisionOutcome(**(VALID["decision_outcome"] | {"success": False, "outcome": "undecided"}))
    assert recipients(undecided, "operator") == ()
    assert undecided.facts() == ()
    assert recipients(undecided, "operator", ["learning"]) == ("learning",)


@pytest.mark.parametrize(
    ("success", "outcome"), [(True, "rejected"), (True, "undecided"), (False, "approved"), (True, "unsure")]
)
def test_an_outcome_that_does_not_go_with_success_is_refused(success: bool, outcome: str) -> None:
    payload = VALID["decision_outcome"] | {"success": success, "outcome": outcome}
    with pytest.raises(Invalid) as refused:
        check(Draft("operator", "decision_outcome", payload), REGISTRY)
    assert set(refused.value.fields) == {"outcome"}


def test_an_outcome_of_a_release_that_did_not_name_it_is_read_by_its_success() -> None:
    known = read_stored("decision_outcome", VALID["decision_outcome"] | {"success": False}, REGISTRY)
    assert isinstance(known, DecisionOutcome)
    assert not known.undecided
    assert known.audience() == ("think",)


@pytest.mark.parametrize(
    ("severity", "expected"), [("warning", ("analysis",)), ("Critical", ("analysis", "dream", "think"))]
)
def test_critical_issue_patterns_go_further(severity: str, expected: tuple[str, ...]) -> None:
    assert recipients(IssuePattern(**(VALID["issue_pattern"] | {"severity": severity})), "operator") == expected


@pytest.mark.parametrize(("relevance", "expected"), [(0.69, ("recall",)), (0.7, ("dream", "think", "recall"))])
def test_only_relevant_context_leaves_recall(relevance: float, expected: tuple[str, ...]) -> None:
    payload = ContextEnrichment(**(VALID["context_enrichment"] | {"relevance": relevance}))
    assert recipients(payload, "operator") == expected


def test_the_source_is_never_a_recipient() -> None:
    payload = RiskPattern(**VALID["risk_pattern"])
    assert recipients(payload, "think") == ("learning",)
    assert recipients(payload, "think", ["think", "recall"]) == ("recall",)
    assert recipients(payload, "think", ["think"]) == ()


def test_the_same_knowledge_differs_in_case_spacing_form_and_volatile_fields_only() -> None:
    def digest(**changed: Any) -> str:
        return knowledge_digest(RiskPattern, folded(VALID["risk_pattern"] | changed), None)

    same = digest()
    assert digest(pattern="  SQL\tby  Hand", confidence=0.1) == same
    assert digest(pattern="ｓｑｌ by hand") == same
    assert digest(context={"where": 1}) == digest(context={"where": 1.0})
    assert digest(pattern="sql by foot") != same
    assert knowledge_digest(RiskPattern, folded(VALID["risk_pattern"]), 1) != same


@pytest.mark.parametrize(
    ("asked", "enrichment", "told"),
    [
        ("rule B006", {"found": ["issue/1", "proposal/4"], "text": "x"}, "proposal/4 tells of B006"),
        ("deployment", {"found": ["proposal/4"]}, "proposal/4 tells of deployment"),
    ],
)
def test_a_context_leads_to_the_proposals_that_tell_of_it(asked: str, enrichment: object, told: str) -> None:
    (fact,) = ContextEnrichment(context_type=asked, enrichment=enrichment, relevance=0.5).facts()
    assert fact.sentence == told


def test_of_a_context_of_words_alone_the_graph_shows_what_was_asked_about() -> None:
    said = ContextEnrichment(context_type="rule B006", enrichment="Carts are cached.", relevance=0.5)
    assert said.facts() == ()
    assert [(each.name, each.kind) for each in said.entities()] == [("B006", "rule")]


@pytest.mark.parametrize("outcome", [None, "rejected"])
def test_an_outcome_mends_a_rule_in_code_and_says_how_that_was_decided(outcome: str | None) -> None:
    payload = VALID["decision_outcome"] | {"success": False, "outcome": outcome}
    said = DecisionOutcome(**payload, proposal=12, rule="E711", places=["shop/orders.py:load"])
    mends, changes = said.facts()
    decided = outcome or "not approved"
    assert (mends.predicate, mends.object.name, mends.attributes) == ("MENDS", "E711", {"decided": decided})
    assert mends.sentence == f"12 mends E711 in shop/orders.py:load: {decided}"
    assert (changes.predicate, changes.object.place) == ("CHANGES", "shop/orders.py:load")


STATUS_WORDS = {"info", "warning", "error", "critical", "high", "low", "succeeded", "failed", "proposed", "good"}


def test_nothing_that_is_said_of_something_is_an_entity() -> None:
    for kind in BUILT_IN:
        said = kind.model_validate(
            VALID[kind.name] | {"rule": "X1"} if "rule" in kind.model_fields else VALID[kind.name]
        )
        named = {each.name for fact in said.facts() for each in (fact.subject, fact.object)}
        named |= {each.name for each in said.entities()}
        assert not named & (STATUS_WORDS | {"improving"})
