"""Publishing: validate, look up what is known, plan, store; in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.exchange.conflict_resolution import ConflictResolution
from sigma_core.exchange.duplicates import find_known
from sigma_core.exchange.message import Draft, Published
from sigma_core.exchange.plan import planned
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.storing import store
from sigma_core.exchange.validation import Checked, check
from sigma_core.exchange.validation_ledger import ValidationLedger
from sigma_core.identity import MAX_ID
from sigma_core.projects.tables import Project


class Publisher:
    """Takes drafts and makes knowledge of them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        registry: Registry,
        ledger: ValidationLedger,
        conflicts: ConflictResolution,
    ) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry
        self._ledger = ledger
        self._conflicts = conflicts

    def publish(self, drafts: Sequence[Draft], session: Session | None) -> list[Published]:
        """Publish all or, if one is bad, none: then `Invalid` names its fields (of many: ``3.confidence``)."""
        items, refusals = self._checked(drafts)
        if refusals:
            with self._database.reading(session) as own:
                missing = _missing_projects(own, drafts)
            raise self._refusal(drafts, refusals, missing, session)
        with self._database.transaction(session) as own:
            _lock_subjects(self._database, own, items)
            missing = _missing_projects(own, drafts)
            if not missing:
                now = self._clock()
                plan = planned(items, find_known(own, items, now))
                lost = store(self._database, own, plan, self._conflicts, now)
                return [answer.published(lost) for answer in plan.answers]
        raise self._refusal(drafts, refusals, missing, session)

    def _checked(self, drafts: Sequence[Draft]) -> tuple[list[Checked], dict[int, Invalid]]:
        items, refusals = [], {}
        for number, draft in enumerate(drafts):
            try:
                items.append(check(draft, self._registry))
            except Invalid as error:
                refusals[number] = error
        return items, refusals

    def _refusal(
        self,
        drafts: Sequence[Draft],
        refusals: Mapping[int, Invalid],
        missing: Mapping[int, str],
        session: Session | None,
    ) -> Invalid:
        """The error to raise, entered in the ledger."""
        every = dict(refusals)
        for number, why in missing.items():
            others = refusals[number].fields if number in refusals else {}
            every[number] = Invalid({**others, "project_id": why})
        self._ledger.refused([(drafts[number], error) for number, error in sorted(every.items())], session)
        return _combined(every, len(drafts))


def _lock_subjects(database: Database, session: Session, items: Iterable[Checked]) -> None:
    """Hold, until the transaction ends, what other publishers of these subjects and origins wait for.

    The unique constraints hold without it; it spares the loser of a race an error, and lets it see the item it
    contradicts.
    """
    database.lock_all(session, (name for item in items for name in _lock_names(item)))


def _lock_names(item: Checked) -> Iterator[str]:
    # a subject's items share one lock: its digests need none of their own; neither do those that may be near
    yield item.subject or item.near or item.digest
    if item.draft.origin is not None:
        yield f"origin {item.draft.origin}"


def _missing_projects(session: Session, drafts: Sequence[Draft]) -> dict[int, str]:
    """By position, the drafts whose project is not there."""
    named = {number: draft.project_id for number, draft in enumerate(drafts) if type(draft.project_id) is int}
    known = {id_ for id_ in set(named.values()) if id_ <= MAX_ID and session.get(Project, id_) is not None}
    return {number: _no_project(id_) for number, id_ in named.items() if id_ not in known}


def _no_project(id_: int) -> str:
    return f"there is no project {id_}" if abs(id_) <= MAX_ID else "there is no project of so high a number"


def _combined(refusals: Mapping[int, Invalid], drafts: int) -> Invalid:
    if drafts == 1:
        return refusals[0]
    return Invalid(
        {f"{number}.{name}": why for number, error in refusals.items() for name, why in error.fields.items()}
    )
