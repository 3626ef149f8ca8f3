"""Issues: what is open in which project, followed over commits."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import insert, inspect, select, tuple_, update
from sqlmodel import Session, col

from sigma_core import audit
from sigma_core.bulk import BulkOutcome, on_each
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid
from sigma_core.identity import existing_row
from sigma_core.issues import issue_list
from sigma_core.issues.finding import Found
from sigma_core.issues.issue_list import IssueCourse, IssuesAtPlace, WantedIssues
from sigma_core.issues.lives import IssueCensus, follow_lives
from sigma_core.issues.rule_policy import RulePolicy
from sigma_core.issues.tables import Issue, IssueLife, IssueState, RuleExpectation, Severity
from sigma_core.issues.tracking import Changes, Known, Unseen, follow
from sigma_core.issues.triage import EXPECTED, RANK, UNKNOWN_VALUE, UNMENDED, priority_of
from sigma_core.listing import ListedRows

MAX_WORST = 1000


class Issues:
    """Opens, closes and reopens issues by fingerprint, and answers what is open."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def update(
        self,
        project_id: int,
        commit: str,
        found: Sequence[Found],
        *,
        unread: Collection[str] = (),
        silent: Collection[str] = (),
        renamed: Mapping[str, str] | None = None,
        session: Session | None = None,
    ) -> Changes:
        """Bring the project's issues in line with all that was found at `commit`.

        Issues in `unread` files (paths that could not be analysed) and of `silent` detectors (which failed) stay as
        they are; those of a file that was renamed since the last update (`renamed`: old paths by new ones) go with it.
        Doing it again with the same findings changes nothing.
        """
        with self._database.transaction(session) as tx:
            known = _known_issues(tx, project_id)
            unseen = Unseen(frozenset(unread), frozenset(silent))
            plan = follow(known, found, commit, unseen, self._clock(), renamed)
            for rows in (plan.changed, plan.closed):
                if rows:
                    tx.execute(update(Issue), rows)
            opened = _insert(tx, project_id, plan.new)
            follow_lives(tx, IssueCensus(project_id, commit, frozenset(plan.absent)), self._clock())
            return plan.changes(opened)

    def list(
        self, project_id: int | None = None, state: IssueState | str | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[Issue]:
        """Issues, the most worth mending first (see `worst_open`), then by place. Raises `Invalid` for no state."""
        query = select(Issue).order_by(EXPECTED.desc(), RANK.desc(), col(Issue.file), col(Issue.line), col(Issue.id))
        if project_id is not None:
            query = query.where(col(Issue.project_id) == project_id)
        if state is not None:
            query = query.where(col(Issue.state) == _state(state))
        with self._database.reading() as session:
            return list(session.scalars(query.limit(limit).offset(offset)))

    def get(self, key: int | str, *, session: Session | None = None) -> Issue:
        """One issue. Raises `NotFound`, for a malformed id too."""
        with self._database.reading(session) as tx:
            return _get(tx, key)

    def ignore(self, key: int | str, reason: str, actor: str) -> Issue:
        """Nobody shall mend it: it stays ignored, whatever later commits do. Raises `Invalid` without a reason."""
        if not reason.strip():
            raise Invalid({"reason": "Say why this issue is to be ignored."})
        return self._turn(key, IssueState.IGNORED, "issue.ignore", actor, reason.strip()[:2000])

    def unignore(self, key: int | str, actor: str) -> Issue:
        """It counts again; the next analysis closes it if it is gone. Raises `Conflict` if it is not ignored."""
        return self._turn(key, IssueState.REOPENED, "issue.unignore", actor, None)

    def want(
        self, session: Session, key: int | str, *, why_withheld: Callable[[Issue], str | None], actor: str
    ) -> Issue:
        """Let the next fix be for this issue.

        Raises `Conflict` for one that is not open, or whose fixes are withheld.
        """
        issue = _get(session, key)
        if issue.state not in UNMENDED:
            raise Conflict(f"Issue {issue.id} is {issue.state}; only what is open is fixed.")
        if (why := why_withheld(issue)) is not None:
            raise Conflict(f"No fix is offered for issue {issue.id}: {why}.")
        issue.wanted_by = actor
        audit.record(session, self._clock, actor=actor, action="issue.fix", object=f"issue/{issue.id}")
        return issue

    def wanted_no_more(self, session: Session, ids: Collection[int]) -> None:
        """A fix of these is written."""
        wanted = update(Issue).where(col(Issue.id).in_(ids), col(Issue.wanted_by).is_not(None))
        session.execute(wanted.values(wanted_by=None))

    def ignore_all(self, keys: Iterable[int], reason: str, actor: str) -> BulkOutcome:
        """Nobody shall mend any of these, for one reason."""
        return on_each(keys, lambda key: self.ignore(key, reason, actor))

    def listed(self, wanted: WantedIssues) -> ListedRows:
        """Issues to be sorted, paged and exported."""
        return ListedRows(self._database, issue_list.LIST, wanted.conditions)

    def expected(self, issues: Iterable[Issue]) -> Mapping[int, RuleExpectation]:
        """What is expected of mending each of these, by id; of rules that nothing is known of, nothing."""
        wanted = defaultdict[tuple[int, str], list[int]](list)
        for each in issues:
            wanted[each.project_id, each.rule].append(each.id or 0)
        query = select(RuleExpectation).where(
            tuple_(col(RuleExpectation.project_id), col(RuleExpectation.rule)).in_(wanted),
            col(RuleExpectation.fixer) == "",
        )
        with self._database.reading() as session:
            return {key: row for row in session.scalars(query) for key in wanted[row.project_id, row.rule]}

    def by_place(self, wanted: WantedIssues) -> Sequence[IssuesAtPlace]:
        """Where they are: files and rules with how many, most first."""
        with self._database.reading() as session:
            return issue_list.by_place(session, wanted)

    def course(self, project_id: int | None) -> IssueCourse:
        """How many were open over the last four weeks, by severity; nothing of the time before anybody looked."""
        with self._database.reading() as session:
            return issue_list.course(session, project_id, self._clock())

    def lives(self, key: int | str) -> Sequence[IssueLife]:
        """Since which commit the code has had an issue and until which, oldest first."""
        with self._database.reading() as session:
            mine = select(IssueLife).where(col(IssueLife.issue_id) == _get(session, key).id)
            return list(session.scalars(mine.order_by(col(IssueLife.id))))

    def worst_open(
        self,
        project_id: int,
        limit: int,
        *,
        acceptance: Mapping[str, float] | None = None,
        without: Collection[int] = (),
        with_fix: bool = False,
        rules: Collection[str] | None = None,
        critical: Collection[str] = (),
        busy_files: Mapping[str, float] | None = None,
        policy: RulePolicy | None = None,
        session: Session | None = None,
    ) -> Sequence[Issue]:
        """What to mend first: what a person asked for, then rules named `critical`, then by expected value: severity
        (or the priority judged) times what fixes of the rule are worth (`acceptance`: 0-1, unknown 0.5), up to twice
        as much in files that change often (`busy_files`: 0-1).

        `without` are ids to leave out (those that a proposal is under way for); `with_fix` keeps those whose
        detector offers an edit, `rules` those of these rules; `policy` leaves out those that no fix is offered for.
        """
        rates, busy, limit = acceptance or {}, busy_files or {}, min(limit, MAX_WORST)
        columns = (
            Issue.id,
            Issue.severity,
            Issue.priority,
            Issue.rule,
            Issue.file,
            Issue.line,
            Issue.family,
            Issue.found_severity,
            Issue.choice,
            Issue.wanted_by,
        )
        query = select(*map(col, columns)).where(col(Issue.project_id) == project_id, col(Issue.state).in_(UNMENDED))
        if with_fix:
            query = query.where(col(Issue.applicability).is_not(None))
        if rules is not None:
            query = query.where(col(Issue.rule).in_(rules))
        with self._database.reading(session) as tx:
            rows = [
                row
                for row in tx.execute(query)
                if row.id not in without and (policy is None or policy.why_withheld(row) is None)
            ]
            rows.sort(
                key=lambda r: (
                    r.wanted_by is None,
                    r.rule not in critical,
                    -priority_of(r.severity, r.priority)
                    * rates.get(r.rule, UNKNOWN_VALUE)
                    * (1 + busy.get(r.file, 0.0)),
                    r.file,
                    r.line,
                    r.id,
                )
            )
            ids = [row.id for row in rows[:limit]]
            by_id = {issue.id: issue for issue in tx.scalars(select(Issue).where(col(Issue.id).in_(ids)))}
            return [by_id[key] for key in ids]

    def withheld(self, project_id: int, policy: RulePolicy) -> dict[str, Counter[str]]:
        """Reasons why no fix is offered of open issues that a detector has one for, with how many of each rule."""
        columns = (Issue.rule, Issue.family, Issue.found_severity, Issue.choice)
        query = select(*map(col, columns)).where(
            col(Issue.project_id) == project_id, col(Issue.state).in_(UNMENDED), col(Issue.applicability).is_not(None)
        )
        with self._database.reading() as session:
            reasons = [(policy.why_withheld(row), row.rule) for row in session.execute(query)]
        found: dict[str, Counter[str]] = {}
        for reason, rule in reasons:
            if reason is not None:
                found.setdefault(reason, Counter())[rule] += 1
        return found

    def counts(self, project_id: int | None = None, *, session: Session | None = None) -> dict[str, int]:
        """Number of issues by state; every state is there."""
        return self.census(project_id, session=session)[0]

    def open_by_severity(self, project_id: int | None = None, *, session: Session | None = None) -> dict[str, int]:
        """Number of open (and reopened) issues by severity; every severity is there."""
        return self.census(project_id, session=session)[1]

    def census(
        self, project_id: int | None = None, *, session: Session | None = None
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Number of issues by state, and of open (and reopened) ones by severity; every one of both is there."""
        with self._database.reading(session) as tx:
            kinds = issue_list.numbers(tx, project_id)
        unmended = [each for each in kinds if each.state in UNMENDED]
        by_state = {state.value: sum(each.number for each in kinds if each.state == state) for state in IssueState}
        return by_state, {
            severity.value: sum(each.number for each in unmended if each.severity == severity) for severity in Severity
        }

    def _turn(self, key: int | str, state: IssueState, action: str, actor: str, note: str | None) -> Issue:
        with self._database.transaction() as session:
            issue = _get(session, key)
            if state is IssueState.REOPENED and issue.state != IssueState.IGNORED:
                message = f"Issue {issue.id} is not ignored, it is {issue.state}."
                raise Conflict(message)
            issue.state, issue.note, issue.changed_at = state, note, self._clock()
            audit.record(session, self._clock, actor=actor, action=action, object=f"issue/{issue.id}", reason=note)
            return issue


def _known_issues(session: Session, project_id: int) -> list[Known]:
    rows = session.execute(select(*inspect(Issue).columns).where(col(Issue.project_id) == project_id))
    return [dict(row) for row in rows.mappings()]


def _insert(session: Session, project_id: int, rows: Sequence[Known]) -> list[int]:
    """Add issues; their ids. Asked for afterwards, because SQLite returns ids for one row a statement only."""
    if not rows:
        return []
    session.execute(insert(Issue), [{"project_id": project_id, **row} for row in rows])
    query = select(col(Issue.fingerprint), col(Issue.id)).where(col(Issue.project_id) == project_id)
    ids = dict(session.execute(query).all())
    return [ids[row["fingerprint"]] for row in rows]


def _get(session: Session, key: int | str) -> Issue:
    return existing_row(session, Issue, "issue", key)


def _state(state: IssueState | str) -> IssueState:
    try:
        return IssueState(state)
    except ValueError:
        raise Invalid({"state": f"{state} is not one of {', '.join(IssueState)}"}) from None
