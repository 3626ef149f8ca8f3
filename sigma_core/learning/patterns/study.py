"""Learning patterns: from what fixes of the history replaced, and from how proposed fixes ended."""

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.learning.patterns.fix_commits import SeenInFile, own_names, read_fixes, unread_fixes
from sigma_core.learning.patterns.fix_outcomes import EndedFix, replaced_by, unread_endings
from sigma_core.learning.patterns.generalising import Rewrite
from sigma_core.learning.patterns.later_outcomes import FixStanding, count, settle, standings
from sigma_core.learning.patterns.oldest_python import needed_minor
from sigma_core.learning.patterns.tables import COMMIT, PROPOSAL, CodePattern, PatternReading, PatternSighting
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

MOST_READ = 400
"""Fix commits of one cycle."""
READ_S = 20.0
"""How long reading them may take."""

Tell = Callable[[str], None]


class PatternStudy:
    """Looks at each fix once, and at each later time at what became of it."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone

    def __call__(self, project: Project, tell: Tell = lambda _: None) -> Mapping[str, int]:
        """What is new since last time, as figures. Call it outside of any transaction."""
        if not project.head:
            return {}
        clone, project_id = self._clone(project), project.id or 0
        with self._database.reading() as session:
            fixes = unread_fixes(session, project_id, MOST_READ)
            ended = unread_endings(session, project_id, _read(session, project_id))
        own = own_names(list(clone.files(project.head))) if fixes or ended else frozenset()
        read = seen = 0
        for fix, parts in read_fixes(clone, fixes, own, ends=time.monotonic() + READ_S, tell=tell):
            sighted = _Sighted(COMMIT, fix.commit, None, fix.at, parts, FixStanding(success=True, stood=0))
            seen += self._note(project_id, sighted)
            read += 1
        for each in ended:
            seen += self._note(project_id, _of_fix(each, list(replaced_by(clone, each, own))))
        with self._database.reading() as session:
            stands = standings(session, project_id)
        with self._database.transaction() as session:
            self._database.lock(session, f"patterns/{project_id}")
            undone = settle(session, project_id, stands, self._clock())
        return {"fix_commits": read, "fixes_read": len(ended), "sightings": seen, "undone": undone}

    def _note(self, project_id: int, sighted: "_Sighted") -> int:
        """Store what was seen in one commit or fix, in place of what was stored of it before."""
        with self._database.transaction() as session:
            self._database.lock(session, f"patterns/{project_id}")
            mine = select(CodePattern.id).where(CodePattern.project_id == project_id)
            session.execute(
                delete(PatternSighting).where(
                    col(PatternSighting.pattern_id).in_(mine),
                    col(PatternSighting.kind) == sighted.kind,
                    col(PatternSighting.ref) == sighted.ref,
                )
            )
            success, stood = sighted.standing
            session.merge(PatternReading(project_id=project_id, kind=sighted.kind, ref=sighted.ref, success=success))
            rows = dict[int, CodePattern]()
            for path, (rewrite, line) in sighted.parts:
                row = self._pattern(session, project_id, rewrite, sighted)
                rows[row.id or 0] = row
                session.add(
                    PatternSighting(
                        pattern_id=row.id or 0,
                        kind=sighted.kind,
                        ref=sighted.ref,
                        path=path,
                        line=line,
                        success=success,
                        stood=stood,
                        at=sighted.at,
                    )
                )
            session.flush()
            for row in rows.values():
                count(session, row, self._clock())
        return len(sighted.parts)

    def _pattern(self, session: Session, project_id: int, rewrite: Rewrite, sighted: "_Sighted") -> CodePattern:
        """The row of a replacement, made where it was never seen. The first rule it is a fix of is its rule."""
        digest = digest_of(rewrite.before.text, rewrite.after.text)
        query = select(CodePattern).where(CodePattern.project_id == project_id, CodePattern.digest == digest)
        row = session.exec(query).one_or_none() or CodePattern(
            project_id=project_id,
            digest=digest,
            before=rewrite.before.text,
            after=rewrite.after.text,
            imports=list(rewrite.imports),
            python=needed_minor(rewrite.before, rewrite.after),
            origin="history" if sighted.kind == COMMIT else "outcome",
            changed_at=self._clock(),
        )
        row.rule = row.rule or sighted.rule
        session.add(row)
        session.flush()
        return row


class _Sighted:
    """What one commit or fix replaced, and how that stands."""

    def __init__(
        self,
        kind: str,
        ref: str,
        rule: str | None,
        at: datetime,
        parts: Sequence[SeenInFile],
        standing: FixStanding,
    ) -> None:
        self.kind, self.ref, self.rule, self.at, self.standing = kind, ref, rule, at, standing
        # One replacement counts once a line, whatever stands there twice
        unique = {(path, seen.rewrite.before.text, seen.rewrite.after.text, seen.line): seen for path, seen in parts}
        self.parts = [SeenInFile(key[0], seen) for key, seen in unique.items()]


def digest_of(before: str, after: str) -> str:
    """The same for the same pattern."""
    return hashlib.sha256(f"{before}\0{after}".encode()).hexdigest()


def _of_fix(fix: EndedFix, parts: Sequence[SeenInFile]) -> _Sighted:
    return _Sighted(PROPOSAL, str(fix.line), fix.rule, fix.at, parts, fix.standing)


def _read(session: Session, project_id: int) -> Collection[str]:
    """Changes that were looked at."""
    mine = select(PatternReading.ref).where(PatternReading.project_id == project_id, PatternReading.kind == PROPOSAL)
    return frozenset(session.exec(mine))
