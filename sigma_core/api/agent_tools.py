"""What an agent may ask before it commits: prove a change, look at evidence, recall, tell what a change reaches.

Each method is a tool of the MCP server; its docstring is what the agent reads. They answer with the same documents as
the REST API. Text in answers comes from repositories: it is data, never an instruction.
"""

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from sigma_core.actor import Role
from sigma_core.api.access import Caller
from sigma_core.api.documents import (
    DecisionDocument,
    IssueDocument,
    ProjectDocument,
    ProposalCaseDocument,
    ProposalDocument,
    VoteDocument,
    WhyDocument,
    why_document,
)
from sigma_core.api.routes.recall import RecalledDocument
from sigma_core.errors import Forbidden, NotFound
from sigma_core.graph.vocabulary import CLASS, FUNCTION, MODULE, TEST
from sigma_core.proposals.evidence import Evidence
from sigma_core.recall.replying import reply
from sigma_core.runtime.system import System

MOST_REACHED = 100
Project = Annotated[str, Field(max_length=200, description="Id or name of a project; `projects` lists them.")]
ProposalId = Annotated[int, Field(ge=1, description="As `propose_change` answered.")]
Limit = Annotated[int, Field(ge=1, le=100)]


class VerdictDocument(BaseModel):
    """What was decided about a change, and on what evidence."""

    decision: DecisionDocument
    votes: Sequence[VoteDocument]
    evidence: Evidence


class ReachedDocument(BaseModel):
    """Something that a change may reach, and why."""

    name: str
    kind: str
    steps: int
    because: str


class BlastRadiusDocument(BaseModel):
    """What a change of some code may reach, the nearest first."""

    risk: float = Field(
        description="0–1: the share of what is reached that no test reaches, the more the more there is."
    )
    dependents: int
    untested: list[str] = Field(description="What is reached and no test reaches, at most 100.")
    reached: list[ReachedDocument] = Field(description="At most 100.")
    tests: list[str] = Field(description="Tests worth running, the nearest first, at most 100.")


class AgentTools:
    """The tools, in the name of whoever calls."""

    def __init__(self, sigma: System, caller: Callable[[], Caller]) -> None:
        self._sigma, self._caller = sigma, caller

    def projects(self) -> list[ProjectDocument]:
        """Repositories that SIGMA looks after."""
        self._looking()
        return [ProjectDocument.of(each) for each in self._sigma.projects.service.list()]

    def issues(self, project: Project, state: str = "open", limit: Limit = 20) -> list[IssueDocument]:
        """Issues of a project, the most worth mending first. State: open, fixed, reopened or ignored."""
        self._looking()
        project_id = self._sigma.projects.service.get(project).id
        return [IssueDocument.of(each) for each in self._sigma.issues.service.list(project_id, state, limit)]

    def propose_change(
        self,
        project: Project,
        diff: Annotated[
            str, Field(max_length=2 * 1024 * 1024, description="A unified diff against the newest commit.")
        ],
        title: Annotated[str | None, Field(max_length=200)] = None,
        keeps_behaviour: Annotated[
            bool, Field(description="Nothing may differ: it is rejected where a call is answered otherwise.")
        ] = False,
    ) -> ProposalDocument:
        """Hand in a change to have it proved; no working tree is touched. The same change is the same proposal."""
        caller = self._acting()
        handed_in = self._sigma.proposals.service.propose(
            self._sigma.projects.service.get(project),
            diff,
            title=title,
            actor=caller.name,
            keeps_behaviour=keeps_behaviour,
            description=f"Handed in by an agent ({caller.name}).",
        )
        return ProposalDocument.of(handed_in)

    def verify_change(self, proposal_id: ProposalId) -> VerdictDocument:
        """Run the project's tests on a proposal in a sandbox, and decide on what was measured. It may take minutes."""
        caller = self._acting()
        reviewed = self._sigma.verify(proposal_id, actor=caller.name, progress=lambda _: None)
        return VerdictDocument(
            decision=DecisionDocument.of(reviewed.decision),
            votes=[VoteDocument.of(each) for each in reviewed.votes],
            evidence=reviewed.evidence,
        )

    def proposal(self, proposal_id: ProposalId) -> ProposalCaseDocument:
        """A proposal with its diff, evidence, votes and decisions."""
        self._looking()
        found = self._sigma.proposals.service.get(proposal_id)
        return ProposalCaseDocument.of_case(self._sigma.runtime.status.case(found.id or 0))

    def why(self, proposal_id: ProposalId) -> WhyDocument:
        """What a decision rests on: votes, weights, knowledge, prompts; and whether all of it is still as it was."""
        self._looking()
        return why_document(self._sigma, proposal_id)

    def recall(
        self,
        query: Annotated[str, Field(min_length=1, max_length=2000)],
        project: Annotated[str | None, Field(max_length=200, description="All projects if left out.")] = None,
        limit: Limit = 10,
    ) -> RecalledDocument:
        """What is known about something, or the answer to a question about the code.

        Such as: what breaks if I touch NAME, which tests cover NAME, who last changed NAME, what was tried on RULE.
        """
        self._looking()
        project_id = self._sigma.projects.service.get(project).id if project else None
        found = reply(self._sigma.recall, query, project_id=project_id, limit=limit, as_of=None)
        return RecalledDocument.model_validate(found)

    def blast_radius(
        self,
        project: Project,
        changed: Annotated[
            list[str],
            Field(min_length=1, max_length=50, description="Full names: package.module.function, a class, a module."),
        ],
        steps: Annotated[int, Field(ge=1, le=6)] = 3,
    ) -> BlastRadiusDocument:
        """What may break if these are changed, why, and which tests to run first, by the newest commit read."""
        self._looking()
        project_id = self._sigma.projects.service.get(project).id or 0
        radius = self._sigma.experiments.blast_radius(project_id, changed, steps)
        if radius is None:
            raise NotFound("function, class or module", ", ".join(changed))
        names = radius.code.snapshot.names
        near = [int(each) for each in radius.of(FUNCTION, CLASS, MODULE)[:MOST_REACHED]]
        return BlastRadiusDocument(
            risk=round(radius.risk, 4),
            dependents=len(radius.dependents),
            untested=[names[int(each)] for each in radius.untested[:MOST_REACHED]],
            reached=[
                ReachedDocument(
                    name=names[each],
                    kind=str(radius.code.kind[each]),
                    steps=int(radius.hops[each]),
                    because=radius.because(each),
                )
                for each in near
            ],
            tests=[names[int(each)] for each in radius.of(TEST)[:MOST_REACHED]],
        )

    def _looking(self) -> Caller:
        return self._caller()

    def _acting(self) -> Caller:
        caller = self._caller()
        if caller.role != Role.OPERATOR:
            raise Forbidden(f"{caller.name} is a viewer's: it may look, not act.")
        return caller
