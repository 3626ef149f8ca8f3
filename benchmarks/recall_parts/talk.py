"""Long conversations with questions: LoCoMo (a JSON file each) and BEAM (a folder each). None ships with SIGMA."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from recall_parts.labelled import Labelled, LabelledSet
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.graph import imported
from sigma_core.graph.imported import TextLine
from sigma_core.graph.tables import facts

LOCOMO = {1: "several turns", 2: "time", 3: "inference", 4: "one turn", 5: "misleading"}
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
SESSIONS = "all sessions of the evidence"
NOT_LABELLED = ("abstention", "summarization")


def is_talk(path: Path) -> bool:
    """Is it one conversation?"""
    return path.suffix == ".json" or (path / "probing_questions").is_dir()


def conversation(path: Path, database: Database) -> LabelledSet:
    """Turns as imported texts, a day for each session."""
    turns, asked = _locomo(path) if path.suffix == ".json" else _beam(path)
    lines = [
        TextLine(text=text, at=BEGINNING + timedelta(days=day, seconds=place), source="chat")
        for place, (_, day, text) in enumerate(turns)
    ]
    with database.transaction() as session:
        imported.store(session, [(line, None) for line in lines], utc_now())
        rows = {row.text: row.id for row in session.execute(select(facts.c.id, facts.c.text))}
    names = {f"fact/{rows[text]}": name for name, _, text in turns if text in rows}
    texts = {f"fact/{id_}": text for text, id_ in rows.items()}
    session_of = {name: str(day) for name, day, _ in turns}
    of_sessions = [
        Labelled(each.text, frozenset(session_of[name] for name in each.answers), _sessions(each.group), whole=True)
        for each in asked
    ]

    def key_of(group: str, id_: str) -> str:
        name = names.get(id_, "")
        return session_of.get(name, "") if group.endswith(SESSIONS) else name

    return LabelledSet(path.stem, database, [*asked, *of_sessions], key_of, list(texts.items()))


def _sessions(group: str) -> str:
    return f"{group.partition(',')[0]}, {SESSIONS}"


def _locomo(path: Path) -> tuple[Sequence[tuple[str, int, str]], Sequence[Labelled]]:
    said = json.loads(path.read_text())
    days = range(1, 1 + sum(key.startswith("session_") for key in said))
    turns = [
        (turn["dia_id"], day, f"{turn['speaker']}: {turn['text']}")
        for day in days
        for turn in said.get(f"session_{day}") or ()
    ]
    known = {name for name, _, _ in turns}
    asked = [
        Labelled(each["question"], frozenset(answers), f"LoCoMo, {LOCOMO[each['category']]}")
        for each in said["qa"]
        if (answers := known.intersection(re.findall(r"D\d+:\d+", " ".join(each.get("evidence", ())))))
    ]
    return turns, asked


def _beam(path: Path) -> tuple[Sequence[tuple[str, int, str]], Sequence[Labelled]]:
    cut = path / "chat_trunecated.json"
    chat = json.loads((cut if cut.exists() else path / "chat.json").read_text())
    turns = [
        (
            str(turn["id"]),
            batch["batch_number"],
            f"{turn['role']}: {turn['content'].partition('->->')[0].strip()}"[:32_000],
        )
        for batch in chat
        for some in batch["turns"]
        for turn in some
    ]
    known = {name for name, _, _ in turns}
    probes = json.loads((path / "probing_questions" / "probing_questions.json").read_text())
    asked = [
        Labelled(each["question"], frozenset(answers), f"BEAM, {kind.replace('_', ' ')}")
        for kind, some in probes.items()
        if kind not in NOT_LABELLED
        for each in some
        if (answers := known.intersection(map(str, _numbers(each.get("source_chat_ids")))))
    ]
    return turns, asked


def _said(turn: Any) -> str:
    return f"{turn['role']}: {turn['content'].partition('->->')[0].strip()}"[:32_000]


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _numbers(each)
