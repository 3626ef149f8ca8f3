"""Reads how long issues lived in a project's past: sample after sample back in time, and on with the project."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from itertools import count

from sqlalchemy import func, update
from sqlmodel import Session, col, delete, select

from sigma_core.clock import Clock
from sigma_core.codebase.commits import Commit, main_line
from sigma_core.database import Database
from sigma_core.issues.detectors.ruff import RuffDetector
from sigma_core.learning.lives import LifeEnding, ObservedLife, SightedTree, ending_of, same_issues
from sigma_core.learning.past_samples import SAMPLES, newer_sample, older_sample, step_of
from sigma_core.learning.past_tables import PastLife, PastSample
from sigma_core.learning.sighting import sighted
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

Look = Callable[[Commit], SightedTree]


@dataclass(frozen=True)
class PastFigures:
    """How far a project's past has been read."""

    samples: int
    lives: int
    is_complete: bool


class PastReading:
    """Issue lives of all projects. Each sample is one transaction, and the next one goes on from what is stored."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone

    def read(self, project: Project, *, budget_s: float, tell: Callable[[str], None] = lambda _: None) -> PastFigures:
        """Look at what is new since the newest sample, then at older ones while there is time; one at least."""
        clone, ends = self._clone(project), time.monotonic() + budget_s
        line = main_line(clone.main_line(project.head))
        # The newest and the oldest sample are both looked at again and again
        look = lru_cache(maxsize=2)(partial(self._look, project, clone))
        for taken in count():
            if taken and time.monotonic() >= ends:
                break
            tell(f"looking at issues of the past: sample {self._figures(project).samples + 1} of at most {SAMPLES}")
            if not self._step(project, clone, line, look):
                break
        return self._figures(project)

    def lives(self, project_id: int, *, session: Session | None = None) -> Sequence[ObservedLife]:
        """All that are known of a project."""
        with self._database.reading(session) as own:
            rows = own.exec(select(PastLife).where(PastLife.project_id == project_id)).all()
        return [
            ObservedLife(each.rule, each.severity, each.since_at, each.until_at, LifeEnding(each.ending))
            for each in rows
        ]

    def _step(self, project: Project, clone: Clone, line: Sequence[Commit], look: Look) -> bool:
        """Look at one more sample; whether there was one."""
        with self._database.reading() as session:
            samples = session.exec(
                select(PastSample).where(PastSample.project_id == project.id).order_by(col(PastSample.at))
            ).all()
        known, on_line = samples[0].rules if samples else None, {each.id for each in line}
        if known != _rules() or samples[-1].commit not in on_line or samples[0].commit not in on_line:
            return self._start(project, look(line[0]), step_of(line))
        newer = newer_sample(line, samples[-1].commit, samples[-1].step)
        if newer is not None:
            return self._go_on(project, clone, samples[-1], _pair(look, samples[-1], newer))
        older = older_sample(line, samples[0].commit, samples[0].step, len(samples))
        if older is not None:
            return self._go_back(project, clone, samples[0], _pair(look, samples[0], older))
        self._finish(samples[0])
        return False

    def _start(self, project: Project, tree: SightedTree, step: int) -> bool:
        with self._database.transaction() as session:
            self._database.lock(session, f"past/{project.id}")
            session.exec(delete(PastLife).where(col(PastLife.project_id) == project.id))
            session.exec(delete(PastSample).where(col(PastSample.project_id) == project.id))
            session.add(self._sample(project, tree, step))
            session.add_all(_life(project, tree, number) for number in range(len(tree.sightings)))
        return True

    def _go_back(
        self, project: Project, clone: Clone, oldest: PastSample, trees: tuple[SightedTree, SightedTree]
    ) -> bool:
        newer, older = trees
        renamed = {old: new for new, old in clone.renames(older.commit, newer.commit).items()}
        same = same_issues(older, newer, renamed)
        with self._database.transaction() as session:
            if not self._claim(session, project, older, oldest.step):
                return True
            mine = select(PastLife.oldest_mark, PastLife.id).where(PastLife.project_id == project.id)
            begun = dict(session.exec(mine.where(PastLife.since_at == oldest.at)).all())
            changes = list[Mapping[str, object]]()
            for number, each in enumerate(older.sightings):
                if (life_id := begun.get(same.get(each.mark, ""))) is not None:
                    changes.append({"id": life_id, "oldest_mark": each.mark, "since_at": older.at})
                elif each.mark not in same:
                    life = _life(project, older, number)
                    life.until_at, life.ending = newer.at, ending_of(each, newer, renamed)
                    session.add(life)
            _change(session, changes)
        return True

    def _go_on(
        self, project: Project, clone: Clone, newest: PastSample, trees: tuple[SightedTree, SightedTree]
    ) -> bool:
        older, newer = trees
        renamed = {old: new for new, old in clone.renames(older.commit, newer.commit).items()}
        same = same_issues(older, newer, renamed)
        with self._database.transaction() as session:
            if not self._claim(session, project, newer, newest.step):
                return True
            mine = select(PastLife.newest_mark, PastLife.id).where(PastLife.project_id == project.id)
            alive = dict(session.exec(mine.where(col(PastLife.until_at).is_(None))).all())
            seen = [each for each in older.sightings if each.mark in alive]
            _change(session, [{"id": alive[e.mark], "newest_mark": same[e.mark]} for e in seen if e.mark in same])
            ended = [each for each in seen if each.mark not in same]
            endings = [
                {"id": alive[each.mark], "until_at": newer.at, "ending": ending_of(each, newer, renamed)}
                for each in ended
            ]
            _change(session, endings)
            old = set(same.values())
            fresh = (number for number, each in enumerate(newer.sightings) if each.mark not in old)
            session.add_all(_life(project, newer, number) for number in fresh)
        return True

    def _look(self, project: Project, clone: Clone, commit: Commit) -> SightedTree:
        return sighted(clone, commit.id, min(commit.at, self._clock()), project.folder)

    def _claim(self, session: Session, project: Project, tree: SightedTree, step: int) -> bool:
        """Whether nobody else has stored this sample."""
        self._database.lock(session, f"past/{project.id}")
        mine = select(PastSample.id).where(PastSample.project_id == project.id, PastSample.commit == tree.commit)
        if session.exec(mine).first() is not None:
            return False
        session.add(self._sample(project, tree, step))
        return True

    @staticmethod
    def _sample(project: Project, tree: SightedTree, step: int) -> PastSample:
        return PastSample(project_id=project.id or 0, commit=tree.commit, at=tree.at, step=step, rules=_rules())

    def _finish(self, oldest: PastSample) -> None:
        if not oldest.is_last:
            with self._database.transaction() as session:
                session.get_one(PastSample, oldest.id).is_last = True

    def _figures(self, project: Project) -> PastFigures:
        with self._database.reading() as session:
            ends = session.exec(select(PastSample.is_last).where(PastSample.project_id == project.id)).all()
            lives = session.exec(select(func.count()).where(PastLife.project_id == project.id)).one()
        return PastFigures(len(ends), lives, any(ends))


def _pair(look: Look, known: PastSample, commit: Commit) -> tuple[SightedTree, SightedTree]:
    return look(Commit(known.commit, known.at)), look(commit)


def _rules() -> str:
    return sha256(RuffDetector().rules.encode()).hexdigest()


def _life(project: Project, tree: SightedTree, number: int) -> PastLife:
    seen = tree.sightings[number]
    return PastLife(
        project_id=project.id or 0,
        rule=seen.rule,
        severity=seen.severity,
        since_at=tree.at,
        oldest_mark=seen.mark,
        newest_mark=seen.mark,
    )


def _change(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        session.execute(update(PastLife), rows)
