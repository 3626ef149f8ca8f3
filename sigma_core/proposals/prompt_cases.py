"""How fixes that a model wrote have ended, as cases that another wording of its prompt can be measured by."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel import col, select

from sigma_core.database import Database
from sigma_core.errors import SigmaError
from sigma_core.issues.fingerprint import stands_at
from sigma_core.issues.source import SourceFile
from sigma_core.issues.tables import Issue
from sigma_core.parsing import syntax_tree
from sigma_core.projects.service import Projects
from sigma_core.prompts.evolution.cases import CaseGrade, EvolutionCase
from sigma_core.prompts.test_result import Reply
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.model import PROMPT, ModelFixer, asked_values
from sigma_core.proposals.fixers.passages import Replacement, replace_passages
from sigma_core.proposals.lineage import line_of
from sigma_core.proposals.tables import Proposal, ProposalState

MOST = 60
"""Newest fixes that are looked at."""
_GOOD = (ProposalState.APPROVED, ProposalState.APPLIED)
_UNDECIDED = 0.5
"""What another fix than the decided one is worth: nobody has said."""


@dataclass(frozen=True)
class _Ended:
    """A fix that was decided: the file before it and after it."""

    file: str
    before: str
    after: str
    accepted: bool
    rule: str


def outcome_cases(database: Database, projects: Projects, slot: str) -> Sequence[EvolutionCase]:
    """Of a slot's answers. Only those that wrote fixes can be told right from wrong by how they ended."""
    if slot != PROMPT:
        return ()
    decided = (*_GOOD, ProposalState.REJECTED)
    query = (
        select(Proposal, Issue)
        .join(Issue, col(Issue.id) == Proposal.issue_id)
        .where(Proposal.fixer == ModelFixer.name, col(Proposal.state).in_(decided))
        .order_by(col(Proposal.id).desc())
        .limit(MOST)
    )
    with database.reading() as session:
        rows = session.exec(query).all()
    # One change counts once, however many commits it was carried to
    latest = {line_of(proposal): (proposal, issue) for proposal, issue in reversed(rows)}
    return [case for proposal, issue in latest.values() for case in _case(projects, proposal, issue)]


def _case(projects: Projects, proposal: Proposal, issue: Issue) -> Iterator[EvolutionCase]:
    """None where the place the issue was found in cannot be read any more."""
    try:
        project = projects.get(proposal.project_id)
        before = projects.clone(project).read(proposal.base_commit, issue.file).decode()
        (change,) = diffs.parse(proposal.diff)
        after = diffs.apply(before, change.edits())
    except (SigmaError, ValueError):
        return
    source = SourceFile(issue.file, before)
    if change.path != issue.file or not stands_at(source, issue):
        return
    ended = _Ended(issue.file, before, after, proposal.state in _GOOD, issue.rule)
    yield EvolutionCase(
        name=f"outcome {line_of(proposal)}",
        inputs=asked_values(issue, source, ()),
        grade=partial(_grade, ended),
        project=project,
    )


def _grade(ended: _Ended, reply: Reply) -> CaseGrade:
    """Typed sentences only: nothing of the project's text is in them."""
    if reply.error is not None:
        return CaseGrade(0.0, "There was no usable answer.")
    changes = [Replacement(**each) for each in reply.data["changes"]]
    if not changes:
        return (
            CaseGrade(0.0, f"It saw no fix of {ended.rule}, and one was accepted.")
            if ended.accepted
            else CaseGrade(_UNDECIDED)
        )
    try:
        after = replace_passages(ended.file, ended.before, changes)
    except SigmaError:
        return CaseGrade(0.0, "The passages it replaces are not those of the file.")
    if not _is_same(after, ended.after):
        return CaseGrade(_UNDECIDED, f"It is another fix of {ended.rule} than the one that was decided on.")
    return CaseGrade(1.0) if ended.accepted else CaseGrade(0.0, f"It is a fix of {ended.rule} that was rejected.")


def _is_same(left: str, right: str) -> bool:
    """The same code, however it is laid out."""
    try:
        return ast.dump(syntax_tree(left)) == ast.dump(syntax_tree(right))
    except (SyntaxError, RecursionError):
        return left == right
