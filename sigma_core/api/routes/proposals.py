"""Changes: hand in, verify, decide, apply."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response, status
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import (
    DecisionDocument,
    OutcomeDocument,
    ProposalCaseDocument,
    ProposalDocument,
    RunDocument,
    WhyDocument,
    why_document,
)
from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.routes.projects import OfProject
from sigma_core.api.system import Sigma, Wait, waited_for
from sigma_core.proposals.discussion import LONGEST_COMMENT, LONGEST_NAME, SeenAssignee
from sigma_core.proposals.listing import Wanted
from sigma_core.proposals.snapshot import ProposalSnapshot
from sigma_core.proposals.tables import ProposalState
from sigma_core.runtime.system import System
from sigma_core.state_machine import ENDED

router = APIRouter(prefix="/proposals", tags=["proposals"])


class NewProposal(BaseModel):
    """A change from outside."""

    project: str = Field(min_length=1, max_length=200, description="Id or name.", examples=["shop"])
    diff: str = Field(min_length=1, max_length=2 * 1024 * 1024, description="A unified diff, as git makes it.")
    title: str | None = Field(None, min_length=1, max_length=200)
    keeps_behaviour: bool = Field(False, description="Nothing may differ: it is rejected where a call does.")


class NewComment(BaseModel):
    """What somebody says."""

    text: str = Field(min_length=1, max_length=LONGEST_COMMENT, description="Plain text; secrets are taken out.")


class NewAssignee(BaseModel):
    """Who looks after it."""

    name: str | None = Field(min_length=1, max_length=LONGEST_NAME, description="Null: nobody.")
    expect: str | None = Field(None, max_length=LONGEST_NAME, description="Refuse unless it is this one's still.")


class CommentDocument(BaseModel):
    """A comment, and before which proposal of the change it was said."""

    id: int
    proposal_id: int
    author: str
    text: str
    created_at: datetime


class DiscussionDocument(BaseModel):
    """Who looks after a change, and what was said of it."""

    assignee: str | None
    comments: list[CommentDocument]


class Ruling(BaseModel):
    """A person's decision."""

    reason: str | None = Field(None, max_length=2000, description="Why; needed to reject, and to overrule a rejection.")
    expect: ProposalState | None = Field(None, description="Refuse unless it is in this state still.")


@router.get("")
def proposals(
    sigma: Sigma,
    project: OfProject = None,
    state: ProposalState | None = None,
    assignee: Annotated[str | None, Query(max_length=200, description="Who looks after it; empty: nobody.")] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Page[ProposalDocument]:
    """Proposals, what changed last first."""
    project_id = sigma.projects.service.get(project).id if project else None
    wanted = Wanted(project_id, (state.value,) if state else (), assignee=assignee)
    status_ = sigma.runtime.status
    found = [ProposalDocument.of(each) for each in status_.proposals(wanted, limit, offset)]
    return page(found, offset, limit, status_.count_proposals(wanted))


@router.post("", status_code=status.HTTP_201_CREATED)
def propose(new: NewProposal, sigma: Sigma, caller: Operator) -> ProposalDocument:
    """Hand in a change for verification. The same diff on the same base is the same proposal."""
    handed_in = sigma.proposals.service.propose(
        sigma.projects.service.get(new.project),
        new.diff,
        title=new.title,
        actor=caller.name,
        keeps_behaviour=new.keeps_behaviour,
    )
    return ProposalDocument.of(handed_in)


@router.get("/{key}")
def proposal(key: str, sigma: Sigma) -> ProposalCaseDocument:
    """One proposal with its evidence, votes and decisions."""
    return _case(sigma, key)


@router.post("/{key}/verify", status_code=status.HTTP_202_ACCEPTED)
def verify(key: str, sigma: Sigma, caller: Operator, response: Response, wait: Wait = 0) -> RunDocument:
    """Have it verified and decided by the scheduler: the run that does it, ended where it did within `wait`."""
    run = sigma.ask_to_verify(key, actor=caller.name)
    response.headers["Location"] = f"/api/runs/{run.id}"
    ended = waited_for(lambda: sigma.runtime.runs.get(run.id or 0), lambda seen: seen.state in ENDED, wait)
    if ended.state in ENDED:
        response.status_code = status.HTTP_200_OK
    return RunDocument.of(ended)


@router.post("/{key}/approve")
def approve(key: str, ruling: Ruling, sigma: Sigma, caller: Operator) -> DecisionDocument:
    """Approve it, whatever the committee said."""
    seen = _seen(sigma, key, ruling.expect)
    service = sigma.proposals.service
    return DecisionDocument.of(service.approve(key, reason=ruling.reason, actor=caller.name, seen=seen))


@router.post("/{key}/reject")
def reject(key: str, ruling: Ruling, sigma: Sigma, caller: Operator) -> DecisionDocument:
    """Reject it, with the reason for it."""
    seen = _seen(sigma, key, ruling.expect)
    service = sigma.proposals.service
    return DecisionDocument.of(service.reject(key, reason=ruling.reason, actor=caller.name, seen=seen))


@router.post("/{key}/apply", status_code=status.HTTP_202_ACCEPTED)
def apply(key: str, sigma: Sigma, caller: Operator, response: Response, wait: Wait = 0) -> ProposalCaseDocument:
    """Have an approved one committed to a branch sigma/… of its repository; merging is the person's."""
    requested = sigma.proposals.applying.request(key, actor=caller.name)
    sigma.runtime.schedule.run_now("think", caller.name, requested.project_id)
    look = sigma.proposals.service.get
    ended = waited_for(lambda: look(key), lambda seen: seen.apply_requested_by is None, wait)
    if ended.apply_requested_by is None:
        response.status_code = status.HTTP_200_OK
    return _case(sigma, key)


@router.get("/{key}/discussion")
def discussion(key: str, sigma: Sigma) -> DiscussionDocument:
    """Who looks after it, and what people said of it, in order; of the change, on whichever commit."""
    return _discussion(sigma, key)


@router.post("/{key}/comments", status_code=status.HTTP_201_CREATED)
def comment(key: str, said: NewComment, sigma: Sigma, caller: Operator) -> DiscussionDocument:
    """Say something about it."""
    sigma.proposals.discussions.comment(key, said.text, actor=caller.name)
    return _discussion(sigma, key)


@router.put("/{key}/assignee")
def assign(key: str, to: NewAssignee, sigma: Sigma, caller: Operator) -> DiscussionDocument:
    """Have somebody look after it."""
    seen = SeenAssignee(to.expect) if "expect" in to.model_fields_set else None
    sigma.proposals.discussions.assign(key, to.name, actor=caller.name, seen=seen)
    return _discussion(sigma, key)


@router.get("/{key}/patch", response_class=PlainTextResponse)
def patch(key: str, sigma: Sigma) -> str:
    """The patch, as `git apply` takes it."""
    return sigma.proposals.service.export(key)


@router.get("/{key}/outcomes")
def outcomes(key: str, sigma: Sigma) -> list[OutcomeDocument]:
    """What became of it."""
    return list(_case(sigma, key).outcomes)


@router.get("/{key}/why")
def why(key: str, sigma: Sigma) -> WhyDocument:
    """What its latest decision rests on, made once more from what is stored."""
    return why_document(sigma, key)


def _discussion(sigma: System, key: str) -> DiscussionDocument:
    found = sigma.proposals.discussions.of(key)
    said = [CommentDocument.model_validate(each, from_attributes=True) for each in found.comments]
    return DiscussionDocument(assignee=found.assignee, comments=said)


def _case(sigma: System, key: str) -> ProposalCaseDocument:
    found = sigma.proposals.service.get(key)
    return ProposalCaseDocument.of_case(sigma.runtime.status.case(found.id or 0))


def _seen(sigma: System, key: str, expect: ProposalState | None) -> ProposalSnapshot | None:
    if expect is None:
        return None
    case = sigma.runtime.status.case(sigma.proposals.service.get(key).id or 0)
    return replace(ProposalSnapshot.of(case.proposal, case.decision), state=expect.value)
