"""Payloads to publish in tests."""

from typing import Any

from sigma_core.exchange.types import IssuePattern, RiskPattern, SuccessfulFix

VALID: dict[str, dict[str, Any]] = {
    "risk_pattern": {"pattern": "sql by hand", "severity": "high", "confidence": 0.8, "context": "storage"},
    "decision_outcome": {"decision": "proposal/1", "success": True, "learning": "small is good", "context": "storage"},
    "successful_fix": {"issue_type": "F401", "improvement": 0.5, "pattern": "remove it", "fix_details": {"lines": 1}},
    "issue_pattern": {"issue_type": "B006", "severity": "warning", "frequency": 12, "impact": "surprises"},
    "pattern_evolution": {"pattern": "F401 linter_safe", "trend": "improving", "confidence": 0.9},
    "context_enrichment": {"context_type": "rule F401", "enrichment": "seen before", "relevance": 0.9},
    "proposal_quality": {"proposal": 12, "score": 0.7, "verdict": "good"},
    "experiment_result": {"experiment": "wider context", "improvement": -0.1, "success": False},
    "critical_issue": {"issue_type": "S608", "severity": "critical", "impact": "data can be read"},
}


def risk(number: int = 0, severity: str = "high", confidence: float = 0.8) -> RiskPattern:
    """Goes to think and learning."""
    return RiskPattern(pattern=f"pattern {number}", severity=severity, confidence=confidence, context="somewhere")


def fix(number: int = 0) -> SuccessfulFix:
    """Goes to dream, learning and analysis."""
    return SuccessfulFix(issue_type="F401", improvement=0.5, pattern=f"pattern {number}", fix_details="remove the line")


def issues(frequency: float = 3, severity: str = "warning") -> IssuePattern:
    """Goes to analysis, and to think and dream if critical."""
    return IssuePattern(issue_type="B006", severity=severity, frequency=frequency, impact="surprises")
