"""What operators say of rules: which fixes are offered, in one project or in all, and why."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, or_, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.issues.rule_policy import Preference, RulePolicy
from sigma_core.issues.rule_selector import selects
from sigma_core.issues.tables import Issue, RulePreference

_LONGEST = 2000


class RulePreferences:
    """Kept in the database; every change is audited with it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def policy(self, project_id: int) -> RulePolicy:
        """What holds in a project: its own preferences go before those for every project."""
        said = sorted(self.list(project_id), key=lambda each: each.project_id is not None)
        return RulePolicy({each.rule: Preference(each.offered, each.reason) for each in said})

    def list(self, project_id: int | None = None) -> Sequence[RulePreference]:
        """By rule; of one project with those for every project, or all."""
        query = select(RulePreference).order_by(col(RulePreference.rule), col(RulePreference.id))
        if project_id is not None:
            query = query.where(or_(col(RulePreference.project_id).is_(None), RulePreference.project_id == project_id))
        with self._database.reading() as session:
            return session.exec(query).all()

    def set(
        self, rule: str, *, offered: bool, reason: str, actor: str, project_id: int | None = None
    ) -> RulePreference:
        """Offer or withhold fixes of a rule, or of all whose codes begin so. Raises `Invalid` without a reason."""
        rule, reason = rule.strip(), reason.strip()
        wrong = {} if rule and len(rule) <= 80 and rule.isprintable() else {"rule": "a rule's code, or its beginning"}
        wrong |= {} if reason and len(reason) <= _LONGEST else {"reason": f"say why, in at most {_LONGEST} characters"}
        if wrong:
            raise Invalid(wrong)
        with self._database.transaction() as session:
            self._forget(session, rule, project_id)
            preference = RulePreference(
                project_id=project_id, rule=rule, offered=offered, reason=reason, actor=actor, created_at=self._clock()
            )
            session.add(preference)
            self._audit(session, "rule.offer" if offered else "rule.withhold", rule, actor, reason)
        return preference

    def is_known(self, rule: str) -> bool:
        """Whether it means a rule of the linter, of our own detectors, or one by which anything was ever found.

        Detectors of other packages do not say beforehand what they may find.
        """
        from sigma_core.issues.detectors.registry import OWN_RULES
        from sigma_core.issues.detectors.ruff_process import known_rules

        if any(selects(rule, known) for known in known_rules() | OWN_RULES):
            return True
        found = select(Issue.rule).where(col(Issue.rule).startswith(rule, autoescape=True)).distinct()
        with self._database.reading() as session:
            return any(selects(rule, known) for known in session.exec(found))

    def reset(self, rule: str, *, actor: str, project_id: int | None = None) -> None:
        """What is built in holds again. Raises `NotFound` where nothing was said of the rule."""
        with self._database.transaction() as session:
            if not self._forget(session, rule, project_id):
                raise NotFound("preference for rule", rule)
            self._audit(session, "rule.reset", rule, actor, None)

    def _audit(self, session: Session, action: str, rule: str, actor: str, reason: str | None) -> None:
        audit.record(session, self._clock, actor=actor, action=action, object=f"rule/{rule}", reason=reason)

    @staticmethod
    def _forget(session: Session, rule: str, project_id: int | None) -> int:
        place = col(RulePreference.project_id)
        here = place.is_(None) if project_id is None else place == project_id
        return session.exec(delete(RulePreference).where(col(RulePreference.rule) == rule, here)).rowcount
