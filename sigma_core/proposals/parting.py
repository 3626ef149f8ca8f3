"""The parts of a change that does not hold as a whole, each finished as if it had been proposed by itself."""

from collections.abc import Callable
from dataclasses import dataclass

from sigma_core.projects.git.clone import Clone
from sigma_core.projects.tables import Project
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.fixers.finishing import Finisher
from sigma_core.proposals.fixers.grouping import completed
from sigma_core.proposals.splitting import pieces
from sigma_core.proposals.tables import Proposal


@dataclass(frozen=True)
class Parting:
    """Parts proposals by their evidence. `clone` is a project's own."""

    clone: Callable[[Project], Clone]

    def __call__(self, project: Project, proposal: Proposal, evidence: Evidence, least: float) -> list[Fixed]:
        """What to propose in its place; `least` is the share of mutants that has to be noticed."""
        if len(proposal.parts) < 2:
            return []
        clone, path = self.clone(project), proposal.files[0]
        before = clone.read(proposal.base_commit, path).decode()
        fixes = pieces(proposal, evidence, before, least)
        if not fixes:
            return []
        with clone.tree(proposal.base_commit) as root:
            finisher = Finisher(lambda: root)
            return [completed(each, lambda fixed: finisher.complete(fixed, path, before)) for each in fixes]
