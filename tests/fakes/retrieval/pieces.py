"""Issues and knowledge about the company's code, from hand-written pieces; and the notes."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

RULES = {
    "F401": "`{}` imported but unused",
    "F841": "Local variable `{}` is assigned to but never used",
    "E711": "Comparison of `{}` to None",
    "B006": "Mutable default for argument `{}`",
    "S608": "Possible SQL injection through string-built query on `{}`",
    "C901": "`{}` is too complex",
    "PERF401": "Use a comprehension to fill `{}`",
    "SIM115": "Open `{}` with a context manager",
    "BLE001": "Blind except around `{}`",
    "S301": "`{}` is read by pickle",
}
FILES = (
    "basket/totals.py",
    "basket/merge.py",
    "stock/reserve.py",
    "stock/recount.py",
    "mailing/bounce.py",
    "mailing/digest.py",
    "pricing/feed.py",
    "pricing/rebate.py",
    "returns/labels.py",
    "returns/refund.py",
    "search/index.py",
    "search/facets.py",
    "users/signup.py",
    "users/erase.py",
    "reports/weekly.py",
    "reports/margin.py",
    "courier/slots.py",
    "courier/quote.py",
)
NAMES = (
    "rows",
    "cache",
    "json",
    "handler",
    "payload",
    "buffer",
    "window",
    "cursor",
    "labels",
    "retry",
    "total",
    "slug",
)
FIXES = (
    "drop the name and whatever only it needed",
    "give the argument None and build the list inside",
    "bind the value as a parameter",
    "open the file in a with block",
    "name the exception that is meant",
    "compare by identity",
    "return early instead of nesting",
    "build the list in one expression",
    "read the document as JSON instead",
)
TRENDS = ("rising", "falling", "steady", "volatile")


@dataclass(frozen=True)
class Found:
    """An issue."""

    rule: str
    file: str
    line: int
    message: str


@dataclass(frozen=True)
class Said:
    """An item of knowledge."""

    type: str
    data: dict[str, Any]


def notes() -> list[tuple[str, str]]:
    """(text, question) as written."""
    lines = (Path(__file__).parent / "notes.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(part.strip() for part in line.split(" | ")) for line in lines if not line.startswith("#")]


def issues(random: Random) -> list[Found]:
    """No two of one rule in one file."""
    places = random.sample(list(product(RULES, FILES)), 150)
    return [
        Found(rule, file, random.randrange(10, 400), RULES[rule].format(random.choice(NAMES))) for rule, file in places
    ]


def knowledge(random: Random) -> list[Said]:
    """Of all nine types; no two of one subject."""
    said = []
    for number, (rule, file) in enumerate(random.sample(list(product(RULES, FILES)), 22)):
        folder, fix = file.partition("/")[0], FIXES[number % len(FIXES)]
        said += [
            Said(
                "risk_pattern",
                {
                    "pattern": f"{rule} in {file}",
                    "severity": random.choice(("low", "high")),
                    "confidence": 0.7,
                    "context": {"reason": f"fixes in {folder} broke {number} tests"},
                },
            ),
            Said(
                "decision_outcome",
                {
                    "decision": f"decision/{100 + number}",
                    "success": number % 2 == 0,
                    "learning": f"{rule} in {folder}: {fix}",
                    "context": {"files": [file]},
                },
            ),
            Said(
                "successful_fix",
                {
                    "issue_type": rule,
                    "improvement": 0.4,
                    "pattern": f"{folder}-{number}",
                    "fix_details": f"in {file} {fix}",
                },
            ),
            Said(
                "issue_pattern",
                {
                    "issue_type": f"{rule}/{folder}/{number}",
                    "severity": "warning",
                    "frequency": number + 2,
                    "impact": f"{number + 2} times in {folder}",
                },
            ),
            Said(
                "pattern_evolution",
                {
                    "pattern": f"linter {rule} {folder}",
                    "trend": TRENDS[number % 4],
                    "confidence": 0.8,
                    "origin_project": f"shop-{number}",
                },
            ),
            Said(
                "context_enrichment",
                {
                    "context_type": f"rule {rule} {number}",
                    "relevance": 0.8,
                    "enrichment": {"text": f"{file} was changed after {rule} before"},
                },
            ),
            Said("proposal_quality", {"proposal": f"proposal/{500 + number}", "score": 0.6, "verdict": "proposed"}),
            Said(
                "experiment_result",
                {
                    "experiment": f"order {rule} by {folder} {number}",
                    "improvement": 0.02 * number,
                    "success": number % 3 == 0,
                },
            ),
            Said(
                "critical_issue",
                {
                    "issue_type": f"{rule}:{file}",
                    "severity": "critical",
                    "impact": f"{folder} stops when {rule} is hit",
                },
            ),
        ]
    return said
