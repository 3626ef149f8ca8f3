"""Learning patterns: from what fixes of the history replaced, and from how proposed fixes ended."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, and_, col, delete, func, select, update

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.learning.patterns.fix_commits import SeenInFile, own_names, read_fixes, reverted, unread_fixes
from sigma_core.learning.patterns.fix_outcomes import EndedFix, ended_fixes, replaced_by
from sigma_core.learning.patterns.generalising import Rewrite
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
    """Looks at each fix once, and keeps how each sighting stands."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone

    def __call__(self, project: Project, tell: Tell = lambda _: None) -> Mapping[str, int]:
        """What is new since last time, as figures. Call it outside of any transaction."""
        if not project.head:
            return {}
        clone, project_id = self._clone(project), project.id or 0
        with self._database.reading() as session:
            fixes = unread_fixes(session, project_id, MOST_READ)
            known = _endings(session, project_id)
            ended = [each for each in ended_fixes(session, project_id) if known.get(str(each.line)) != each.success]
        own = own_names(list(clone.files(project.head))) if fixes or ended else frozenset()
        read = seen = 0
        for fix, parts in read_fixes(clone, fixes, own, ends=time.monotonic() + READ_S, tell=tell):
            sighted = _Sighted(COMMIT, fix.commit, None, fix.at, parts, success=True)
            seen += self._note(project_id, sighted)
            read += 1
        for each in ended:
            seen += self._note(project_id, _of_fix(each, list(replaced_by(clone, each, own))))
        return {"fix_commits": read, "fixes_read": len(ended), "sightings": seen, "undone": self._undo(project_id)}

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
            session.merge(
                PatternReading(project_id=project_id, kind=sighted.kind, ref=sighted.ref, success=sighted.success)
            )
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
                        success=sighted.success,
                        at=sighted.at,
                    )
                )
            session.flush()
            for row in rows.values():
                self._count(session, row)
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

    def _count(self, session: Session, row: CodePattern) -> None:
        mine = PatternSighting.pattern_id == row.id
        row.seen = session.exec(select(func.count()).select_from(PatternSighting).where(mine)).one()
        places = select(PatternSighting.kind, PatternSighting.ref).where(mine).distinct().subquery()
        row.sources = session.exec(select(func.count()).select_from(places)).one()
        row.changed_at = self._clock()

    def _undo(self, project_id: int) -> int:
        """Sightings in commits that were taken back since did not last; how many those are."""
        with self._database.transaction() as session:
            undone = tuple(reverted(session, project_id))
            mine = select(CodePattern.id).where(CodePattern.project_id == project_id)
            lasted = and_(
                col(PatternSighting.pattern_id).in_(mine),
                PatternSighting.kind == COMMIT,
                col(PatternSighting.success),
            )
            commits = session.exec(select(PatternSighting.ref).where(lasted).distinct()).all()
            lost = and_(lasted, col(PatternSighting.ref).in_([each for each in commits if each.startswith(undone)]))
            of = select(PatternSighting.pattern_id).where(lost)
            session.execute(update(CodePattern).where(col(CodePattern.id).in_(of)).values(changed_at=self._clock()))
            undo = update(PatternSighting).where(lost).values(success=False)
            return int(session.execute(undo).rowcount)  # type: ignore[attr-defined]


class _Sighted:
    """What one commit or fix replaced, and whether that lasted."""

    def __init__(
        self, kind: str, ref: str, rule: str | None, at: datetime, parts: Sequence[SeenInFile], *, success: bool
    ) -> None:
        self.kind, self.ref, self.rule, self.at, self.success = kind, ref, rule, at, success
        # One replacement counts once a line, whatever stands there twice
        unique = {(path, seen.rewrite.before.text, seen.rewrite.after.text, seen.line): seen for path, seen in parts}
        self.parts = [SeenInFile(key[0], seen) for key, seen in unique.items()]


def digest_of(before: str, after: str) -> str:
    """The same for the same pattern."""
    return hashlib.sha256(f"{before}\0{after}".encode()).hexdigest()


def _of_fix(fix: EndedFix, parts: Sequence[SeenInFile]) -> _Sighted:
    return _Sighted(PROPOSAL, str(fix.line), fix.rule, fix.at, parts, success=fix.success)


def _endings(session: Session, project_id: int) -> dict[str, bool]:
    """How fixes stood when they were looked at last."""
    query = select(PatternReading).where(PatternReading.project_id == project_id, PatternReading.kind == PROPOSAL)
    return {each.ref: each.success for each in session.exec(query)}
