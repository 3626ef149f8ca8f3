"""Repositories under care, and what is wrong with them."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.documents import IssueDocument, ProjectDocument, RunDocument
from sigma_core.api.paging import Limit, Offset, Page, page
from sigma_core.api.system import Sigma
from sigma_core.issues.tables import IssueState

router = APIRouter(tags=["projects"])
OfProject = Annotated[str | None, Query(max_length=200, description="Id or name of a project; all if left out.")]


class NewProject(BaseModel):
    """A repository to be looked after."""

    path: str = Field(
        pattern="^/", max_length=4096, description="A git repository on the machine that SIGMA runs on, from its root."
    )
    name: str | None = Field(None, max_length=100)
    test_command: str | None = Field(None, max_length=2000)
    python: str | None = Field(None, max_length=4096, description="Interpreter that has its dependencies.")


class IgnoredIssue(BaseModel):
    """Why an issue stays as it is."""

    reason: str = Field(min_length=1, max_length=2000)


@router.get("/projects")
def projects(sigma: Sigma) -> list[ProjectDocument]:
    """Projects under care."""
    return [ProjectDocument.of(each) for each in sigma.projects.service.list()]


@router.post("/projects", status_code=status.HTTP_201_CREATED)
def add_project(new: NewProject, sigma: Sigma, caller: Operator) -> ProjectDocument:
    """Register a repository, or change how a registered one is looked after."""
    added = sigma.projects.service.add(
        Path(new.path), name=new.name, test_command=new.test_command, python=new.python, actor=caller.name
    )
    return ProjectDocument.of(added)


@router.get("/projects/{key}")
def project(key: str, sigma: Sigma) -> ProjectDocument:
    """One project, by id or name."""
    return ProjectDocument.of(sigma.projects.service.get(key))


@router.delete("/projects/{key}")
def remove_project(key: str, sigma: Sigma, caller: Operator) -> ProjectDocument:
    """Look after it no longer; what is known of it stays."""
    return ProjectDocument.of(sigma.remove_project(key, actor=caller.name))


@router.get("/issues")
def issues(
    sigma: Sigma, project: OfProject = None, state: IssueState | None = None, limit: Limit = 100, offset: Offset = 0
) -> Page[IssueDocument]:
    """Issues, the most worth mending first."""
    project_id = sigma.projects.service.get(project).id if project else None
    found = sigma.issues.service.list(project_id, state, limit, offset)
    counts = sigma.issues.service.counts(project_id)
    total = counts[state.value] if state else sum(counts.values())
    return page([IssueDocument.of(each) for each in found], offset, limit, total)


@router.get("/issues/{key}")
def issue(key: str, sigma: Sigma) -> IssueDocument:
    """One issue."""
    return IssueDocument.of(sigma.issues.service.get(key))


@router.post("/issues/{key}/ignore")
def ignore(key: str, why: IgnoredIssue, sigma: Sigma, caller: Operator) -> IssueDocument:
    """Leave it as it is, whatever later commits do."""
    return IssueDocument.of(sigma.issues.service.ignore(key, why.reason, caller.name))


@router.post("/issues/{key}/fix", status_code=status.HTTP_202_ACCEPTED)
def fix(key: str, sigma: Sigma, caller: Operator) -> RunDocument:
    """Have the next fix written for it; the run that will, where it can."""
    return RunDocument.of(sigma.fix_now(key, actor=caller.name))


@router.post("/issues/{key}/unignore")
def unignore(key: str, sigma: Sigma, caller: Operator) -> IssueDocument:
    """Let it count again."""
    return IssueDocument.of(sigma.issues.service.unignore(key, caller.name))
