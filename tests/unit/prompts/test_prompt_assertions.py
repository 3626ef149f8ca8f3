"""What each kind of assertion lets pass and what it says otherwise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sigma_core.llm.interval import wilson
from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.test_result import Reply

ANSWER = {"score": 0.8, "risks": ["slow", "wide"], "file": "a.py", "veto": None, "ok": True}
REPLY = Reply(text='{"score": 0.8, "file": "a.py"}', data=ANSWER, latency_ms=120, cost_nano_usd=40)


def made(**fields: Any) -> Assertion:
    return PromptTestCase.model_validate({"name": "x", "assertions": [fields]}).assertions[0]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "schema", "schema": {"required": ["score"]}}, None),
        ({"kind": "schema", "schema": {"required": ["cost"]}}, "'cost' is a required property"),
        ({"kind": "equals", "path": "$.score", "value": 0.8}, None),
        ({"kind": "equals", "path": "$.ok", "value": 1}, "$.ok is true, not 1"),
        ({"kind": "equals", "path": "$.none", "value": None}, "$.none is [], not null"),
        ({"kind": "equals", "path": "$.veto", "value": None}, None),
        ({"kind": "contains", "text": "A.PY"}, None),
        ({"kind": "contains", "text": "b.py"}, "does not hold 'b.py'"),
        ({"kind": "contains", "text": "a.py", "absent": True}, "holds 'a.py'"),
        ({"kind": "regex", "pattern": r"0\.\d"}, None),
        ({"kind": "regex", "pattern": "^x"}, "does not match '^x'"),
        ({"kind": "json_path", "path": "$.risks[*]", "length": 2}, None),
        ({"kind": "json_path", "path": "$.risks[2]"}, "$.risks[2] leads nowhere"),
        ({"kind": "json_path", "path": "$.risks[*]", "one_of": ["slow"]}, '$.risks[*] is "wide", none of "slow"'),
        ({"kind": "range", "path": "$.score", "minimum": 0.8, "maximum": 1}, None),
        ({"kind": "range", "path": "$.score", "maximum": 0.7}, "$.score is 0.8, not in None to 0.7"),
        ({"kind": "range", "path": "$.file", "maximum": 0.7}, '$.file is "a.py", not in'),
        ({"kind": "range", "path": "$.no", "maximum": 0.7}, "$.no is not there"),
        ({"kind": "error"}, "was answered"),
        ({"kind": "latency", "at_most_ms": 120}, None),
        ({"kind": "latency", "at_most_ms": 119}, "took 120 ms, over 119"),
        ({"kind": "cost", "at_most_nano_usd": 40}, None),
        ({"kind": "cost", "at_most_nano_usd": 39}, "cost 40 nano-USD, over 39"),
        ({"kind": "graded", "demand": "is kind"}, "needs a model"),
    ],
)
def test_an_assertion_holds_or_says_what_is_wrong(fields: dict[str, Any], wrong: str | None) -> None:
    said = made(**fields).check(REPLY)
    assert said is None if wrong is None else wrong in (said or "")


def test_an_expected_error_is_known_by_its_words() -> None:
    failed = Reply(error="code: is missing")
    assert made(kind="error", text="IS MISSING").check(failed) is None
    assert "failed otherwise" in (made(kind="error", text="too slow").check(failed) or "")


def test_an_unknown_price_does_not_pass_as_cheap() -> None:
    assert made(kind="cost", at_most_nano_usd=10).check(Reply()) == "has no known price"


def test_a_judge_decides_what_is_graded() -> None:
    strict = Reply(text="hello", judge=lambda demand, answer: (demand == "greets" and answer == "hello", "because"))
    assert made(kind="graded", demand="greets").check(strict) is None
    assert "because" in (made(kind="graded", demand="sings").check(strict) or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "no such"},
        {"kind": "regex", "pattern": "("},
        {"kind": "range", "path": "score"},
        {"kind": "json_path", "path": "$.a..b"},
        {"kind": "latency", "at_most_ms": 0},
        {"kind": "equals"},
    ],
)
def test_an_assertion_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made(**fields)


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_interval_holds_the_share_and_narrows(passed: int, more: int) -> None:
    low, high = wilson(passed, passed + more)
    assert 0 <= low <= high <= 1
    if passed + more:
        assert low <= passed / (passed + more) <= high
        wide = wilson(passed * 10, (passed + more) * 10)
        assert wide[1] - wide[0] <= high - low


def test_the_interval_of_five_in_five() -> None:
    low, high = wilson(5, 5)
    assert (round(low * 100), round(high * 100)) == (57, 100)
