"""Bad input by the hundred: refused naming every wrong field, entered in the ledger, and nothing else changed."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from fakes.fingerprint import fingerprint
from fakes.knowledge import VALID, risk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, func, select

from sigma_core.errors import Invalid, NotFound
from sigma_core.exchange.message import Draft
from sigma_core.exchange.tables import Validation
from sigma_core.exchange.types import RiskPattern

GOOD = VALID["risk_pattern"]
MEGABYTE = "x" * 1_000_000
DEEP: Any = "bottom"
for _ in range(2000):
    DEEP = {"deeper": DEEP}

PAYLOADS: list[tuple[object, set[str]]] = [
    *((raw, {"payload"}) for raw in (None, [], "text", MEGABYTE, 3, 1.5, True, [["a", 1]], b"{}", {1}, math.nan)),
    ({}, {"pattern", "severity", "confidence", "context"}),
    (GOOD | {"context": MEGABYTE}, {"context"}),
    (GOOD | {"context": [MEGABYTE[:7000]] * 150}, {"payload"}),
    (GOOD | {"context": DEEP}, {"context"}),
    (GOOD | {"context": {"a": [{"b": math.inf}]}, "pattern": "\0"}, {"context", "pattern"}),
    (GOOD | {"confidence": True}, {"confidence"}),
    (GOOD | {"context": {"a\ud800": 1}, "severity": "\udfff"}, {"context", "severity"}),
    (GOOD | {"confidence": math.nan, "surprise": 1, "other": 2}, {"confidence", "surprise", "other"}),
    (GOOD | {"\ud800": 1, "a\0b": 2}, {"\\ud800", "a\\x00b"}),
    (GOOD | {1: 2}, {"1"}),
    (RiskPattern.model_construct(**GOOD | {"severity": 3, "confidence": "high"}), {"severity", "confidence"}),
    (RiskPattern.model_construct(pattern="p"), {"severity", "confidence", "context"}),
]
TYPES: list[object] = [
    "gossip",
    "",
    "RISK_PATTERN",
    "risk_pattern ",
    "\0",
    "\ud800",
    MEGABYTE,
    3,
    None,
    True,
    [],
    {},
    b"x",
]
SOURCES: list[object] = [
    "nobody",
    "",
    "THINK",
    "think ",
    "\0",
    "\udfff",
    MEGABYTE,
    3,
    None,
    True,
    [],
    {},
    b"think",
    math.nan,
]
URGENCIES: list[object] = ["soon", "", "HIGH", "\0", "\ud800", MEGABYTE, 3, None, True, [], {}, ("high",)]
TARGETS: list[object] = [
    [],
    (),
    "think",
    "",
    {"think"},
    {"think": 1},
    3,
    True,
    b"think",
    ["nobody"],
    ["operator"],
    ["think", None],
    [[]],
    [{}],
    [3],
    ["think", "\0"],
    [MEGABYTE],
    ["nobody"] * 5000,
]
ORIGINS: list[object] = ["", "x" * 201, "a\0b", "\ud800", MEGABYTE, 3, True, [], {}, b"issue/1", " ", math.nan]
PROJECTS: list[object] = [0, -1, 7, 2**31, 2**63, 10**400, True, False, "1", "", 1.0, math.nan, [], {}, b"1"]
RUNS: list[object] = [0, -1, 2**63, 10**400, True, "1", 1.0, math.nan, [], {}]

ENVELOPES: list[tuple[dict[str, object], str]] = [
    (({name: value}), field)
    for name, field, values in (
        ("knowledge", "type", TYPES),
        ("source", "source", SOURCES),
        ("urgency", "urgency", URGENCIES),
        ("targets", "targets", TARGETS),
        ("origin", "origin", ORIGINS),
        ("project_id", "project_id", PROJECTS),
        ("run_id", "run_id", RUNS),
    )
    for value in values
]


def draft(**changed: object) -> Draft:
    whole: dict[str, Any] = {"source": "operator", "knowledge": "risk_pattern", "payload": GOOD} | changed
    return Draft(**whole)


def payload_draft(raw: object) -> Draft:
    return draft(knowledge=raw, payload=None) if isinstance(raw, RiskPattern) else draft(payload=raw)


BAD_DRAFTS = [(payload_draft(raw), fields) for raw, fields in PAYLOADS] + [
    (draft(**changed), {field}) for changed, field in ENVELOPES
]


@pytest.fixture
def busy(bench):
    """An exchange with something in every table, so that a change would show."""
    bench.exchange.publish("operator", risk(1), origin="note/1")
    bench.exchange.publish("operator", risk(1, severity="low"))
    bench.exchange.receive("learning", 1)
    return bench


def refusals(bench) -> int:
    with bench.database.reading() as session:
        return session.exec(select(func.count()).where(~col(Validation.valid), col(Validation.verdict).is_(None))).one()


def refused(bench, call: Callable[[], object]) -> Invalid:
    """The refusal; the ledger and nothing else may have changed."""
    before = fingerprint(bench.database, leaving_out="knowledge_validation")
    with pytest.raises(Invalid) as caught:
        call()
    assert fingerprint(bench.database, leaving_out="knowledge_validation") == before
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 3000
    return caught.value


def test_there_are_more_than_a_hundred_bad_drafts() -> None:
    assert len(BAD_DRAFTS) > 100


def test_each_bad_draft_is_refused_by_its_wrong_fields_and_entered_in_the_ledger(busy) -> None:
    for number, (bad, fields) in enumerate(BAD_DRAFTS, start=1):
        error = refused(busy, lambda bad=bad: busy.exchange.publish_many([bad]))
        assert set(error.fields) == fields, str(bad)[:300]
        assert refusals(busy) == number, str(bad)[:300]


def test_a_bad_draft_keeps_its_batch_out_and_is_named_by_its_place(busy) -> None:
    for bad, fields in BAD_DRAFTS[::5]:
        batch = [draft(payload=GOOD | {"pattern": "new"}), bad, draft(source="nobody")]
        before = refusals(busy)
        error = refused(busy, lambda batch=batch: busy.exchange.publish_many(batch))
        assert set(error.fields) == {f"1.{field}" for field in fields} | {"2.source"}
        assert refusals(busy) == before + 2


def test_every_wrong_part_of_one_draft_is_named_at_once(busy) -> None:
    bad = draft(
        source=None,
        payload={"severity": 3, "confidence": True, "more": 1},
        urgency=[],
        targets="think",
        origin=3,
        project_id="1",
        run_id=True,
    )
    error = refused(busy, lambda: busy.exchange.publish_many([bad]))
    assert set(error.fields) == {
        "source",
        "pattern",
        "severity",
        "confidence",
        "context",
        "more",
        "urgency",
        "targets",
        "origin",
        "project_id",
        "run_id",
    }


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4),
    max_leaves=12,
)


@given(
    name=st.sampled_from(list(VALID)),
    changed=st.dictionaries(st.text(max_size=12), anything, max_size=3),
    data=st.data(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_payload_it_is_accepted_and_readable_or_refused(
    sqlite_bench, name: str, changed: dict, data
) -> None:
    payload = VALID[name] | changed | {data.draw(st.sampled_from(list(VALID[name]))): data.draw(anything)}
    refusal = None
    try:
        published = sqlite_bench.exchange.publish("operator", name, payload, targets=["dreamer"])
    except Invalid as error:
        refusal = error
    if refusal is not None:
        assert str(refusal).isprintable()
        assert refusal.fields
        return
    received = [one for one in sqlite_bench.exchange.receive("dreamer") if one.message_id == published.message_id]
    assert published.duplicate or received[0].payload == type(received[0].payload).model_validate(payload)


IDS: list[object] = ["1", True, 1.0, math.nan, None, [], b"1"]
FAR: list[object] = [0, -1, 99, 2**31, 2**63, 10**400]
NUMBERS: list[object] = [-0.1, 1.1, math.nan, math.inf, -math.inf, "0.5", True, None, [], 10**400]
TEXTS: list[object] = ["a\0b", "\ud800", MEGABYTE, None, 3, True, []]
LIMITS: list[object] = [0, -1, 10_001, 2**63, 10**400, True, "5", 1.5, math.nan, None, []]
DELAYS: list[object] = [-1, 1e9, math.nan, math.inf, "5", True, None, [], 10**400]
STRANGERS: list[object] = ["nobody", "operator", "", "\0", "\ud800", MEGABYTE, 3, True, [], {}, b"think", math.nan]
RECEIPTS: list[object] = [
    "",
    "1",
    ".",
    "1.",
    ".a",
    "x.y",
    "-1.a",
    "1.5.a\0",
    "1.\ud800",
    "9" * 30 + ".a",
    "٣.a",
    MEGABYTE,
    "1." + MEGABYTE,
    3,
    None,
    True,
    [["1.a"]],
    b"1.a",
    {},
]


def assert_refused(bench, field: str, values: list[object], call: Callable[[Any], object]) -> None:
    """Each value is refused by its field's name, without a trace."""
    before = fingerprint(bench.database)
    for value in values:
        error = refused(bench, lambda value=value: call(value))
        assert set(error.fields) == {field}, repr(value)[:200]
    assert fingerprint(bench.database) == before


def assert_not_found(bench, values: list[object], *calls: Callable[[Any], object]) -> None:
    """Each value names nothing, in a sentence that can be shown, without a trace."""
    before = fingerprint(bench.database)
    for value in values:
        for call in calls:
            with pytest.raises(NotFound) as caught:
                call(value)
            assert len(str(caught.value)) < 300
            assert str(caught.value).isprintable()
    assert fingerprint(bench.database) == before


def test_lists_refuse_a_limit_without_sense(busy) -> None:
    for call in (
        lambda limit: busy.exchange.receive("think", limit),
        lambda limit: busy.exchange.dead(None, limit),
        lambda limit: busy.exchange.conflicts(limit=limit),
    ):
        assert_refused(busy, "limit", LIMITS, call)


def test_nobody_but_a_worker_has_an_inbox(busy) -> None:
    assert_not_found(
        busy,
        STRANGERS,
        busy.exchange.receive,
        lambda worker: busy.exchange.acknowledge(worker, []),
        lambda worker: busy.exchange.reject(worker, "1.a", "why"),
        busy.exchange.dead,
    )


def test_what_is_no_receipt_is_refused(busy) -> None:
    assert_refused(busy, "receipt", RECEIPTS, lambda receipt: busy.exchange.acknowledge("think", [receipt]))
    assert_refused(busy, "receipt", RECEIPTS, lambda receipt: busy.exchange.reject("think", receipt, "why"))
    assert_refused(busy, "receipt", [None, 3, 1.5], lambda received: busy.exchange.acknowledge("think", received))


def test_a_rejection_without_sense_is_refused(busy) -> None:
    [message] = busy.exchange.receive("think", 1)
    assert_refused(busy, "delay_s", DELAYS, lambda delay: busy.exchange.reject("think", message, "why", delay))
    assert_refused(busy, "error", [None, 3, [], b"x"], lambda why: busy.exchange.reject("think", message, why))
    error = refused(busy, lambda: busy.exchange.reject("think", message, None, "5"))
    assert set(error.fields) == {"delay_s", "error"}


def test_a_verdict_is_refused_by_every_wrong_field(busy) -> None:
    good: dict[str, Any] = {"worker": "think", "message_id": 1, "verdict": "useful", "score": 0.5, "feedback": ""}
    wrong = {"worker": SOURCES, "message_id": IDS, "verdict": URGENCIES, "score": NUMBERS, "feedback": TEXTS}
    for field, values in wrong.items():
        assert_refused(busy, field, values, lambda value, field=field: busy.exchange.judge(**(good | {field: value})))
    error = refused(busy, lambda: busy.exchange.judge(**{field: values[-1] for field, values in wrong.items()}))
    assert set(error.fields) == set(wrong)


def test_settling_is_refused_by_every_wrong_field(busy) -> None:
    good: dict[str, Any] = {"conflict_id": 1, "actor": "ann", "reason": "why"}
    wrong = {"conflict_id": IDS, "actor": [*TEXTS, "", " "], "reason": [*TEXTS, "", " "]}
    for field, values in wrong.items():
        assert_refused(busy, field, values, lambda value, field=field: busy.exchange.settle(**(good | {field: value})))
    winners = [*FAR, *(one for one in IDS if one is not None)]
    assert_refused(busy, "winner", winners, lambda winner: busy.exchange.settle(**good, winner_id=winner))
    error = refused(busy, lambda: busy.exchange.settle("1", actor="", reason=None, winner_id=True))
    assert set(error.fields) == {*wrong, "winner"}


def test_replaying_is_refused_by_every_wrong_field(busy) -> None:
    assert_refused(busy, "delivery_id", IDS, lambda number: busy.exchange.replay(number, actor="ann"))
    assert_refused(busy, "actor", [*TEXTS, ""], lambda actor: busy.exchange.replay(1, actor=actor))


def test_what_is_not_there_is_not_found_however_far_its_number(busy) -> None:
    assert_not_found(
        busy,
        FAR,
        lambda number: busy.exchange.judge("think", number, "useful", score=1),
        lambda number: busy.exchange.settle(number, actor="ann", reason="why"),
        lambda number: busy.exchange.replay(number, actor="ann"),
    )
