"""What the graph of the code says of one part of it: who depends on it, what tests it, who changed it and why."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from sigma_core.codebase.change_tables import associations, changes, touches
from sigma_core.codebase.description_tables import descriptions
from sigma_core.codebase.tables import commits, entities
from sigma_core.database import Database
from sigma_core.graph.vocabulary import CLASS, FUNCTION, KNOWS, MODULE, TEST
from sigma_core.recall.answer import Sentence
from sigma_core.recall.subjects import Subject

if TYPE_CHECKING:
    from sigma_core.strategies.blast_radius import BlastRadius

Reach = Callable[[int, Sequence[str], int], "BlastRadius | None"]
"""What a change of these names in a project may reach, within so many steps."""
STEPS = 3
MOST_TOLD = 10
MOST_COMMITS = 5
MOST_WHY = 400


class CodeAnswers:
    """Answers from facts about the code and its history alone."""

    def __init__(self, database: Database, reach: Reach) -> None:
        self._database, self._reach = database, reach

    def breaks(self, subject: Subject) -> list[Sentence]:
        """What a change of it may reach, the nearest first, each with the reason."""
        radius = self._reach(subject.project_id, [subject.name], STEPS)
        if radius is None:
            return []
        tests, others = radius.of(TEST).tolist(), radius.of(FUNCTION, CLASS, MODULE).tolist()
        if not tests and not others:
            return [Sentence(f"Nothing that was read calls, imports or derives from {subject.name}.", _entity(subject))]
        told = f"A change of {subject.name} may reach {_count(len(others), 'part')} of the code"
        told += f" and {_count(len(tests), 'test')} within {STEPS} steps."
        return [
            Sentence(told, _entity(subject)),
            *(_because(radius, each) for each in others[:MOST_TOLD]),
            *(_because(radius, each) for each in tests[:MOST_TOLD]),
        ]

    def tests(self, subject: Subject) -> list[Sentence]:
        """Tests that run it, as far as was measured or as calls and imports tell."""
        from sigma_core.strategies.nearest_first import nearest_first

        radius = self._reach(subject.project_id, [subject.name], STEPS)
        found = nearest_first(radius) if radius is not None else []
        if radius is None or not found:
            return [Sentence(f"No test is known to run {subject.name}.", _entity(subject))]
        told = f"{_count(len(found), 'test')} reach {subject.name} within {STEPS} steps; the nearest first."
        return [Sentence(told, _entity(subject)), *(_because(radius, each) for each in found[:MOST_TOLD])]

    def changed(self, subject: Subject) -> list[Sentence]:
        """Its last changes with who made them and what they said, and who knows it; where these are not read yet, its
        file's."""
        if sentences := self._changed(subject):
            return sentences
        whole = self._file_of(subject) if subject.kind != MODULE else None
        of_file = self._changed(whole) if whole is not None else []
        if whole is None or not of_file:
            return []
        said = f"Which commits changed {subject.name} itself is not read yet; those of its file, {whole.path}, are:"
        return [Sentence(said, _entity(subject)), *of_file]

    def _file_of(self, subject: Subject) -> Subject | None:
        """The module that it is defined in."""
        query = (
            select(entities.c.id, entities.c.project_id, entities.c.kind, entities.c.full_name, descriptions.c.path)
            .join(descriptions, descriptions.c.entity_id == entities.c.id)
            .where(
                entities.c.project_id == subject.project_id,
                entities.c.kind == MODULE,
                descriptions.c.path == subject.path,
            )
        )
        with self._database.reading() as session:
            row = session.execute(query).first()
        return Subject(*row) if row else None

    def _changed(self, subject: Subject) -> list[Sentence]:
        author = entities.alias("author")
        told = (
            select(commits.c.commit, commits.c.at, commits.c.subject, changes.c.body, author.c.full_name, touches.c.how)
            .join(touches, touches.c.commit_id == commits.c.id)
            .join(changes, changes.c.commit_id == commits.c.id)
            .join(author, author.c.id == changes.c.author_id)
            .where(touches.c.entity_id == subject.id, touches.c.is_void.is_(False), changes.c.is_void.is_(False))
            .order_by(commits.c.at.desc(), commits.c.id.desc())
            .limit(MOST_COMMITS)
        )
        knows = (
            select(associations.c.id, author.c.full_name, associations.c.strength, associations.c.since_at)
            .join(author, author.c.id == associations.c.subject_id)
            .where(
                associations.c.object_id == subject.id,
                associations.c.predicate == KNOWS,
                associations.c.until_at.is_(None),
            )
            .order_by(associations.c.strength.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            rows, known = session.execute(told).all(), session.execute(knows).first()
        sentences = []
        for number, (commit, at, title, body, name, how) in enumerate(rows):
            when = " last" if number == 0 else ""
            verb = {"added": "added", "deleted": "took away"}.get(how, "changed")
            why = f" {' '.join(body.split())[:MOST_WHY]}" if body.strip() else ""
            said = f"{name} {verb} {subject.name}{when}, on {at:%Y-%m-%d} by commit {commit[:12]}: “{title}”.{why}"
            sentences.append(Sentence(said, f"commit/{commit}", at))
        if rows and known is not None:
            id_, name, share, since = known
            said = f"{name} knows it best: {share:.0%} of its changes, the latest counting most."
            sentences.append(Sentence(said, f"association/{id_}", since))
        return sentences


def _because(radius: "BlastRadius", position: int) -> Sentence:
    """Why it is reached, the fact that says so, and since when."""
    from datetime import UTC, datetime

    facts, fact = radius.code.snapshot.facts, int(radius.fact[position])
    steps = int(radius.hops[position])
    said = radius.because(position)
    if steps > 1:
        said = f"{said[:-1]} ({steps} steps away)."
    return Sentence(said, facts.uuids[fact], datetime.fromtimestamp(float(facts.valid_at[fact]), UTC))


def _entity(subject: Subject) -> str:
    return f"code/{subject.id}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
