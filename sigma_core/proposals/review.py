"""From proposals to decisions: verify together, let the committee vote, decide, and store all a replay needs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from sqlmodel import Session

from sigma_core import tracing
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.projects.tables import Project
from sigma_core.proposals import rulings
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import (
    RULES_VERSION,
    Absent,
    AssessedRisk,
    Ballot,
    KnownRisk,
    Opinion,
    Precedents,
    Vote,
    ballots,
    votes,
    weighted,
)
from sigma_core.proposals.decision import ReasonedVerdict, Thresholds, decide
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.lineage import line_of
from sigma_core.proposals.seal import sealed
from sigma_core.proposals.service import Proposals, held
from sigma_core.proposals.splitting import ROUNDS
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal, ProposalState, Verdict, Verification
from sigma_core.proposals.turns import AskedMembers, asked_about
from sigma_core.proposals.verification.patch import Change

OVER = (ProposalState.APPLIED, ProposalState.STALE)
"""What is decided no more."""
Say = Callable[[str], None]
Then = Callable[[Session, Proposal, Decision, Evidence], None]
"""What else commits with the committee's decision where it holds: its publication, for instance."""
Parted = Callable[[Session, Proposal, Sequence[Proposal]], None]
"""What else commits where a proposal is parted into others."""


class EvidenceSource(Protocol):
    """Measures changes of one project that rest on one base commit."""

    def verify(
        self, project: Project, changes: Sequence[Change], *, progress: Say, cancelled: Callable[[], bool]
    ) -> Mapping[int, Evidence]: ...


class OpinionSource(Protocol):
    """Asks a model about one proposal, in the place of each member whose facts it is given."""

    def of(
        self, proposal: Proposal, evidence: Evidence, facts: Mapping[str, Mapping[str, Any]], *, run_id: int | None
    ) -> Mapping[str, Opinion | Absent]: ...


class RiskAssessor(Protocol):
    """Asks what could go wrong with one proposal."""

    def of(
        self, proposal: Proposal, facts: Mapping[str, Any], known: Sequence[KnownRisk], *, run_id: int | None
    ) -> AssessedRisk | Absent: ...


@dataclass(frozen=True)
class ReviewSettings:
    """How votes count, and thresholds in force."""

    calibration: Callable[[Proposal], Calibration] = lambda _proposal: Calibration()
    thresholds: Callable[[Project, str], Thresholds] = lambda _project, _commit: Thresholds()
    """In a project at a commit."""
    each_opinion: bool = False
    """Whether a model is asked for each member's opinion of a change; else for one member's, in turn."""


@dataclass(frozen=True)
class Reviewed:
    """One proposal's evidence, votes and decision. `unanswered`: questions to the model it was decided without."""

    proposal: Proposal
    evidence: Evidence
    votes: list[Vote]
    decision: Decision
    unanswered: Mapping[str, int] = field(default_factory=dict)
    pieces: Sequence[Proposal] = ()
    """What is proposed in its place, where it was parted."""


@dataclass(frozen=True)
class Occasion:
    """Who reviews, in which run, with which knowledge in the context (id and freshness of each item)."""

    actor: str
    run_id: int | None = None
    knowledge: Sequence[Mapping[str, Any]] = ()


class ProposalReview:
    """Verifies and decides. `precedents` tells how earlier fixes like a proposal ended, `pieces` what to propose in the
    place of one that does not hold as a whole."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        verifier: EvidenceSource,
        precedents: Callable[[Proposal], Precedents],
        opinions: OpinionSource | None,
        settings: ReviewSettings,
        proposals: Proposals,
        pieces: Callable[[Project, Proposal, Evidence, float], list[Fixed]],
        risks: RiskAssessor | None = None,
    ) -> None:
        self._proposals, self._pieces_of = proposals, pieces
        self._database, self._clock, self._verifier = database, clock, verifier
        self._precedents, self._opinions, self._settings = precedents, opinions, settings
        self._risks = risks

    def review(
        self,
        project: Project,
        proposals: Sequence[Proposal],
        occasion: Occasion,
        *,
        progress: Say = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
        then: Then | None = None,
        parted: Parted | None = None,
        one: Callable[[Proposal], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> list[Reviewed]:
        """Verify proposals of one base together, decide each, and store it.

        Raises `Conflict` for one that is applied, or was applied, retired or moved while it was verified.

        Each is decided within `one`, which may keep what went wrong with it from the others. With `parted`, one that
        consists of several fixes and is not approved may be parted, and what it is parted into is reviewed in its
        place, in some more rounds.
        """
        due, decided, most = [*proposals], list[Reviewed](), ROUNDS + 1 if parted else 1
        for number in range(1, most + 1):
            say = progress if number == 1 else _in_parts(progress, number, most)
            still = parted if number < most else None
            found_ = self._round(project, due, occasion, say, cancelled, then, still, one)
            due = [piece for each in found_ for piece in each.pieces]
            decided += [each for each in found_ if not each.pieces]
            if not due or cancelled():
                break
        return decided

    def _round(
        self,
        project: Project,
        proposals: Sequence[Proposal],
        occasion: Occasion,
        progress: Say,
        cancelled: Callable[[], bool],
        then: Then | None,
        parted: Parted | None,
        one: Callable[[Proposal], AbstractContextManager[None]],
    ) -> list[Reviewed]:
        for proposal in proposals:
            if proposal.state == ProposalState.APPLIED:
                raise Conflict(f"Proposal {proposal.id} is applied already.")
        changes = [Change.of(proposal) for proposal in proposals]
        about = {
            "sigma.project.id": project.id,
            "sigma.proposal.ids": [change.proposal_id for change in changes],
            "sigma.base_commit": changes[0].base_commit if changes else None,
        }
        with tracing.span("verify", about):
            evidence = self._verifier.verify(project, changes, progress=progress, cancelled=cancelled)
        reviewed = []
        for number, proposal in enumerate(proposals, 1):
            if (proved := evidence.get(proposal.id or 0)) is not None:
                progress(f"deciding {number} of {len(proposals)}")
                with one(proposal):
                    reviewed.append(self._decide(project, proposal, proved, occasion, then, parted))
        return reviewed

    def _decide(
        self,
        project: Project,
        proposal: Proposal,
        evidence: Evidence,
        occasion: Occasion,
        then: Then | None,
        parted: Parted | None,
    ) -> Reviewed:
        # Asked before the transaction: no lock is held while a model answers
        precedents, unforeseen = self._foreseen(proposal, evidence, self._precedents(proposal), occasion.run_id)
        by_rule = ballots(evidence, precedents)
        facts = _facts(by_rule)
        opinions = self._asked(proposal, evidence, facts, occasion.run_id)
        unanswered = Counter(
            each.counts_as for each in (*opinions.values(), unforeseen) if isinstance(each, Absent) and each.counts_as
        )
        calibration = self._settings.calibration(proposal)
        cast = votes(by_rule, opinions, calibration.weights, calibration.shares)
        thresholds = self._settings.thresholds(project, proposal.base_commit)
        found = ruling = decide(evidence, cast, thresholds, calibration.recalibration)
        rules = {
            "version": RULES_VERSION,
            **calibration.rules(),
            "weighted": weighted(cast)[0],
            "thresholds": asdict(thresholds),
            "precedents": asdict(precedents),
            "asked": self._asked_members(proposal, opinions),
            "ruled": {"verdict": found.verdict.value, "reasons": found.reasons},
        }
        fixes, pieces = (
            self._pieces(project, proposal, evidence, ruling, thresholds) if parted else [],
            list[Proposal](),
        )
        with self._database.transaction() as session:
            stored = held(session, proposal.id or 0)
            if (stored.base_commit, stored.diff_sha256) != (evidence.base_commit, evidence.diff_sha256):
                raise Conflict(f"Proposal {stored.id} was moved to {stored.base_commit[:8]} while it was verified.")
            verification_id = self._store_evidence(session, stored, evidence, cast, occasion)
            is_over = stored.state in OVER
            if not is_over:
                if fixes and rulings.standing(session, stored) is None:
                    pieces = self._part(session, project, stored, fixes)
                    ruling, then = _parted_into(pieces, ruling), None
                decision = self._store(
                    session, stored, evidence, ruling, precedents, occasion, rules, verification_id, then
                )
                if pieces and parted is not None:
                    stored.state = ProposalState.STALE
                    parted(session, stored, pieces)
        if is_over:
            raise Conflict(
                f"Proposal {stored.id} is {stored.state} by now: its evidence is stored, and decides nothing."
            )
        return Reviewed(stored, evidence, cast, decision, unanswered, pieces)

    def _asked(
        self, proposal: Proposal, evidence: Evidence, facts: Mapping[str, Mapping[str, Any]], run_id: int | None
    ) -> Mapping[str, Opinion | Absent]:
        """What a model says, of those whose turn it is or of all for whom something was measured."""
        if self._opinions is None:
            return {}
        due = facts if self._settings.each_opinion else asked_about(line_of(proposal), facts)
        return self._opinions.of(proposal, evidence, {name: facts[name] for name in due}, run_id=run_id)

    def _asked_members(self, proposal: Proposal, opinions: Mapping[str, Opinion | Absent]) -> AskedMembers:
        return AskedMembers(
            in_turn=not self._settings.each_opinion,
            change=line_of(proposal),
            missing={name: said.reason if isinstance(said, Absent) else None for name, said in opinions.items()},
        )

    def _pieces(
        self,
        project: Project,
        proposal: Proposal,
        evidence: Evidence,
        ruling: ReasonedVerdict,
        thresholds: Thresholds,
    ) -> list[Fixed]:
        approved = ruling.verdict == Verdict.APPROVED
        return [] if approved else self._pieces_of(project, proposal, evidence, thresholds.noticed_share)

    def _part(self, session: Session, project: Project, proposal: Proposal, fixes: Sequence[Fixed]) -> list[Proposal]:
        return [
            self._proposals.submit(
                session,
                project,
                proposal.base_commit,
                fixed,
                origin=proposal.origin,
                issue_id=fixed.parts[0].issue_id,
                rule=proposal.rule,
                family=proposal.change_type,
                knowledge_ids=proposal.knowledge_ids,
                run_id=proposal.run_id,
            )
            for fixed in fixes
        ]

    def _store(
        self,
        session: Session,
        stored: Proposal,
        evidence: Evidence,
        ruling: ReasonedVerdict,
        precedents: Precedents,
        occasion: Occasion,
        rules: Mapping[str, Any],
        verification_id: int,
        then: Then | None,
    ) -> Decision:
        """The committee's decision and a person's that holds in spite of it; the last of them.

        `rules` tell what follows from the evidence, `ruling` what it comes to where the proposal was parted.
        """
        by_person, kept = rulings.standing(session, stored), None
        if by_person is not None:
            ruling, kept = rulings.renewed(session, by_person, stored, evidence, ruling)
        decision = self._decision(stored, ruling, precedents, occasion, rules)
        decision.verification_id = verification_id
        decision.seal = sealed(session, stored, decision)
        session.add(decision)
        session.flush()
        if kept is not None:
            decision = self._keep(session, kept, decision)
        stored.state, stored.changed_at = ProposalState(decision.verdict), decision.created_at
        if stored.state != ProposalState.APPROVED:
            # Approved once more, it is not put on a branch by what was asked before
            stored.apply_requested_by = None
        if then is not None and kept is None:
            then(session, stored, decision, evidence)
        return decision

    @staticmethod
    def _keep(session: Session, kept: Decision, committee: Decision) -> Decision:
        """The person's decision after the committee's, on the same evidence: the one that holds."""
        kept.proposal_id, kept.verification_id = committee.proposal_id, committee.verification_id
        kept.run_id, kept.created_at = committee.run_id, committee.created_at
        session.add(kept)
        session.flush()
        return kept

    def _foreseen(
        self, proposal: Proposal, evidence: Evidence, precedents: Precedents, run_id: int | None
    ) -> tuple[Precedents, Absent | None]:
        """Precedents with what is said of the change's own risk, from the facts that all members measured."""
        if self._risks is None:
            return precedents, None
        facts = {name: fact for each in _facts(ballots(evidence, precedents)).values() for name, fact in each.items()}
        said = self._risks.of(proposal, facts, precedents.risks, run_id=run_id)
        return (precedents, said) if isinstance(said, Absent) else (replace(precedents, assessed=said), None)

    def _store_evidence(
        self, session: Session, proposal: Proposal, evidence: Evidence, cast: Sequence[Vote], occasion: Occasion
    ) -> int:
        verification = Verification(
            proposal_id=proposal.id or 0,
            evidence=evidence.model_dump(mode="json"),
            run_id=occasion.run_id,
            duration_ms=evidence.duration_ms,
            created_at=self._clock(),
        )
        session.add(verification)
        session.flush()
        session.add_all(_row(vote, verification.id or 0) for vote in cast)
        return verification.id or 0

    def _decision(
        self,
        proposal: Proposal,
        ruling: ReasonedVerdict,
        precedents: Precedents,
        occasion: Occasion,
        rules: Mapping[str, Any],
    ) -> Decision:
        return Decision(
            proposal_id=proposal.id or 0,
            verdict=ruling.verdict,
            decided_by="committee",
            actor=occasion.actor,
            score=ruling.score,
            confidence=ruling.confidence,
            reasons=ruling.reasons,
            knowledge=[
                *(dict(item) for item in occasion.knowledge),
                *({"id": risk["id"], "freshness": risk["freshness"], "role": "risk"} for risk in precedents.risks),
            ],
            run_id=occasion.run_id,
            created_at=self._clock(),
            rules=dict(rules),
        )


def _in_parts(say: Say, number: int, most: int) -> Say:
    """What is said of a round in which only parts of what did not hold are looked at."""
    return lambda text: say(f"parts of what did not hold, round {number} of at most {most}: {text}")


def _parted_into(pieces: Sequence[Proposal], ruling: ReasonedVerdict) -> ReasonedVerdict:
    """Nobody has decided yet: that is for each of the pieces."""
    numbers = " and ".join(str(piece.id) for piece in pieces)
    why = f"Not all of its fixes hold: parted into the proposals {numbers}."
    return replace(ruling, verdict=Verdict.NEEDS_HUMAN, reasons=[why, *ruling.reasons])


def _facts(by_rule: Mapping[str, Ballot | Absent]) -> dict[str, dict[str, Any]]:
    return {name: ballot.facts for name, ballot in by_rule.items() if isinstance(ballot, Ballot)}


def _row(vote: Vote, verification_id: int) -> CommitteeScore:
    opinion = vote.opinion
    return CommitteeScore(
        verification_id=verification_id,
        member=vote.member,
        score=vote.score,
        by_rule=vote.by_rule,
        confidence=vote.confidence,
        weight=vote.weight,
        veto=vote.veto,
        risks=vote.risks,
        facts=vote.facts,
        absent=vote.absent,
        opinion=opinion.raw if opinion else None,
        prompt_version=opinion.prompt_version if opinion else None,
    )
