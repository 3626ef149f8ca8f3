"""What a rule means to a project."""

import pytest

from sigma_core.issues.detectors.ruff_rules import meaning
from sigma_core.issues.tables import Severity


@pytest.mark.parametrize(
    ("code", "family", "severity"),
    [
        ("F821", "bug", Severity.ERROR),
        ("F401", "dead_code", Severity.INFO),
        ("FLY002", "simplification", Severity.INFO),
        ("FURB129", "simplification", Severity.INFO),
        ("S608", "security", Severity.ERROR),
        ("S324", "security", Severity.WARNING),
        ("SIM102", "simplification", Severity.INFO),
        ("SLF001", "simplification", Severity.INFO),
        ("B006", "bug", Severity.ERROR),
        ("BLE001", "simplification", Severity.INFO),
        ("C416", "performance", Severity.INFO),
        ("COM812", "simplification", Severity.INFO),
        ("C901", "complexity", Severity.WARNING),
        ("invalid-syntax", "bug", Severity.CRITICAL),
    ],
)
def test_a_rule_means_what_its_own_linter_is_about(code: str, family: str, severity: Severity) -> None:
    assert meaning(code) == (family, severity)
