"""Proposals by hand: hand in, verify, decide, apply."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, progress, system, table, wants_json
from sigma_core.cli.pages import Offset, rest
from sigma_core.cli.terminal import write_text
from sigma_core.cli.withheld import withheld_in, withheld_lines
from sigma_core.errors import Invalid
from sigma_core.formatting import duration, plural

if TYPE_CHECKING:
    from sigma_core.proposals.evidence import Evidence
    from sigma_core.proposals.listing import ProposalLine, Wanted
    from sigma_core.proposals.snapshot import ProposalSnapshot
    from sigma_core.proposals.tables import Proposal

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the proposal.")]
Expected = Annotated[
    str | None, typer.Option("--expect", metavar="STATE", help="Refuse (exit 4) unless it is in this state still.")
]
MAX_BYTES = 2 * 1024 * 1024


def propose(
    project: Annotated[str, typer.Option(help="Id or name.")],
    diff: Annotated[Path, typer.Option(help="File with the diff; - for standard input.")],
    title: Annotated[str | None, typer.Option(help="One line that says what it does.")] = None,
    keeps_behaviour: Annotated[
        bool, typer.Option("--keeps-behaviour", help="Nothing may differ: it is rejected where a call does.")
    ] = False,
) -> None:
    """Hand in a change from outside for verification."""
    sigma = system()
    proposal = sigma.proposals.service.propose(
        sigma.projects.service.get(project), _read(diff), title=title, actor=actor(), keeps_behaviour=keeps_behaviour
    )
    document = {"proposal_id": proposal.id, "state": proposal.state, "base_commit": proposal.base_commit}
    emit(document, [f"Proposal {proposal.id}: {proposal.title}. Verify it: sigma verify {proposal.id}"])


def verify(proposal_id: Id) -> None:
    """Verify a proposal in the sandbox and decide it, now."""
    sigma = system()
    with progress() as show:
        reviewed = sigma.verify(proposal_id, actor=actor(), progress=show)
    decision, evidence = reviewed.decision, reviewed.evidence
    document = {
        "proposal_id": decision.proposal_id,
        "decision": decision.verdict,
        "score": decision.score,
        "evidence": evidence.model_dump(mode="json"),
        "reasons": decision.reasons,
        "scores": {vote.member: vote.score for vote in reviewed.votes},
        "votes": [
            {
                "member": vote.member,
                "score": vote.score,
                "confidence": vote.confidence,
                "weight": vote.weight,
                "risks": vote.risks,
                "absent": vote.absent,
            }
            for vote in reviewed.votes
        ],
    }
    emit(document, [f"{decision.verdict}: {decision.reasons[0]}", *_facts(evidence), *_votes(reviewed.votes)])


def proposals(
    project: Annotated[str | None, typer.Option(help="Id or name.")] = None,
    state: Annotated[str | None, typer.Option(help="waiting, approved, needs_human, rejected, applied, stale")] = None,
    assignee: Annotated[str | None, typer.Option(help="Assigned to whom; empty: to nobody.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 500,
    offset: Offset = 0,
) -> None:
    """Proposals, what changed last first."""
    from sigma_core.proposals.listing import Wanted

    sigma = system()
    project_id = sigma.projects.service.get(project).id if project else None
    wanted = Wanted(project_id, (state,) if state is not None else (), assignee=assignee)
    total, found = sigma.runtime.status.count_proposals(wanted), sigma.runtime.status.proposals(wanted, limit, offset)
    rows = [(each.id, each.state, each.fixer, each.rule, each.title) for each in found]
    lines = table(("id", "state", "fixer", "rule", "title"), rows) if rows else _none(total, project_id, wanted)
    document = {"proposals": [_summary(each) for each in found], "total": total}
    emit(document, [*lines, *rest(len(found), offset, total)])


def _none(total: int, project_id: int | None, wanted: "Wanted") -> list[str]:
    """Why the list is empty, and what to do."""
    if total:
        return ["No more proposals."]
    if wanted.states or wanted.assignee is not None:
        return ["No proposals of that kind."]
    sigma = system()
    projects = [project_id] if project_id is not None else [each.id or 0 for each in sigma.projects.service.list()]
    withheld = withheld_lines(withheld_in(sigma, projects))
    return ["No proposals.", *withheld] if withheld else ["No proposals yet. Find issues and fixes: sigma run"]


def proposal(
    proposal_id: Id,
    test: Annotated[bool, typer.Option("--test", help="Its counterexample as a test, on standard output.")] = False,
    propose_test: Annotated[
        bool, typer.Option("--propose-test", help="Propose that test, if it tells old from new.")
    ] = False,
) -> None:
    """One proposal with its evidence, votes and decisions."""
    if test or propose_test:
        _test(proposal_id, propose=propose_test)
        return
    from sigma_core.cli.votes import vote_lines
    from sigma_core.runtime.committee_account import committee_account

    sigma = system()
    case = sigma.runtime.status.case(sigma.proposals.service.get(proposal_id).id or 0)
    why = sigma.workers.why.of(case.proposal)
    discussion = sigma.proposals.discussions.of(proposal_id)
    document = {
        **_summary(case.proposal),
        "predecessor_id": case.proposal.predecessor_id,
        "successor_id": case.successor_id,
        "keeps_behaviour": case.proposal.keeps_behaviour,
        "description": case.proposal.description,
        "diff": case.proposal.diff,
        "evidence": case.evidence.model_dump(mode="json") if case.evidence else None,
        "votes": [row.model_dump(mode="json") for row in case.votes],
        "committee": committee_account(case),
        "decisions": [row.model_dump(mode="json") for row in case.decisions],
        "outcomes": [row.model_dump(mode="json") for row in case.outcomes],
        "assignee": discussion.assignee,
        "comments": [row.model_dump(mode="json") for row in discussion.comments],
        "knowledge": [row.model_dump(mode="json") for row in case.knowledge],
        "why": [vars(each) for each in why],
    }
    shown = case.proposal
    lines = [f"Proposal {shown.id}, {shown.state}: {shown.title}", f"{shown.fixer} on {shown.base_commit[:8]}"]
    if shown.predecessor_id is not None:
        lines.append(f"the same change as proposal {shown.predecessor_id} on an earlier commit")
    if case.successor_id is not None:
        lines.append(f"carried to a later commit as proposal {case.successor_id}")
    lines += [f"{decided.verdict} by {decided.actor}: {'; '.join(decided.reasons)}" for decided in case.decisions]
    lines += [
        f"knowledge {use.knowledge_id} used by {use.worker} as {use.role}, freshness then {use.freshness:.2f}"
        for use in case.knowledge
    ]
    lines += [f"why knowledge {each.knowledge_id}: {each.text}" for each in why]
    if case.evidence:
        lines += _facts(case.evidence)
    lines += vote_lines(case)
    emit({"proposal": document}, [*lines, "", shown.diff])


def _test(proposal_id: str, *, propose: bool) -> None:
    tests = system().proposals.regression_tests
    made = tests.of(proposal_id)
    document: dict[str, Any] = {"proposal_id": made.proposal_id, "path": made.path, "test": made.id, "text": made.text}
    if not propose:
        if wants_json():
            emit(document)
        else:
            write_text(made.text)
        return
    with progress() as show:
        reviewed = tests.propose(proposal_id, actor=actor(), progress=show)
    number, state = reviewed.proposal.id, reviewed.proposal.state
    document |= {"test_proposal_id": number, "state": state}
    emit(document, [f"Proposal {number}, {state}: {reviewed.proposal.description}"])


def approve(
    proposal_id: Id,
    reason: Annotated[str | None, typer.Option(help="Why; needed to overrule a rejection.")] = None,
    expect: Expected = None,
) -> None:
    """Approve a proposal, whatever the committee said."""
    seen = _expected(proposal_id, expect)
    decision = system().proposals.service.approve(proposal_id, reason=reason, actor=actor(), seen=seen)
    emit({"proposal_id": decision.proposal_id, "decision": decision.verdict}, ["approved"])


def reject(
    proposal_id: Id,
    reason: Annotated[str | None, typer.Option(help="Why; always needed.")] = None,
    expect: Expected = None,
) -> None:
    """Reject a proposal, with the reason for it."""
    seen = _expected(proposal_id, expect)
    decision = system().proposals.service.reject(proposal_id, reason=reason, actor=actor(), seen=seen)
    emit({"proposal_id": decision.proposal_id, "decision": decision.verdict}, ["rejected"])


def comment(proposal_id: Id, text: Annotated[str, typer.Argument(help="Plain text, up to 4000 characters.")]) -> None:
    """Say something about a proposal; all who look at it read it."""
    said = system().proposals.discussions.comment(proposal_id, text, actor=actor())
    emit(said.model_dump(mode="json"), ["said"])


def assign(
    proposal_id: Id,
    name: Annotated[str | None, typer.Argument(help="To whom. Unset: to nobody.")] = None,
) -> None:
    """Assign a proposal to somebody."""
    discussions = system().proposals.discussions
    discussions.assign(proposal_id, name, actor=actor())
    emit({"proposal_id": int(proposal_id), "assignee": name}, [f"assigned to {name}" if name else "assigned to nobody"])


def apply(proposal_id: Id) -> None:
    """Commit an approved proposal to a branch sigma/… in its repository."""
    sigma = system()
    with progress() as show:
        outcome = sigma.proposals.applying.apply(proposal_id, actor=actor(), progress=show)
    document = {"proposal_id": outcome.proposal_id, "branch": outcome.branch, "commit": outcome.commit}
    emit(document, [f"{outcome.branch} is at {outcome.commit}; merging it is yours."])


def export(proposal_id: Id) -> None:
    """The patch, on standard output."""
    patch = system().proposals.service.export(proposal_id)
    if wants_json():
        emit({"proposal_id": int(proposal_id), "patch": patch})
    else:
        write_text(patch)


def _expected(key: str, state: str | None) -> "ProposalSnapshot | None":
    """What the caller takes the proposal to be, where a state was given."""
    if state is None:
        return None
    from sigma_core.proposals.snapshot import ProposalSnapshot
    from sigma_core.proposals.tables import ProposalState

    if state not in list(ProposalState):
        raise Invalid({"expect": f"{state} is not one of {', '.join(ProposalState)}"})
    sigma = system()
    case = sigma.runtime.status.case(sigma.proposals.service.get(key).id or 0)
    return replace(ProposalSnapshot.of(case.proposal, case.decision), state=state)


def _read(path: Path) -> str:
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Invalid({"diff": f"{path} cannot be read: {error.strerror}"}) from None
    from sigma_core.proposals.diff import DiffRefused

    if len(raw) > MAX_BYTES:
        raise DiffRefused(f"The diff is larger than {MAX_BYTES // 2**20} MiB.")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise DiffRefused("The diff is not UTF-8 text.") from None


def _summary(each: "Proposal | ProposalLine") -> dict[str, Any]:
    return {
        "proposal_id": each.id,
        "project_id": each.project_id,
        "issue_id": each.issue_id,
        "issue_ids": list(each.issue_ids),
        "title": each.title,
        "state": each.state,
        "change_type": each.change_type,
        "fixer": each.fixer,
        "rule": each.rule,
        "files": each.files,
        "confidence": each.confidence,
        "origin": each.origin,
        "base_commit": each.base_commit,
        "created_at": each.created_at.isoformat(),
    }


def _facts(evidence: "Evidence") -> Iterator[str]:
    took, runs = duration(evidence.duration_ms), plural(evidence.test_runs, "test run")
    yield f"  isolation        {evidence.grade}, {runs}, {took}"
    if evidence.tests:
        was, now = evidence.tests.baseline.counts, evidence.tests.after.counts
        yield f"  tests            {was.passed} of {was.total} passed before, {now.passed} of {now.total} after"
    if evidence.equal_by_structure:
        yield f"  equal by structure  {evidence.equal_by_structure}: no test is needed"
    if (found := evidence.type_check).state != "not_asked":
        more = found.detail or "; ".join(found.new_errors)
        yield f"  type check       {found.checker} {found.state.replace('_', ' ')}{f': {more}' if more else ''}"
    coverage = evidence.coverage
    executed, changed = coverage.added_executed + coverage.removed_executed, coverage.added + coverage.removed
    covering = plural(coverage.covering_tests, "test")
    yield f"  change executed  {executed} of {plural(changed, 'statement')}, by {covering}"
    yield f"  control run      {evidence.control.state.replace('_', ' ')}"
    yield from _mutants(evidence)
    yield from _differential(evidence)
    if evidence.target.gone is not None:
        yield f"  target issue     {plural(evidence.target.before, 'finding')} before, {evidence.target.after} after"


def _mutants(evidence: "Evidence") -> Iterator[str]:
    """The sum, then each statement of which a mutant went unnoticed."""
    tried, noticed = (sum(getattr(each, name) for each in evidence.mutants) for name in ("tried", "noticed"))
    if evidence.mutants:
        mutable = sum(not each.not_mutable for each in evidence.mutants)
        yield f"  mutants          {noticed} of {tried} noticed, at {plural(mutable, 'changed statement')}"
    for each in evidence.mutants:
        if each.unnoticed:
            yield f"    {each.place}: {each.noticed} of {each.tried}, unnoticed {'; '.join(each.unnoticed)}"
        elif each.not_mutable:
            yield f"    {each.place}: not mutable, {each.not_mutable}"


def _differential(evidence: "Evidence") -> Iterator[str]:
    found = evidence.differential
    name, calls = "  old against new  ", f"{plural(found.inputs, 'input')}, {plural(len(found.functions), 'function')}"
    if found.counterexample:
        yield f"{name}differs: {found.counterexample.sentence}"
    elif found.state == "no_difference":
        yield f"{name}no difference in {calls}"
    elif found.state == "not_comparable":
        yield f"{name}not comparable: {found.detail}"
    if found.searchers:
        yield f"    inputs made by {', '.join(found.searchers)} beside those recorded"
    if found.lacking:
        yield f"    {found.lacking}"


def _votes(votes: Any) -> Iterator[str]:  # noqa: ANN401 (rows of either shape)
    for vote in votes:
        score = f"{vote.score:.2f}  weight {vote.weight:.0%}" if vote.score is not None else f"absent: {vote.absent}"
        yield f"  {vote.member:<15}  {score}"
