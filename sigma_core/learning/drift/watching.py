"""Which series of outcomes are watched for drift, and what a drift makes out of date. Pure rules of values."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sigma_core.learning.committee.judged import JudgedChange
from sigma_core.learning.drift.adwin import LONGEST, ShareDrift, drifts
from sigma_core.learning.drift.tables import DriftEvent

FEWEST_ALONE = 40
"""Outcomes from which a rule is watched by itself; thinner ones are pooled by family, then by project."""


@dataclass(frozen=True)
class WatchedSeries:
    """Figures from 0 to 1 in the order they came: a rule's acceptance, or how far a member was from what happened."""

    project_id: int | None
    subject: str
    name: str
    figures: Sequence[float]
    at: Sequence[datetime]


def watched(changes: Sequence[JudgedChange], members: Iterable[str]) -> Iterator[WatchedSeries]:
    """All series, of each project first, then of members. `changes`: the one that ended first before the others."""
    for project_id in sorted({each.project_id for each in changes}):
        yield from _of_project(project_id, [each for each in changes if each.project_id == project_id])
    for member in members:
        of = [each for each in changes if member in each.scores][-2 * LONGEST :]
        errors = [(each.scores[member] - each.happened) ** 2 for each in of]
        yield WatchedSeries(None, "member", member, errors, [each.at for each in of])


def _of_project(project_id: int, changes: Sequence[JudgedChange]) -> Iterator[WatchedSeries]:
    rest = changes
    for subject in ("rule", "family"):
        groups: dict[str, list[JudgedChange]] = {}
        for each in rest:
            groups.setdefault(getattr(each, subject), []).append(each)
        for name, group in sorted(groups.items()):
            if len(group) >= FEWEST_ALONE:
                yield _accepted(project_id, subject, name, group)
        rest = [each for each in rest if len(groups[getattr(each, subject)]) < FEWEST_ALONE]
    if rest:
        yield _accepted(project_id, "project", "thin rules", rest)


def _accepted(project_id: int, subject: str, name: str, changes: Sequence[JudgedChange]) -> WatchedSeries:
    return WatchedSeries(
        project_id, subject, name, [float(each.happened) for each in changes], [each.at for each in changes]
    )


def new_drifts(series: WatchedSeries) -> list[tuple[ShareDrift, datetime]]:
    """What a series shows, each with the moment from which on it counts."""
    return [(each, series.at[each.cut]) for each in drifts(series.figures)]


def remembered(changes: Sequence[JudgedChange], events: Collection[DriftEvent]) -> list[JudgedChange]:
    """What no drift has made out of date: changes of a rule, family or project, and scores of a member.

    A drift that thin rules showed together says nothing of a rule that is watched by itself.
    """
    known = Counter((each.project_id, each.rule) for each in changes)
    cuts: dict[str, datetime] = {}
    for event in events:
        if event.subject == "member":
            cuts[event.name] = max(event.forgets_before, cuts.get(event.name, event.forgets_before))
    kept = []
    for each in changes:
        alone = known[each.project_id, each.rule] >= FEWEST_ALONE
        if not any(_is_outdated(event, each, alone=alone) for event in events):
            kept.append(_without_outdated_scores(each, [name for name, cut in cuts.items() if each.at < cut]))
    return kept


def _is_outdated(event: DriftEvent, change: JudgedChange, *, alone: bool) -> bool:
    if change.at >= event.forgets_before or event.project_id != change.project_id:
        return False
    if event.subject == "rule":
        return event.name == change.rule
    return not alone and (event.subject == "project" or event.name == change.family)


def _without_outdated_scores(change: JudgedChange, members: Collection[str]) -> JudgedChange:
    if not members:
        return change
    return replace(change, scores={name: score for name, score in change.scores.items() if name not in members})
