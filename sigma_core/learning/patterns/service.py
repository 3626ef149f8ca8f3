"""Patterns of code as people and other rooms ask for them; and as skills that go from project to project."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, delete, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.identity import existing_row
from sigma_core.learning.patterns.conditions import Conditions
from sigma_core.learning.patterns.pattern_trust import PatternTrust, SeenInstance, discounted, is_pattern, trust
from sigma_core.learning.patterns.skill_file import Skill, SkillConditions, SkillEvidence, read_skills, write_skills
from sigma_core.learning.patterns.study import digest_of
from sigma_core.learning.patterns.tables import COMMIT, CodePattern, PatternSighting


@dataclass(frozen=True)
class KnownPattern:
    """A pattern, what is to be thought of it, and where it was seen: the newest sightings first."""

    row: CodePattern
    trust: PatternTrust
    sightings: Sequence[PatternSighting]

    @property
    def is_pattern(self) -> bool:
        """Whether it was met often enough to be more than one change."""
        return _is_one(self.row)

    @property
    def conditions(self) -> Conditions:
        """Where it applies."""
        row = self.row
        return Conditions(row.rule, row.globs, row.imports, row.python, row.configuration)


@dataclass(frozen=True)
class Taken:
    """What came of taking a file: patterns that are new here, and those that were known."""

    new: Sequence[CodePattern]
    known: Sequence[CodePattern]


class CodePatterns:
    """Reads and moves patterns; `PatternStudy` learns them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def list(self, project_id: int, *, every: bool = False) -> Sequence[KnownPattern]:
        """A project's patterns, the most trusted first. `every`: also what was seen too seldom to be one."""
        query = select(CodePattern).where(CodePattern.project_id == project_id)
        with self._database.reading() as session:
            rows = [each for each in session.exec(query) if every or _is_one(each)]
            known = known_patterns(session, rows)
        return sorted(known, key=lambda each: (-each.trust.low, each.row.id or 0))

    def rules(self) -> Sequence[str]:
        """Rules that patterns of any project are known to be fixes of."""
        query = select(CodePattern).where(col(CodePattern.rule).is_not(None))
        with self._database.reading() as session:
            return sorted({each.rule or "" for each in session.exec(query) if _is_one(each)})

    def get(self, key: int | str) -> KnownPattern:
        """One of them. Raises `NotFound`."""
        with self._database.reading() as session:
            (known,) = known_patterns(session, [existing_row(session, CodePattern, "pattern", key)])
        return known

    def restrict(
        self, key: int | str, *, rule: str | None, globs: Sequence[str], configuration: Mapping[str, Any], actor: str
    ) -> CodePattern:
        """Say where it applies, in place of what was said of rule, files and configuration. Raises `Invalid`."""
        where = _checked({"rule": rule, "files": [*globs], "configuration": dict(configuration)})
        with self._database.transaction() as session:
            row = existing_row(session, CodePattern, "pattern", key)
            row.rule, row.globs, row.configuration = where.rule, list(where.files), dict(where.configuration)
            row.changed_at = self._clock()
            self._record(session, row, "restrict pattern", actor)
        return row

    def forget(self, key: int | str, *, reason: str, actor: str) -> CodePattern:
        """Remove one with its sightings. What is read of the history already does not bring it back."""
        with self._database.transaction() as session:
            row = existing_row(session, CodePattern, "pattern", key)
            session.execute(delete(PatternSighting).where(col(PatternSighting.pattern_id) == row.id))
            session.delete(row)
            self._record(session, row, "forget pattern", actor, reason)
        return row

    def export(self, project_id: int, keys: Sequence[int | str] = ()) -> str:
        """These patterns as a file, or all that are trusted in at all. Raises `NotFound`, `Invalid` for none."""
        chosen = [self.get(key) for key in keys] or self.list(project_id)
        other = next((each.row.id for each in chosen if each.row.project_id != project_id), None)
        if other is not None:
            raise NotFound("pattern of this project", other)
        if not chosen:
            raise Invalid({"patterns": "there are none yet: they are learned from fixes"})
        return write_skills(_skill(each) for each in chosen)

    def take(self, project_id: int, content: bytes, *, actor: str) -> Taken:
        """Take the patterns of a file into a project, as a prior that its own experience outweighs. Raises `Invalid`.

        Taking the same file again changes nothing but that prior.
        """
        skills = read_skills(content)
        new, known = list[CodePattern](), list[CodePattern]()
        with self._database.transaction() as session:
            self._database.lock(session, f"patterns/{project_id}")
            for skill in skills:
                row, is_new = self._taken(session, project_id, skill, actor)
                (new if is_new else known).append(row)
            if skills:
                self._record(session, (new + known)[0], f"import {len(skills)} patterns", actor)
        return Taken(new, known)

    def _taken(self, session: Session, project_id: int, skill: Skill, actor: str) -> tuple[CodePattern, bool]:
        digest = digest_of(skill.before, skill.after)
        query = select(CodePattern).where(CodePattern.project_id == project_id, CodePattern.digest == digest)
        row = session.exec(query).one_or_none()
        is_new = row is None
        row = row or CodePattern(
            project_id=project_id,
            digest=digest,
            before=skill.before,
            after=skill.after,
            rule=skill.where.rule,
            globs=list(skill.where.files),
            imports=list(skill.where.imports),
            python=skill.where.python,
            configuration=dict(skill.where.configuration),
            origin="import",
            changed_at=self._clock(),
        )
        row.prior_successes, row.prior_failures = discounted(skill.evidence.lasted, skill.evidence.undone)
        row.imported_by, row.imported_at, row.changed_at = actor, self._clock(), self._clock()
        session.add(row)
        session.flush()
        return row, is_new

    def _record(self, session: Session, row: CodePattern, action: str, actor: str, reason: str | None = None) -> None:
        audit.record(session, self._clock, actor=actor, action=action, object=f"pattern/{row.id}", reason=reason)


def known_patterns(session: Session, rows: Sequence[CodePattern]) -> list[KnownPattern]:
    """With their sightings, in few queries."""
    seen = defaultdict[int, list[PatternSighting]](list)
    numbers = [each.id or 0 for each in rows]
    for start in range(0, len(numbers), 500):
        some = col(PatternSighting.pattern_id).in_(numbers[start : start + 500])
        for each in session.exec(select(PatternSighting).where(some).order_by(col(PatternSighting.at))):
            seen[each.pattern_id].append(each)
    return [_trusted(row, seen[row.id or 0]) for row in rows]


def _trusted(row: CodePattern, seen: Sequence[PatternSighting]) -> KnownPattern:
    instances = [SeenInstance(each.success, each.stood) for each in seen]
    return KnownPattern(row, trust(instances, row.prior_successes, row.prior_failures), seen[::-1])


def _is_one(row: CodePattern) -> bool:
    return is_pattern(row.seen, row.sources, imported=row.imported_at is not None)


def _skill(known: KnownPattern) -> Skill:
    row, seen = known.row, known.sightings
    commits = {each.ref for each in seen if each.kind == COMMIT}
    return Skill(
        before=row.before,
        after=row.after,
        where=SkillConditions(
            rule=row.rule,
            files=row.globs,
            imports=row.imports,
            python=row.python,
            configuration=row.configuration,
        ),
        evidence=SkillEvidence(
            lasted=known.trust.successes,
            undone=known.trust.failures,
            commits=len(commits),
            fixes=len({each.ref for each in seen} - commits),
            first=min((each.at for each in seen), default=row.changed_at).date(),
            last=max((each.at for each in seen), default=row.changed_at).date(),
        ),
    )


def _checked(where: Mapping[str, Any]) -> SkillConditions:
    from pydantic import ValidationError

    try:
        return SkillConditions.model_validate(where)
    except ValidationError as error:
        raise Invalid({".".join(map(str, each["loc"])): each["msg"] for each in error.errors()}) from None
