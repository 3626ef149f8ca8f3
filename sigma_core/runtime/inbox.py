"""All that waits for a person, in one list: what it is, why, since when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import Session, col

from sigma_core.database import Database
from sigma_core.exchange.console_service import ConsoleService
from sigma_core.exchange.service import Exchange
from sigma_core.formatting import percent, plural
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.learning.drift.words import drift_name
from sigma_core.llm.budgets import Budgets, BudgetStatus
from sigma_core.prompts.tables import PRODUCTION, PromptLabel, PromptTest, PromptValidation
from sigma_core.proposals import listing
from sigma_core.proposals.listing import Wanted
from sigma_core.proposals.tables import ProposalState
from sigma_core.runtime import views
from sigma_core.runtime.notices.service import Notices
from sigma_core.runtime.notices.tables import NoticeState
from sigma_core.runtime.runs import of_project
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

RECENT = timedelta(days=1)
"""How long a failure is told that a later run made good."""
DRIFTED = timedelta(days=7)
"""How long a drift is told."""


class Waiting(StrEnum):
    """What kind of thing waits; in the order in which they are listed."""

    BUDGET = "budget"
    FAILING = "failing"
    """A worker whose latest run failed."""
    TEST = "test"
    """A prompt in use that fails a test."""
    DRIFT = "drift"
    CONFLICT = "conflict"
    PROPOSAL = "proposal"
    DEAD_LETTER = "dead_letter"
    NOTICE = "notice"
    """A notification that reached nobody."""
    MENDED = "mended"
    """A run that failed, and that a later one made good."""


class InboxRow(NamedTuple):
    """One thing that waits. `key` is its number among its kind, `of` that of what it belongs to."""

    kind: Waiting
    key: int
    title: str
    reason: str
    since: datetime | None
    of: int | None = None


class _Section(NamedTuple):
    count: Callable[[int | None], int]
    rows: Callable[[int | None, int, int], Sequence[InboxRow]]


class PersonInbox:
    """What waits, counted and paged: nothing is read of what is not shown."""

    def __init__(
        self,
        database: Database,
        *,
        exchange: Exchange,
        desk: ConsoleService,
        budgets: Budgets,
        notices: Notices,
        model: Callable[[], str],
    ) -> None:
        self._database, self._exchange, self._desk, self._budgets = database, exchange, desk, budgets
        self._model, self._notices = model, notices
        self._sections: Mapping[Waiting, _Section] = {
            Waiting.BUDGET: _Section(lambda _: len(self._reached()), self._budget_rows),
            Waiting.FAILING: _Section(self._count_failing, self._failing_rows),
            Waiting.TEST: _Section(lambda _: len(self._failed_tests()), self._test_rows),
            Waiting.DRIFT: _Section(lambda project: len(self._drifts(project)), self._drift_rows),
            Waiting.CONFLICT: _Section(lambda project: desk.count_disputes(project)[0], self._conflict_rows),
            Waiting.PROPOSAL: _Section(self._count_proposals, self._proposal_rows),
            Waiting.DEAD_LETTER: _Section(lambda project: desk.count_dead(project_id=project), self._dead_rows),
            Waiting.NOTICE: _Section(lambda _: notices.count_dead(), self._notice_rows),
            Waiting.MENDED: _Section(self._count_mended, self._mended_rows),
        }

    def counts(self, project_id: int | None = None) -> Mapping[Waiting, int]:
        """How many of each kind; every kind is there. Budgets and tests are of all projects."""
        return {kind: section.count(project_id) for kind, section in self._sections.items()}

    def page(
        self,
        counts: Mapping[Waiting, int],
        limit: int,
        offset: int = 0,
        *,
        project_id: int | None = None,
        kind: Waiting | None = None,
    ) -> Sequence[InboxRow]:
        """Some of them, one kind after the other (or of one kind), as they were counted."""
        found: list[InboxRow] = []
        for each, section in self._sections.items():
            if kind not in (None, each):
                continue
            if offset < counts[each] and len(found) < limit:
                found += section.rows(project_id, limit - len(found), offset)
            offset = max(offset - counts[each], 0)
        return found

    def _reached(self) -> Sequence[InboxRow]:
        return [
            InboxRow(
                Waiting.BUDGET,
                each.budget.id or 0,
                f"Budget {each.budget.scope} is used up",
                _held_back(each),
                each.today.reached_at,
            )
            for each in self._budgets.statuses()
            if each.reached
        ]

    def _budget_rows(self, _project: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        return self._reached()[offset : offset + limit]

    def _count_failing(self, project_id: int | None) -> int:
        with self._database.reading() as session:
            return _count(session, views.failing(project_id))

    def _failing_rows(self, project_id: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        with self._database.reading() as session:
            runs = views.failing_runs(session, project_id, limit, offset)
        return [_failed(Waiting.FAILING, run) for run in runs]

    def _mended(self, session: Session, project_id: int | None) -> Sequence[ColumnElement[bool]]:
        since = self._database.now(session) - RECENT
        failed = (col(Run.state) == RunState.ERROR, col(Run.finished_at) > since, of_project(project_id))
        return *failed, ~and_(*views.failing(project_id))

    def _count_mended(self, project_id: int | None) -> int:
        with self._database.reading() as session:
            return _count(session, self._mended(session, project_id))

    def _mended_rows(self, project_id: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        with self._database.reading() as session:
            newest = select(Run).where(*self._mended(session, project_id)).order_by(col(Run.finished_at).desc())
            runs = session.scalars(newest.limit(limit).offset(offset)).all()
        return [_failed(Waiting.MENDED, run) for run in runs]

    def _failed_tests(self) -> Sequence[InboxRow]:
        with self._database.reading() as session:
            return _failed_tests(session, self._model())

    def _test_rows(self, _project: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        return self._failed_tests()[offset : offset + limit]

    def _drifts(self, project_id: int | None) -> Sequence[InboxRow]:
        with self._database.reading() as session:
            since = self._database.now(session) - DRIFTED
            query = select(DriftEvent).where(col(DriftEvent.created_at) > since)
            if project_id is not None:
                query = query.where(col(DriftEvent.project_id).is_(None) | (col(DriftEvent.project_id) == project_id))
            events = session.scalars(query.order_by(col(DriftEvent.created_at).desc())).all()
        return [
            InboxRow(
                Waiting.DRIFT,
                each.id or 0,
                f"{drift_name(each)} has drifted",
                f"{percent(each.before)} of {each.before_n} before, {percent(each.after)} of {each.after_n} since",
                each.created_at,
            )
            for each in events
        ]

    def _drift_rows(self, project_id: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        return self._drifts(project_id)[offset : offset + limit]

    def _conflict_rows(self, project_id: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        return [
            InboxRow(
                Waiting.CONFLICT,
                each.id,
                f"Two items of {each.type.replace('_', ' ')} contradict each other",
                f"{each.standing.item.source} and {each.challenger.item.source} do not agree",
                each.created_at,
                each.challenger.item.id,
            )
            for each in self._desk.open_disputes(limit, offset, project_id)
        ]

    def _count_proposals(self, project_id: int | None) -> int:
        with self._database.reading() as session:
            return listing.count(session, Wanted(project_id, (ProposalState.NEEDS_HUMAN,)))

    def _proposal_rows(self, project_id: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        with self._database.reading() as session:
            lines = listing.waiting_longest(session, project_id, limit, offset)
        return [
            InboxRow(Waiting.PROPOSAL, line.id, line.title, line.reason.rstrip("."), line.created_at) for line in lines
        ]

    def _notice_rows(self, _project: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        return [
            InboxRow(
                Waiting.NOTICE,
                delivery.id or 0,
                f"Nobody was told by {delivery.channel}: {notice.title}",
                delivery.error or "no message",
                delivery.changed_at,
                notice.id,
            )
            for delivery, notice in self._notices.deliveries(limit, offset, state=NoticeState.DEAD)
        ]

    def _dead_rows(self, project_id: int | None, limit: int, offset: int) -> Sequence[InboxRow]:
        return [
            InboxRow(
                Waiting.DEAD_LETTER,
                each.delivery_id,
                f"{each.recipient} could not handle a {each.type.replace('_', ' ')}",
                (each.error or "").strip().splitlines()[-1][:200] if each.error else "no message",
                each.died_at,
                each.message_id,
            )
            for each in self._exchange.dead(limit=limit, offset=offset, project_id=project_id)
        ]


def _held_back(status: BudgetStatus) -> str:
    """What a used-up budget has kept calls from."""
    stopped, cheaper = status.today.stopped, status.today.degraded
    said = [f"{plural(stopped, 'call')} not made"] if stopped else []
    said += [f"{plural(cheaper, 'call')} given to a cheaper model"] if cheaper else []
    return ", ".join(said) or "no call has been held back"


def _count(session: Session, where: Sequence[ColumnElement[bool]]) -> int:
    number: int = session.execute(select(func.count()).select_from(Run).where(*where)).scalar_one()
    return number


def _failed(kind: Waiting, run: Run) -> InboxRow:
    lines = (run.error or "").strip().splitlines()
    title = f"{run.worker} failed" if kind is Waiting.FAILING else f"{run.worker} failed, a later run succeeded"
    return InboxRow(kind, run.id or 0, title, lines[-1][:200] if lines else "no message", run.finished_at)


def _failed_tests(session: Session, model: str) -> Sequence[InboxRow]:
    """Tests that are on, and whose newest result for the version in production, with the model in use, failed."""
    newest = (
        select(func.max(col(PromptValidation.id)))
        .join(
            PromptLabel,
            (col(PromptLabel.template_id) == col(PromptValidation.template_id))
            & (col(PromptLabel.number) == col(PromptValidation.number)),
        )
        .where(col(PromptLabel.label) == PRODUCTION, col(PromptValidation.model) == model)
        .group_by(col(PromptValidation.test_id))
    )
    query = (
        select(PromptValidation, PromptTest)
        .join(PromptTest, col(PromptTest.id) == col(PromptValidation.test_id))
        .where(
            col(PromptValidation.id).in_(newest),
            col(PromptValidation.skipped).is_(None),
            col(PromptValidation.passes) < col(PromptValidation.runs),
            col(PromptTest.enabled),
        )
        .order_by(col(PromptValidation.id))
    )
    return [
        InboxRow(
            Waiting.TEST,
            test.id or 0,
            f"Test “{test.name}” fails",
            f"{result.passes} of {result.runs} passed with {result.model}, version {result.number}",
            result.created_at,
            test.template_id,
        )
        for result, test in session.execute(query)
    ]
