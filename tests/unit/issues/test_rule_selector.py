"""A selector means what it means to ruff."""

import json
import subprocess

import pytest
from ruff import find_ruff_bin

from sigma_core.issues.rule_policy import Preference, RulePolicy
from sigma_core.issues.rule_selector import selects


def ruff(*words: str) -> str:
    return subprocess.run([find_ruff_bin(), *words], capture_output=True, text=True, check=True, cwd="/").stdout


@pytest.fixture(scope="session")
def stable() -> set[str]:
    rules = json.loads(ruff("rule", "--all", "--output-format", "json"))
    return {rule["code"] for rule in rules if rule["code"] and "Stable" in rule["status"]}


@pytest.mark.parametrize(
    "selector", ["A", "C", "C4", "E", "E7", "F", "F8", "I", "N", "PL", "PLR", "PT", "RUF1", "S", "SIM", "T", "UP"]
)
def test_it_is_that_of_ruff(selector: str, stable: set[str]) -> None:
    shown = ruff("check", "--isolated", "--select", selector, "--show-settings", __file__)
    enabled = shown.partition("linter.rules.enabled = [")[2].partition("]")[0]
    theirs = {line.rpartition("(")[2].rstrip("),") for line in enabled.splitlines() if "(" in line}
    assert theirs
    assert {rule for rule in stable if selects(selector, rule)} == theirs


def test_all_and_nothing_and_names_of_our_own() -> None:
    assert selects("ALL", "F401")
    assert not selects("", "F401")
    assert selects("copied-code", "copied-code")


@pytest.mark.parametrize("rule", ["FURB163", "FLY002", "FA100"])
def test_what_is_said_of_pyflakes_is_said_of_no_other(rule: str) -> None:
    class Finding:
        family, found_severity, choice = "style", "info", None

        def __init__(self) -> None:
            self.rule = rule

    assert RulePolicy().why_withheld(Finding()) == "the project has chosen no linter, and this rule is taste"
    offered = RulePolicy({"F": Preference(True, "all of pyflakes")})
    assert offered.why_withheld(Finding()) is not None
