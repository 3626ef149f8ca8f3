"""Which rules fixes are offered of: told after a run, and changed by an operator."""

from pathlib import Path

from fakes.checkout import Checkout
from fakes.command import Command
from fakes.small_repository import QUICK

FLAWS = """\
def is_big(number):
    if number > 9:
        return True
    else:
        return False
"""
FILES = {
    "m.py": FLAWS,
    "test_m.py": "import m\n\n\ndef test_big():\n    assert m.is_big(10)\n    assert not m.is_big(1)\n",
}


def test_what_is_not_offered_is_told_with_its_reason_until_an_operator_offers_it(tmp_path: Path, home: Path) -> None:
    configured = {**FILES, "ruff.toml": '[lint]\nselect = ["F"]\n'}
    checkout = Checkout(tmp_path / "shop", configured)
    sigma = Command(home)
    sigma("project", "add", checkout.path, "--test-command", QUICK)
    answer = sigma.json("run")
    assert answer["proposals"] == 0
    assert answer["withheld"] == {"the project's configuration does not select this rule": 2}
    reasons = {issue["rule"]: issue["withheld"] for issue in sigma.json("issues")["issues"]}
    assert "does not select" in reasons["SIM103"]

    sigma("rules", "offer", "SIM103", "--project", "shop", "--reason", "we like them short")
    listed = sigma.json("rules", "list", "--project", "shop")["rules"]
    assert [(each["rule"], each["offered"], each["reason"]) for each in listed] == [
        ("SIM103", True, "we like them short")
    ]
    assert sigma.json("run")["proposals"] == 1

    sigma("rules", "reset", "SIM103", "--project", "shop")
    assert sigma.json("rules", "list")["rules"] == []
    sigma("rules", "reset", "SIM103", code=3)
    sigma("rules", "withhold", "SIM", "--reason", " ", code=2)
