"""The lives of a repository's issues: read as learning reads them, or drawn by chance."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlmodel import select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.learning.lives import LifeEnding, ObservedLife
from sigma_core.learning.past_reading import PastReading
from sigma_core.learning.past_tables import PastSample
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project
from sigma_core.schema import migrate

HOUR = 3600.0
RULES = ("F401", "E711", "B006", "S608", "UP031", "SIM102", "RET505", "PERF401")


@dataclass(frozen=True)
class KnownPast:
    """When a repository was looked at, and how long its issues lived."""

    name: str
    samples: Sequence[datetime]
    lives: Sequence[ObservedLife]


def read(repository: Path, keep: Path | None) -> KnownPast:
    """With all the time that it takes; from the folder of those kept, where it is there."""
    name = repository.absolute().name
    file = keep / f"{name}.json" if keep else None
    if file is None or not file.exists():
        past = _read(repository.resolve(), name)
        if file is None:
            return past
        file.write_text(
            json.dumps({"samples": [each.isoformat() for each in past.samples], "lives": list(_rows(past))})
        )
    stored = json.loads(file.read_text())
    lives = [
        ObservedLife(rule, severity, _at(since), until and _at(until), LifeEnding(ending))
        for rule, severity, since, until, ending in stored["lives"]
    ]
    return KnownPast(name, [_at(each) for each in stored["samples"]], lives)


def _read(path: Path, name: str) -> KnownPast:
    with tempfile.TemporaryDirectory(prefix="sigma-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sigma.db'}")
        migrate(database)
        clone = Clone(Path(folder) / "clone.git", Path(folder) / "gitconfig")
        project = Project(name=name, path=str(path), head=clone.fetch(path), created_at=utc_now())
        with database.transaction() as session:
            session.add(project)
        reading = PastReading(database, utc_now, lambda _: clone)
        reading.read(project, budget_s=HOUR)
        with database.reading() as session:
            samples = session.exec(select(PastSample.at).order_by(PastSample.at)).all()
        lives = reading.lives(project.id or 0)
        database.dispose()
    return KnownPast(name, samples, lives)


def _rows(past: KnownPast) -> Iterator[Sequence[str | None]]:
    for each in past.lives:
        until = each.until_at.isoformat() if each.until_at else None
        yield each.rule, each.severity, each.since_at.isoformat(), until, each.ending.value


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def drawn(seed: int) -> KnownPast:
    """A project whose maintainers want some rules mended and others not, most of them as all others do."""
    chance, begin = Random(seed), datetime(2015, 1, 1, tzinfo=UTC)
    samples = [begin + timedelta(days=180 * number) for number in range(20)]
    lives = []
    for number, rule in enumerate(RULES):
        usual = number / (len(RULES) - 1)
        wanted = usual if chance.random() < 0.8 else 1 - usual
        for _ in range(40):
            since = chance.randrange(len(samples) - 1)
            until = since + 1 + chance.randrange(6)
            is_fixed = chance.random() < wanted and until < len(samples)
            ended = (samples[until], LifeEnding.FIXED) if is_fixed else (None, LifeEnding.ALIVE)
            lives.append(ObservedLife(rule, chance.choice(("info", "warning", "error")), samples[since], *ended))
    return KnownPast(f"drawn {seed}", samples, lives)
