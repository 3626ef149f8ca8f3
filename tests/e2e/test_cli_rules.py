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
    "conftest.py": "raise RuntimeError('no database')\n",
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
    said = sigma("run", "--worker", "learning").out
    assert "2 fixes not offered (`sigma rules offer RULE --reason WHY` changes that):" in said
    assert "\n  2 because the project's configuration does not select this rule: RET505, SIM103" in said
    # Who finds no proposals is not sent round in a circle
    assert "RET505, SIM103" in sigma("proposals").out
    assert sigma("proposals", "--state", "approved").out.strip() == "No proposals of that kind."
    reasons = {issue["rule"]: issue["withheld"] for issue in sigma.json("issues")["issues"]}
    assert "does not select" in reasons["SIM103"]

    sigma("rules", "offer", "SIM103", "--project", "shop", "--reason", "we like them short")
    listed = sigma.json("rules", "list", "--project", "shop")["rules"]
    assert [(each["rule"], each["offered"], each["reason"]) for each in listed] == [
        ("SIM103", True, "we like them short")
    ]
    # What keeps the fixes from being proved is told once, at the end, by the line that says it
    why = "The test runner could not work (exit code 4). RuntimeError: no database"
    assert f"shop: its tests do not run to their end, so 1 fix waits for a person: {why}" in sigma("run").out
    assert sigma.json("proposals")["total"] == 1

    # A slip of the pen is kept, but not without a word
    offered = sigma("rules", "offer", "B950", "--reason", "short lines").out
    assert "Fixes of B950 are offered in every project from the next cycle on." in offered
    assert "Warning: B950 stands for no rule known here: neither ruff" in offered
    assert sigma.json("rules", "withhold", "SIMM", "--reason", "taste")["known"] is False
    for known in ("SIM103", "PL", "copied-function"):
        assert sigma.json("rules", "offer", known, "--reason", "they help")["known"] is True
    for said in ("B950", "SIMM", "SIM103", "PL", "copied-function"):
        sigma("rules", "reset", said)

    sigma("rules", "reset", "SIM103", "--project", "shop")
    assert sigma.json("rules", "list")["rules"] == []
    sigma("rules", "reset", "SIM103", code=3)
    sigma("rules", "withhold", "SIM", "--reason", " ", code=2)
