"""The Why line: from the issue to the decision, one step after another."""

from sigma_core.console import words
from sigma_core.console.components.outcome import NAMES, told_apart
from sigma_core.console.markup import Html, div, join, span
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.tables import Outcome
from sigma_core.runtime.views import ProposalCase


def why_line(case: ProposalCase) -> Html:
    """issue → knowledge → fixer → run → votes → decision → outcome."""
    arrow = span("→", cls="sg-arrow")
    parts: list[Html] = []
    for step in steps(case):
        parts += [arrow, span(step)] if parts else [span(step)]
    return div(span("Why", cls="sg-strong"), join(*parts), cls="sg-why")


def steps(case: ProposalCase) -> list[str]:
    """Each step in a few words; what did not take part is left out."""
    proposal = case.proposal
    voted = sum(vote.score is not None for vote in case.votes)
    found = [
        _begin(case),
        words.plural(len(proposal.knowledge_ids), "knowledge item") if proposal.knowledge_ids else "",
        proposal.prompt_version or proposal.fixer.replace("_", " "),
        f"run {proposal.run_id}" if proposal.run_id else "",
        words.plural(voted, "vote") if voted else "",
        *(
            f"{words.STATES[decision.verdict].lower()} by {_whom(decision.decided_by, decision.actor)}"
            for decision in case.decisions
        ),
        *(NAMES[OutcomeKind(each.kind)].lower() + _where(each) for each in told_apart(case.outcomes)),
    ]
    return [step for step in found if step]


def _begin(case: ProposalCase) -> str:
    if case.issue is not None:
        return f"issue {case.issue.id} {case.issue.rule}"
    return "handed in" if case.proposal.fixer == "outside" else case.proposal.rule or ""


def _where(outcome: Outcome) -> str:
    return f" to {outcome.branch}" if outcome.branch and outcome.kind == OutcomeKind.APPLIED else ""


def _whom(decided_by: str, actor: str) -> str:
    return "committee" if decided_by == "committee" else actor
