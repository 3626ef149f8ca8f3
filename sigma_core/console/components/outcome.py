"""What became of a change, in words."""

from collections.abc import Sequence

from sigma_core.console.components.blocks import notice
from sigma_core.console.components.signs import Tone
from sigma_core.console.markup import Html
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.tables import Outcome

NAMES = {
    OutcomeKind.APPROVED: "Approved",
    OutcomeKind.REJECTED: "Rejected",
    OutcomeKind.IGNORED: "Issue ignored",
    OutcomeKind.APPLIED: "Committed",
    OutcomeKind.CLOSED: "Branch deleted",
    OutcomeKind.REACHED: "Merged",
    OutcomeKind.SURVIVED_1: "Survived one commit",
    OutcomeKind.SURVIVED_10: "Survived ten commits",
    OutcomeKind.SURVIVED_100: "Survived a hundred commits",
    OutcomeKind.REWRITTEN: "Rewritten",
    OutcomeKind.REVERTED: "Reverted",
    OutcomeKind.ISSUE_BACK: "Issue came back",
}
_DECIDED = (OutcomeKind.APPROVED, OutcomeKind.REJECTED)
"""The decisions themselves tell of these."""
_SENTENCES = {
    OutcomeKind.IGNORED: "A person does not want its issue mended.",
    OutcomeKind.CLOSED: "Our branch was deleted, and the change is not on the main branch.",
    OutcomeKind.REACHED: "The change is on the main branch.",
    OutcomeKind.SURVIVED_1: "The change is still there, one commit later.",
    OutcomeKind.SURVIVED_10: "The change is still there, ten commits later.",
    OutcomeKind.SURVIVED_100: "The change is still there, a hundred commits later.",
    OutcomeKind.REWRITTEN: "Later commits changed the same code to something else again.",
    OutcomeKind.REVERTED: "The change was taken back after it was merged; learned from as a failure.",
    OutcomeKind.ISSUE_BACK: "The issue that it mended was found again; learned from as a failure.",
}
_WAYS = {
    "ours": "as our commit",
    "same": "as the same change under another commit",
    "squashed": "together with other changes in one commit",
    "by_hand": "by hand",
    "revert": "by a commit that says so",
}


def told_apart(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Those that decisions do not tell of."""
    return [each for each in outcomes if each.kind not in _DECIDED]


def latest(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The one to be told of a proposal; None where its decisions say all there is."""
    return max(told_apart(outcomes), key=lambda each: (each.at, each.id or 0), default=None)


def way(outcome: Outcome) -> str:
    """How it came, or went; nothing where that is not known."""
    return _WAYS.get(outcome.how, "")


def tone(kind: str) -> Tone:
    """How good that is."""
    if kind in (OutcomeKind.REVERTED, OutcomeKind.ISSUE_BACK, OutcomeKind.REJECTED):
        return "bad"
    return "off" if kind in (OutcomeKind.IGNORED, OutcomeKind.CLOSED, OutcomeKind.REWRITTEN) else "ok"


def became(outcome: Outcome) -> Html:
    """A notice above a proposal."""
    if outcome.kind == OutcomeKind.APPLIED:
        said = f"The change is on {outcome.branch}; merging it is up to you."
        return notice("Committed.", said, f"git merge {outcome.branch}", tone="ok")
    kind = OutcomeKind(outcome.kind)
    said = _SENTENCES[kind]
    if way(outcome):
        said = f"{said} It came {way(outcome)}." if kind == OutcomeKind.REACHED else said
    if tone(kind) == "ok":
        return notice(f"{NAMES[kind]}.", said, tone="ok")
    return notice(f"{NAMES[kind]}.", said)
