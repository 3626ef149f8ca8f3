"""Believable knowledge of every type, with conflicts, dead letters and hostile text."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import (
    Delivery,
    Knowledge,
    KnowledgeConflict,
    KnowledgeOrigin,
    KnowledgeSize,
    Validation,
)

HOSTILE = "<img src=x onerror=alert(1)> :red[**bold**] \u202edesrever"
DEAD_ERROR = "ValueError: no such rule in the risk model"
ITEMS: tuple[tuple[float, str, str, dict[str, Any]], ...] = (
    (
        2,
        "analysis",
        "issue_pattern",
        {"issue_type": "B006", "severity": "warning", "frequency": 6.0, "impact": "Mutable default arguments in shop/"},
    ),
    (
        3,
        "analysis",
        "critical_issue",
        {"issue_type": "S608", "severity": "critical", "impact": "SQL built by string formatting, shop/orders.py:44"},
    ),
    (5, "think", "proposal_quality", {"proposal": "214", "score": 0.81, "verdict": "tester below the threshold"}),
    (
        9,
        "learning",
        "successful_fix",
        {
            "issue_type": "B006",
            "improvement": 0.31,
            "pattern": "Default made inside the function",
            "fix_details": {"survived_commits": 10, "lines": 2, "fixer": "linter_unsafe"},
        },
    ),
    (
        11,
        "think",
        "risk_pattern",
        {"pattern": "Retry loop without a limit", "severity": "high", "confidence": 0.82, "context": "shop/payment.py"},
    ),
    (
        26,
        "recall",
        "context_enrichment",
        {"context_type": "rule S608", "enrichment": "Three earlier fixes near payment.py", "relevance": 0.9},
    ),
    (44, "learning", "pattern_evolution", {"pattern": "Guard clause first", "trend": "rising", "confidence": 0.74}),
    (
        75,
        "learning",
        "decision_outcome",
        {"decision": "proposal/188", "success": False, "learning": "Callers relied on it", "context": "shop/none.py"},
    ),
    (
        130,
        "dreamer",
        "experiment_result",
        {"experiment": "Wider context for dream", "improvement": 0.08, "success": True},
    ),
    (
        1200,
        "analysis",
        "context_enrichment",
        {"context_type": "flow payment", "enrichment": "Touched by four earlier fixes", "relevance": 0.4},
    ),
    (
        420,
        "operator",
        "risk_pattern",
        {"pattern": HOSTILE, "severity": "high", "confidence": 0.5, "context": {"note": HOSTILE}},
    ),
    (
        8640,
        "learning",
        "risk_pattern",
        {"pattern": "Retry loop without a limit", "severity": "low", "confidence": 0.34, "context": "billing"},
    ),
    (2880, "think", "proposal_quality", {"proposal": "188", "score": 0.91, "verdict": "good"}),
    (2900, "operator", "proposal_quality", {"proposal": "188", "score": 0.2, "verdict": "poor"}),
    (
        900,
        "recall",
        "context_enrichment",
        {"context_type": "rule B006", "enrichment": "Two carts share one list", "relevance": 0.8},
    ),
    (
        4000,
        "learning",
        "successful_fix",
        {"issue_type": "F401", "improvement": 0.12, "pattern": "Import nobody uses removed", "fix_details": "one line"},
    ),
)
"""Age in minutes, source, type, payload."""
CONFIRMED = {5: 7, 12: 3}
"""Item → how often it was said."""


def seed_knowledge(session: Session, now: datetime) -> None:
    """Items 1 to 16; conflict 1 open, conflict 2 ruled; two dead letters; verdicts and a refusal."""
    registry = Registry()
    for number, (minutes, source, name, data) in enumerate(ITEMS, start=1):
        at = now - timedelta(minutes=minutes)
        targets = [one for one in registry[name].model_validate(data).audience() if one != source]
        session.add(
            Knowledge(
                id=number,
                source=source,
                target=targets,
                type=name,
                project_id=1,
                data=data,
                digest=f"k{number}",
                urgency="high" if name == "critical_issue" else "normal",
                evidence_count=CONFIRMED.get(number, 1),
                meta={"confirmed_by": ["dream"]} if number in CONFIRMED else {},
                validation_status="contradicted" if number == 14 else "valid",
                run_id=90001 if number == 5 else None,
                created_at=at - timedelta(minutes=30) if number in CONFIRMED else at,
                refreshed_at=at,
            )
        )
        session.flush()
        for place, target in enumerate(targets):
            session.add(_delivery(number, target, at, dead=number in (9, 15) and place == 0))
    session.flush()
    for (source, name), amount in Counter((source, name) for _, source, name, _ in ITEMS).items():
        session.add(KnowledgeSize(source=source, type=name, project_id=1, amount=amount))
    session.add(KnowledgeOrigin(origin="issue/1", knowledge_id=2, created_at=now))
    _ledgers(session, now)


def _delivery(number: int, target: str, at: datetime, *, dead: bool) -> Delivery:
    state = "dead" if dead else "ready" if number < 4 else "done"
    return Delivery(
        knowledge_id=number,
        recipient=target,
        state=state,
        rank=1,
        created_at=at,
        attempts={"dead": 5, "ready": 0}.get(state, 1),
        error=DEAD_ERROR if dead else None,
        done_at=None if state == "ready" else at + timedelta(seconds=30),
    )


def _ledgers(session: Session, now: datetime) -> None:
    weights = {"standing": 0.4, "challenger": 5.7}
    day = timedelta(days=1)
    session.add(
        KnowledgeConflict(
            id=1,
            type="risk_pattern",
            standing_id=12,
            challenger_id=5,
            strategy="manual",
            weights=weights,
            decided_by="rule",
            created_at=now - timedelta(minutes=11),
        )
    )
    session.add(
        KnowledgeConflict(
            id=2,
            type="proposal_quality",
            standing_id=14,
            challenger_id=13,
            winner_id=13,
            strategy="evidence_weighted",
            weights=weights,
            decided_by="rule",
            created_at=now - 2 * day,
            decided_at=now - 2 * day,
        )
    )
    checked = {"source": "think", "type": "risk_pattern", "created_at": now}
    session.add(Validation(knowledge_id=5, validator="payload_model", valid=True, score=1.0, **checked))
    session.add(
        Validation(
            knowledge_id=5,
            validator="learning",
            verdict="useful",
            valid=True,
            score=0.9,
            feedback={"text": "It predicted a failure"},
            **checked,
        )
    )
    session.add(
        Validation(validator="payload_model", valid=False, feedback={"confidence": "Field required"}, **checked)
    )
