"""A committee's decision made once more from what is stored, exactly or with something else in its place. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sigma_core.proposals.calibration.recalibration import IDENTITY, Recalibration
from sigma_core.proposals.committee import (
    MEMBERS,
    RULES_VERSION,
    Absent,
    Ballot,
    Opinion,
    Precedents,
    Shares,
    Vote,
    ballots,
    votes,
)
from sigma_core.proposals.decision import ReasonedVerdict, Thresholds, decide
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.tables import CommitteeScore, Decision, Verdict
from sigma_core.proposals.turns import AskedMembers, asked_about

_COMPARED = ("score", "by_rule", "confidence", "weight", "risks", "facts", "absent", "veto")


@dataclass(frozen=True)
class StoredCase:
    """What a committee's decision rests on, as it is stored."""

    decision: Decision
    evidence: Evidence
    votes: Sequence[CommitteeScore]

    @property
    def precedents(self) -> Precedents:
        """As the members read them."""
        return Precedents(**self.decision.rules.get("precedents", {}))

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights in force when it was decided."""
        weights: Mapping[str, float] = self.decision.rules["weights"]
        return weights

    @property
    def shares(self) -> Shares:
        """A model's part in each member's vote, then."""
        shares: Shares = self.decision.rules.get("shares", {})
        return shares

    @property
    def recalibration(self) -> Recalibration:
        """What scores had stood for, then."""
        stored = self.decision.rules.get("recalibration")
        return Recalibration.read(stored) if stored else IDENTITY

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in force when it was decided."""
        return Thresholds(**self.decision.rules["thresholds"])

    @property
    def opinions(self) -> dict[str, Opinion | Absent]:
        """What a model said in each member's place."""
        return {row.member: _opinion(row) for row in self.votes if row.opinion is not None}

    def ruled(self, cast: Sequence[Vote]) -> ReasonedVerdict:
        """What follows from these votes by the thresholds and the record in force then."""
        return decide(self.evidence, cast, self.thresholds, self.recalibration)


@dataclass(frozen=True)
class Replay:
    """A decision made once more, and where it comes out otherwise than what is stored."""

    ruling: ReasonedVerdict
    votes: Sequence[Vote]
    differences: Sequence[str]
    """Each in one sentence; none: the same to the last bit."""


@dataclass(frozen=True)
class Counterfactual:
    """What would have been decided otherwise. Where a model's vote rests on what is left out, it is not asked again:
    `possible` are the verdicts that any vote of it could lead to."""

    ruling: ReasonedVerdict
    votes: Sequence[Vote]
    not_computable: Sequence[str]
    """Members whose opinion would have had another input."""
    possible: Sequence[Verdict]


def replayed(case: StoredCase) -> Replay:
    """The decision from its evidence, precedents, opinions, weights and thresholds, compared with what is stored."""
    version = case.decision.rules["version"]
    if version != RULES_VERSION:
        again = _as_stored(case)
        ruling = case.ruled(again)
        why = f"the votes were cast by rules {version}, this SIGMA has {RULES_VERSION}: they are taken as stored"
        return Replay(ruling, again, [why, *_against_ruling(case, ruling)])
    by_rule = ballots(case.evidence, case.precedents)
    again = votes(by_rule, case.opinions, case.weights, case.shares)
    ruling = case.ruled(again)
    differences = [*_against_turn(case, by_rule), *_against_votes(case, again), *_against_ruling(case, ruling)]
    return Replay(ruling, again, differences)


def without_knowledge(case: StoredCase, left_out: Callable[[int], bool]) -> Counterfactual:
    """Without these items of knowledge."""
    known = case.precedents
    kept = [risk for risk in known.risks if not left_out(risk["id"])]
    context = known.assessed.get("context", []) if known.assessed else []
    touched = any(left_out(int(key.partition("/")[2])) for key in context if key.startswith("knowledge/"))
    # The reviewer is shown the warnings, and whoever was shown one answered with it before its eyes
    changed = ["reviewer"] if len(kept) < len(known.risks) and "reviewer" in case.opinions else []
    uncertain = [*changed, *(["risk assessment"] if touched else [])]
    return _otherwise(case, replace(known, risks=kept), case.weights, uncertain)


def with_weights(case: StoredCase, weights: Mapping[str, float]) -> Counterfactual:
    """With other weights, for the members that are named."""
    return _otherwise(case, case.precedents, {**case.weights, **weights}, [])


def _otherwise(
    case: StoredCase, precedents: Precedents, weights: Mapping[str, float], uncertain: Sequence[str]
) -> Counterfactual:
    by_rule = ballots(case.evidence, precedents)
    cast = votes(by_rule, case.opinions, weights, case.shares)
    ruling = case.ruled(cast)
    possible = {ruling.verdict}
    for member in (name for name in uncertain if name in MEMBERS):
        possible |= {
            case.ruled(votes(by_rule, said, weights, case.shares)).verdict for said in _other_answers(case, member)
        }
    if "risk assessment" in uncertain and precedents.assessed is not None:
        for level in ("low", "high"):
            said = replace(precedents, assessed={**precedents.assessed, "level": level, "confidence": 1.0})
            other = votes(ballots(case.evidence, said), case.opinions, weights, case.shares)
            possible.add(case.ruled(other).verdict)
    return Counterfactual(ruling, cast, uncertain, sorted(possible))


def _other_answers(case: StoredCase, member: str) -> Iterator[dict[str, Opinion | Absent]]:
    """The extremes of what the same model could say in a member's place."""
    said = case.opinions[member]
    if isinstance(said, Opinion):
        for score, veto in product((0.0, 1.0), (None, "It might.")):
            yield {**case.opinions, member: replace(said, score=score, confidence=1.0, risks=[], veto=veto)}


def _as_stored(case: StoredCase) -> list[Vote]:
    return [
        Vote(
            member=row.member,
            weight=row.weight,
            score=row.score,
            by_rule=row.by_rule,
            confidence=row.confidence,
            facts=row.facts,
            risks=row.risks,
            absent=row.absent,
            opinion=_opinion(row) if row.opinion is not None else None,
        )
        for row in case.votes
    ]


def _opinion(row: CommitteeScore) -> Opinion:
    raw = row.opinion or {}
    said: Mapping[str, Any] = raw["said"] if "said" in raw else json.loads(raw["text"])
    return Opinion(
        score=float(said["score"]),
        confidence=float(said["confidence"]),
        risks=list(said["risks"]),
        veto=said["veto"] or None,
        prompt_version=row.prompt_version or "",
        raw=raw,
    )


def _against_turn(case: StoredCase, by_rule: Mapping[str, Ballot | Absent]) -> list[str]:
    """Whether those were asked whose turn it was, and their opinions are there; nothing before members took turns."""
    asked: AskedMembers | None = case.decision.rules.get("asked")
    if asked is None:
        return []
    missing, given = asked["missing"], case.opinions.keys()
    said = [f"an opinion of the {name} is stored, who was not asked" for name in given if name not in missing]
    said += [
        f"the opinion of the {name} is missing" for name, why in missing.items() if why is None and name not in given
    ]
    if asked["in_turn"] and missing:
        measured = [name for name, ballot in by_rule.items() if isinstance(ballot, Ballot)]
        whose, stored = ("".join(names) for names in (asked_about(asked["change"], measured), missing))
        if whose != stored:
            said.append(f"it was the {whose}'s turn to be asked, stored is the {stored}'s")
    return said


def _against_votes(case: StoredCase, again: Sequence[Vote]) -> list[str]:
    stored, said = {row.member: row for row in case.votes}, []
    for vote in again:
        row = stored.pop(vote.member, None)
        if row is None:
            said.append(f"no vote of the {vote.member} is stored")
            continue
        for name in _COMPARED:
            kept, now = getattr(row, name), getattr(vote, name)
            if kept != now:
                said.append(f"the {vote.member}'s {name} is {_short(now)}, stored is {_short(kept)}")
    return [*said, *(f"the vote of the {name} is nobody's" for name in stored)]


def _against_ruling(case: StoredCase, ruling: ReasonedVerdict) -> list[str]:
    """What the committee found, before a person's standing word or the parting of the proposal changed its effect."""
    kept = case.decision
    found = kept.rules.get("ruled", {"verdict": kept.verdict, "reasons": kept.reasons})
    pairs = (
        ("verdict", ruling.verdict.value, found["verdict"]),
        ("reasons", ruling.reasons, found["reasons"]),
        ("score", ruling.score, kept.score),
        ("confidence", ruling.confidence, kept.confidence),
    )
    return [f"the {name} is {_short(now)}, stored is {_short(was)}" for name, now, was in pairs if now != was]


def _short(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:119]}…"
