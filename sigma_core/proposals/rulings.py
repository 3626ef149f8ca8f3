"""A person's ruling goes with the change: what becomes of it when the evidence is renewed."""

import re
from collections.abc import Iterable
from dataclasses import replace

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sigma_core.proposals.decision import ReasonedVerdict
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.lineage import line, line_of
from sigma_core.proposals.tables import Decision, Proposal, Verdict, Verification

_CHANGING = re.compile(r"\d+|\b[0-9a-f]{7,64}\b")
"""Line numbers, counts, scores and commits: they differ between two runs that say the same."""


def standing(session: Session, proposal: Proposal) -> Decision | None:
    """The person's decision that holds for a change, on whichever commit it was made; None where none does.

    It holds until somebody decides anew, or the committee gives the change back to a person.
    """
    latest = session.exec(_decisions(proposal).limit(1)).first()
    return latest if latest is not None and latest.decided_by == "person" else None


def renewed(
    session: Session, held: Decision, proposal: Proposal, evidence: Evidence, ruling: ReasonedVerdict
) -> tuple[ReasonedVerdict, Decision | None]:
    """The committee's ruling on renewed evidence, and the person's decision that holds in spite of it.

    A rejection always holds. An approval holds where the committee approves, or says nothing against the change but
    what it had said before the person approved; else the change goes back to a person, unless it does not apply.
    """
    first = session.get(Decision, held.rules.get("carried_from", held.id)) or held
    if held.verdict == Verdict.REJECTED or _suffices(session, held, proposal, ruling):
        return ruling, _carried(first, held, _base(session, first))
    why = f"{first.actor} approved it on {_base(session, first)[:8]}; the renewed evidence no longer suffices for that."
    fits = evidence.applies and not evidence.parse_errors
    verdict = Verdict.NEEDS_HUMAN if fits else Verdict.REJECTED
    return replace(ruling, verdict=verdict, reasons=[why, *ruling.reasons]), None


def _suffices(session: Session, held: Decision, proposal: Proposal, ruling: ReasonedVerdict) -> bool:
    if ruling.verdict == Verdict.APPROVED:
        return True
    before = _decisions(proposal).where(Decision.decided_by == "committee", col(Decision.id) < held.id)
    known = session.exec(before.limit(1)).first()
    if known is None:
        return False
    decided = session.get_one(Proposal, known.proposal_id)
    return _gist(ruling.reasons, proposal.files) <= _gist(known.reasons, decided.files)


def _gist(reasons: Iterable[str], files: list[str]) -> set[str]:
    """What reasons say, wherever the change stands by now."""
    said = set()
    for reason in reasons:
        for number, file in enumerate(files):
            reason = reason.replace(file, f"<file {number}>")  # noqa: PLW2901 (one after the other)
        said.add(_CHANGING.sub("#", reason))
    return said


def _carried(first: Decision, held: Decision, base: str) -> Decision:
    """The same decision once more, for the evidence as it is now."""
    told = f"Decided on {base[:8]}, and kept with renewed evidence." if base else "Kept with renewed evidence."
    return Decision(
        proposal_id=0,
        verdict=held.verdict,
        decided_by="person",
        actor=first.actor,
        reasons=[*first.reasons, told],
        rules={"carried_from": first.id},
        created_at=held.created_at,
    )


def _base(session: Session, decision: Decision) -> str:
    """The commit that a person saw the change on."""
    verification = session.get(Verification, decision.verification_id) if decision.verification_id else None
    if verification is not None:
        return str(verification.evidence["base_commit"])
    return session.get_one(Proposal, decision.proposal_id).base_commit


def _decisions(proposal: Proposal) -> SelectOfScalar[Decision]:
    """All decisions on the change, the newest first."""
    return (
        select(Decision)
        .join(Proposal, col(Proposal.id) == Decision.proposal_id)
        .where(line() == line_of(proposal))
        .order_by(col(Decision.id).desc())
    )
