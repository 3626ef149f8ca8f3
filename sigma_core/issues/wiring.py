"""Issues: what the room `issues` offers, each part built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.graph.loader import Origin
    from sigma_core.issues.rule_preferences import RulePreferences
    from sigma_core.issues.service import Issues


class IssueServices:
    """Issues over commits, and which rules a person wants fixed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    @cached_property
    def service(self) -> Issues:
        from sigma_core.issues.service import Issues

        return Issues(self._database, self._clock)

    @cached_property
    def rule_preferences(self) -> RulePreferences:
        from sigma_core.issues.rule_preferences import RulePreferences

        return RulePreferences(self._database, self._clock)

    @staticmethod
    def graph_origins() -> Mapping[str, Origin]:
        """What of issues is written to the graph."""
        from sigma_core.graph.loader import Origin
        from sigma_core.issues import graph_items, lives

        return {lives.ORIGIN: Origin(graph_items.issue_items, graph_items.every_issue)}

    def withheld(self, project_id: int) -> Mapping[str, Counter[str]]:
        """Why fixes of a project's open issues are not offered, with how many of each rule a reason keeps back."""
        return self.service.withheld(project_id, self.rule_preferences.policy(project_id))
