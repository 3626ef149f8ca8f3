"""Everything of the set in a database, with the id by which recall knows each."""

from datetime import datetime, timedelta
from random import Random

from fakes.retrieval.company import Company
from fakes.retrieval.pieces import Found, Said, issues, knowledge, notes
from sqlalchemy import select

from sigma_core.database import Database
from sigma_core.exchange.service import Exchange
from sigma_core.graph import imported
from sigma_core.graph.imported import FactLine, TextLine
from sigma_core.graph.tables import facts
from sigma_core.issues.tables import Issue
from sigma_core.projects.tables import Project

Keys = dict[object, str]
"""By what it was made from: a triple, an issue, an item of knowledge, a note's text."""


def store_all(database: Database, exchange: Exchange, company: Company, now: datetime) -> Keys:
    """Enter all of it."""
    random = Random(11)
    with database.transaction() as session:
        session.add(Project(name="shop", path="/shop", head="0" * 40, created_at=now))
    keys = _facts(database, company, now)
    found = issues(random)
    told = knowledge(random)
    for number, (text, _) in enumerate(notes()):
        kind = _kind(number)
        if kind == "issue":
            found.append(Found(f"N{number}", f"notes/part{number}.py", number + 1, text))
        elif kind != "text":
            told.append(_as_knowledge(kind, number, text))
    for each in found:
        keys[each.message if each.rule.startswith("N") else each] = _issue(database, each, now)
    for item in told:
        published = exchange.publish("operator", item.type, item.data, project_id=1)
        keys[name_of(item)] = f"knowledge/{published.message_id}"
    return keys


def _facts(database: Database, company: Company, now: datetime) -> Keys:
    begins = now - timedelta(days=3)
    lines = [
        FactLine(
            subject=each.subject, predicate=each.predicate, object=each.object, fact=each.sentence, valid_at=begins
        )
        for each in company.facts
    ]
    texts = [TextLine(text=text, at=begins) for number, (text, _) in enumerate(notes()) if _kind(number) == "text"]
    with database.transaction() as session:
        imported.store(session, [(line, 1) for line in (*lines, *texts)], now)
        rows = session.execute(select(facts)).all()
    by_triple = {(row.subject, row.predicate, row.object): f"fact/{row.id}" for row in rows if row.subject}
    keys: Keys = {each: by_triple[each.subject, each.predicate, each.object] for each in company.facts}
    return keys | {row.text: f"fact/{row.id}" for row in rows if row.subject is None}


def _kind(number: int) -> str:
    """The notes were written in this order."""
    ends = ((26, "text"), (36, "successful_fix"), (44, "critical_issue"), (52, "decision_outcome"), (66, "issue"))
    return next((kind for end, kind in ends if number < end), "text")


def _as_knowledge(kind: str, number: int, text: str) -> Said:
    data = {
        "successful_fix": {
            "issue_type": f"case-{number}",
            "improvement": 0.3,
            "pattern": f"note-{number}",
            "fix_details": text,
        },
        "critical_issue": {"issue_type": f"case-{number}", "severity": "critical", "impact": text},
        "decision_outcome": {
            "decision": f"decision/{900 + number}",
            "success": False,
            "learning": text,
            "context": {"note": number},
        },
    }
    return Said(kind, data[kind])


def name_of(item: Said) -> str:
    """A note's text names it; other items are named by all they say."""
    for field in ("fix_details", "impact", "learning"):
        if item.data.get(field) in {text for text, _ in notes()}:
            return str(item.data[field])
    return f"{item.type} {item.data}"


def _issue(database: Database, found: Found, now: datetime) -> str:
    with database.transaction() as session:
        issue = Issue(
            project_id=1,
            fingerprint=f"{found.rule} {found.file}",
            detector="linter",
            rule=found.rule,
            family="bug",
            file=found.file,
            line=found.line,
            end_line=found.line,
            severity="warning",
            message=found.message,
            state="open",
            opened_commit="0" * 40,
            seen_commit="0" * 40,
            opened_at=now,
            changed_at=now,
        )
        session.add(issue)
        session.flush()
        return f"issue/{issue.id}"
