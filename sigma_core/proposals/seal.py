"""Digests of all that a decision rests on, taken as it is stored: what is removed or altered afterwards is named."""

from collections.abc import Iterator, Mapping, Sequence

from sqlmodel import Session, col, select

from sigma_core.canonical import digest_of
from sigma_core.exchange.tables import Knowledge
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal, Verification

_VERDICT = ("verdict", "decided_by", "actor", "score", "confidence", "reasons", "rules", "knowledge")
_VOTE = ("member", "score", "confidence", "weight", "veto", "risks", "facts", "opinion", "prompt_version", "absent")


def sealed(session: Session, proposal: Proposal, decision: Decision) -> dict[str, str]:
    """Ingredient → digest, of a decision whose rows are all there."""
    found = dict(_ingredients(session, proposal, decision))
    return {name: digest for name, digest in found.items() if digest is not None}


def broken(session: Session, proposal: Proposal, decision: Decision) -> list[str]:
    """What is no longer as it was, each in one sentence; nothing where all of it is."""
    kept: Mapping[str, str] = decision.seal or {}
    now = dict(_ingredients(session, proposal, decision))
    gone = [name for name in kept if now.get(name) is None]
    other = [name for name, digest in kept.items() if now.get(name) not in (None, digest)]
    added = [name for name, digest in now.items() if name not in kept and digest is not None]
    return [
        *(f"{name} is missing" for name in gone),
        *(f"{name} is not what it was when it was decided" for name in other),
        *(f"{name} was not there when it was decided" for name in added),
    ]


def _ingredients(session: Session, proposal: Proposal, decision: Decision) -> Iterator[tuple[str, str | None]]:
    yield "the change", _digest_of_change(proposal)
    yield "the decision", digest_of({name: getattr(decision, name) for name in _VERDICT})
    verification = session.get(Verification, decision.verification_id) if decision.verification_id else None
    yield "the evidence", digest_of(verification.evidence) if verification else None
    for row in _votes(session, decision):
        said = {name: getattr(row, name) for name in _VOTE}
        # Votes of earlier versions have none
        by_rule = {} if row.by_rule is None else {"by_rule": row.by_rule}
        yield f"the {row.member}'s vote", digest_of(said | by_rule)
    if (key := decision.rules.get("calibration_id")) is not None:
        change = session.get(CommitteeCalibration, key)
        yield f"the committee's calibration {key}", digest_of(change.model_dump(exclude={"id"})) if change else None
    used = [item["id"] for item in decision.knowledge]
    items = {row.id: row for row in session.exec(select(Knowledge).where(col(Knowledge.id).in_(used)))} if used else {}
    for key in dict.fromkeys(used):
        item = items.get(key)
        yield f"knowledge {key}", digest_of([item.type, item.source, item.data]) if item else None


def _digest_of_change(proposal: Proposal) -> str | None:
    """Of what the diff says now, not of what is noted about it."""
    try:
        said = diffs.digest(diffs.parse(proposal.diff))
    except diffs.DiffRefused:
        said = digest_of(proposal.diff)
    return digest_of([said, proposal.base_commit])


def _votes(session: Session, decision: Decision) -> Sequence[CommitteeScore]:
    query = select(CommitteeScore).where(CommitteeScore.verification_id == decision.verification_id)
    return session.exec(query.order_by(col(CommitteeScore.id))).all() if decision.verification_id else ()
