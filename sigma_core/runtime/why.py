"""The why-trace: everything between an applied change and the commit, the evidence and the knowledge it came from."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import Knowledge
from sigma_core.identity import existing_row
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.content import Content
from sigma_core.prompts.tables import PromptTemplate, PromptVersion, version_name
from sigma_core.proposals import replay, seal
from sigma_core.proposals.committee import DEFAULT_WEIGHTS
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.lineage import line_of
from sigma_core.proposals.replay import Counterfactual, Replay, StoredCase
from sigma_core.proposals.tables import CommitteeScore, Decision, Outcome, Proposal, Verification
from sigma_core.runtime.tables import Run
from sigma_core.workers.tables import KnowledgeUse

MOST_CALLS = 200
_STORED = re.compile(r"(^|/)v\d+$")


@dataclass(frozen=True)
class UsedItem:
    """An item of knowledge that counted: for whom, as what, how fresh it was then and is now; None: it is gone."""

    knowledge_id: int
    worker: str
    role: str
    type: str | None
    payload: Mapping[str, Any] | None
    freshness_then: float
    freshness_now: float | None
    created_at: datetime | None


@dataclass(frozen=True)
class UsedPrompt:
    """A version of a prompt that was asked with."""

    name: str
    version: str
    wrong: str = ""
    """What is the matter with it in the store: missing, or not what it was."""


@dataclass(frozen=True)
class Trace:
    """What a proposal's latest committee decision rests on, and what became of it."""

    proposal: Proposal
    decision: Decision
    evidence: Evidence
    votes: Sequence[CommitteeScore]
    knowledge: Sequence[UsedItem]
    prompts: Sequence[UsedPrompt]
    calls: Sequence[PromptUsage]
    runs: Sequence[Run]
    later: Sequence[Decision]
    """By people, after it."""
    outcomes: Sequence[Outcome]
    broken: Sequence[str]
    """Ingredients that are missing or altered."""
    is_sealed: bool
    """Whether digests were taken when it was decided: earlier versions of SIGMA took none."""


class Traces:
    """Gathers traces, and decides once more from what is stored."""

    def __init__(self, database: Database, clock: Clock, registry: Callable[[], Registry]) -> None:
        self._database, self._clock, self._registry = database, clock, registry

    def of(self, key: int | str) -> Trace:
        """Of one proposal. Raises `NotFound` before its first decision by the committee."""
        with self._database.reading() as session:
            proposal, decision = self._decided(session, key)
            votes = _votes(session, decision)
            verification = session.get(Verification, decision.verification_id)
            if verification is None:
                raise Conflict(f"The evidence of proposal {proposal.id} is gone: its decision cannot be traced.")
            prompts = [_prompt(session, name) for name in _prompts_of(proposal, votes, decision)]
            runs = [each for key in (proposal.run_id, decision.run_id) if key and (each := session.get(Run, key))]
            return Trace(
                proposal=proposal,
                decision=decision,
                evidence=Evidence.model_validate(verification.evidence),
                votes=votes,
                knowledge=self._items(session, proposal),
                prompts=prompts,
                calls=_calls(session, decision),
                runs=list({run.id: run for run in runs}.values()),
                later=_later(session, decision),
                outcomes=_outcomes(session, proposal),
                broken=_broken(session, proposal, decision, prompts),
                is_sealed=decision.seal is not None,
            )

    def broken(self, session: Session, key: int | str) -> list[str]:
        """Which ingredients of a decision are missing or altered, as a transaction sees them."""
        proposal, decision = self._decided(session, key)
        names = _prompts_of(proposal, _votes(session, decision), decision)
        return _broken(session, proposal, decision, [_prompt(session, name) for name in names])

    def replay(self, key: int | str) -> Replay:
        """The latest committee decision once more, from what is stored."""
        return replay.replayed(self._case(key))

    def without(self, key: int | str, item: str) -> Counterfactual:
        """What would have been decided without ``knowledge/ID``. Raises `Invalid` for what had no part in it."""
        wanted = re.fullmatch(r"(?:knowledge/)?(\d{1,10})", item)
        case = self._case(key)
        known = {each["id"] for each in case.decision.knowledge}
        if wanted is None or int(wanted[1]) not in known:
            names = ", ".join(f"knowledge/{each}" for each in sorted(known)) or "none"
            raise Invalid({"without": f"{item[:60]!r} had no part in it; what had: {names}"})
        return replay.without_knowledge(case, lambda each: each == int(wanted[1]))

    def as_of(self, key: int | str, moment: datetime) -> Counterfactual:
        """What would have been decided by what was known at a moment."""
        case = self._case(key)
        used = [each["id"] for each in case.decision.knowledge]
        with self._database.reading() as session:
            rows = session.exec(select(Knowledge.id).where(col(Knowledge.id).in_(used), Knowledge.created_at <= moment))
            known = set(rows.all())
        return replay.without_knowledge(case, lambda each: each not in known)

    def with_weights(self, key: int | str, weights: Mapping[str, float]) -> Counterfactual:
        """What would have been decided with these weights of members. Raises `Invalid`."""
        wrong = {
            name: f"is no member; there are {', '.join(DEFAULT_WEIGHTS)}" for name in weights.keys() - DEFAULT_WEIGHTS
        }
        wrong |= {name: "is a number from 0 to 1" for name, weight in weights.items() if not 0 <= weight <= 1}
        case = self._case(key)
        if not wrong and not sum({**case.weights, **weights}.values()):
            wrong = {"weights": "leave nobody a say"}
        if wrong:
            raise Invalid(wrong)
        return replay.with_weights(case, weights)

    def _case(self, key: int | str) -> StoredCase:
        trace = self.of(key)
        return StoredCase(trace.decision, trace.evidence, trace.votes)

    def _decided(self, session: Session, key: int | str) -> tuple[Proposal, Decision]:
        proposal = existing_row(session, Proposal, "proposal", key)
        query = select(Decision).where(Decision.proposal_id == proposal.id, Decision.decided_by == "committee")
        decision = session.exec(query.order_by(col(Decision.id).desc()).limit(1)).first()
        if decision is None:
            raise NotFound("decision of the committee on proposal", proposal.id)
        return proposal, decision

    def _items(self, session: Session, proposal: Proposal) -> list[UsedItem]:
        uses = session.exec(
            select(KnowledgeUse).where(KnowledgeUse.proposal_id == proposal.id).order_by(col(KnowledgeUse.id))
        )
        return [self._item(session, each) for each in uses]

    def _item(self, session: Session, use: KnowledgeUse) -> UsedItem:
        row, now = session.get(Knowledge, use.knowledge_id), self._clock()
        return UsedItem(
            knowledge_id=use.knowledge_id,
            worker=use.worker,
            role=use.role,
            type=row.type if row else None,
            payload=row.data if row else None,
            freshness_then=use.freshness,
            freshness_now=freshness(row.refreshed_at, now, self._registry().decay_s(row.type)) if row else None,
            created_at=row.created_at if row else None,
        )


def _votes(session: Session, decision: Decision) -> Sequence[CommitteeScore]:
    query = select(CommitteeScore).where(CommitteeScore.verification_id == decision.verification_id)
    return session.exec(query.order_by(col(CommitteeScore.id))).all()


def _outcomes(session: Session, proposal: Proposal) -> Sequence[Outcome]:
    return session.exec(select(Outcome).where(Outcome.line_id == line_of(proposal)).order_by(col(Outcome.id))).all()


def _later(session: Session, decision: Decision) -> Sequence[Decision]:
    query = select(Decision).where(Decision.proposal_id == decision.proposal_id, col(Decision.id) > decision.id)
    return session.exec(query.order_by(col(Decision.id))).all()


def _calls(session: Session, decision: Decision) -> Sequence[PromptUsage]:
    """Model calls of the run that decided, with the prompts that decisions rest on."""
    if decision.run_id is None:
        return ()
    asked = select(PromptUsage).where(PromptUsage.run_id == decision.run_id, PromptUsage.worker == "think")
    return session.exec(asked.order_by(col(PromptUsage.id)).limit(MOST_CALLS)).all()


def _prompts_of(proposal: Proposal, votes: Sequence[CommitteeScore], decision: Decision) -> list[str]:
    # The first versions of SIGMA kept none
    assessed = decision.rules.get("precedents", {}).get("assessed") or {}
    named = (proposal.prompt_version, *(vote.prompt_version for vote in votes), assessed.get("prompt_version"))
    return list(dict.fromkeys(name for name in named if name))


def _prompt(session: Session, name: str) -> UsedPrompt:
    """By the name that votes and proposals hold: worker/type@version."""
    prompt, _, version = name.partition("@")
    if not _STORED.search(version):
        # From the file that ships with SIGMA: it was never in the store
        return UsedPrompt(prompt, version)
    worker, _, kind = prompt.partition("/")
    rows = session.exec(
        select(PromptTemplate, PromptVersion)
        .where(PromptTemplate.worker == worker, PromptTemplate.type == kind)
        .where(PromptVersion.template_id == PromptTemplate.id)
    )
    known = {version_name(template.name, each.number): each for template, each in rows}
    if (row := known.get(version)) is None:
        return UsedPrompt(prompt, version, "is missing")
    same = Content.model_validate(row.content).digest == row.digest
    return UsedPrompt(prompt, version, "" if same else "is not what it was")


def _broken(session: Session, proposal: Proposal, decision: Decision, prompts: Sequence[UsedPrompt]) -> list[str]:
    ingredients = seal.broken(session, proposal, decision) if decision.seal else []
    return ingredients + [f"the prompt {each.name} {each.version} {each.wrong}" for each in prompts if each.wrong]
