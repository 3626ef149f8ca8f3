"""The why-trace as a graph: what a decision rests on, from where it came from to what became of it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import pairwise

from sigma_core.proposals.tables import CommitteeScore
from sigma_core.runtime.why import Trace, UsedItem
from sigma_core.workers.explanations import Explanation

MOST = 6
"""Nodes of one kind; the rest is one more that counts them."""


class WhyStep(IntEnum):
    """From left to right."""

    ORIGIN = 0
    CONTEXT = 1
    WORK = 2
    FINDINGS = 3
    DECISION = 4
    AFTERWARDS = 5


@dataclass(frozen=True)
class WhyTarget:
    """Where a node leads: a page of the console with its deep link."""

    page: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class WhyNode:
    """One ingredient. `wrong`: what is the matter with it in the store; empty where it is as it was."""

    key: str
    step: WhyStep
    label: str
    said: str
    target: WhyTarget | None = None
    wrong: str = ""


@dataclass(frozen=True)
class WhyEdge:
    """The first counted for the second; `because`: how that hangs together by the graph of knowledge."""

    source: str
    target: str
    because: str = ""


@dataclass(frozen=True)
class WhyGraph:
    """All that a decision rests on, as nodes and the lines between them."""

    nodes: Sequence[WhyNode]
    edges: Sequence[WhyEdge] = field(default_factory=tuple)


def why_graph(trace: Trace, explanations: Sequence[Explanation] = ()) -> WhyGraph:
    """The graph of one trace. What is missing or altered is a node all the same, and says so."""
    nodes = {each.key: each for each in _nodes(trace)}
    for told in trace.broken:
        key, missing = _broken_key(told)
        nodes[key] = replace(nodes.get(key, missing), wrong=told)
    edges = [each for each in _edges(trace, explanations, nodes) if each.source in nodes and each.target in nodes]
    return WhyGraph(list(nodes.values()), list(dict.fromkeys(edges)))


def _nodes(trace: Trace) -> Iterator[WhyNode]:
    yield from _origin(trace)
    yield from _few([_item(each) for each in _items(trace)], WhyStep.CONTEXT, "knowledge")
    yield from _few(
        [
            WhyNode(
                f"prompt/{each.name}",
                WhyStep.CONTEXT,
                f"{each.name.partition('/')[2].replace('_', ' ')} {each.version}",
                f"Prompt {each.name} {each.version}",
                WhyTarget("prompts", {"prompt": each.name}),
            )
            for each in trace.prompts
        ],
        WhyStep.CONTEXT,
        "prompts",
    )
    for run in trace.runs:
        said = f"Run {run.id} of {run.worker}, {run.state}"
        yield WhyNode(f"run/{run.id}", WhyStep.WORK, f"{run.worker} run {run.id}", said, _run_target(run.id))
    if trace.calls:
        models = ", ".join(sorted({each.model for each in trace.calls}))
        said = f"{len(trace.calls)} model calls of the run that decided, answered by {models}"
        yield WhyNode("calls", WhyStep.WORK, f"{len(trace.calls)} calls", said, _run_target(trace.decision.run_id))
    yield from _findings(trace)
    decision = trace.decision
    score = "" if decision.score is None else f" {decision.score:.2f}"
    reasons = "; ".join(decision.reasons)
    yield WhyNode(
        "decision",
        WhyStep.DECISION,
        f"{_words(decision.verdict)}{score}",
        f"Committee: {reasons}",
        _run_target(decision.run_id),
    )
    yield from _afterwards(trace)


def _origin(trace: Trace) -> Iterator[WhyNode]:
    proposal = trace.proposal
    as_of = WhyTarget("graph", {"show": "Modules", "as_of": proposal.base_commit[:12]})
    yield WhyNode("commit", WhyStep.ORIGIN, proposal.base_commit[:8], f"Commit {proposal.base_commit}", as_of)
    said = f"Proposal {proposal.id}: {proposal.title}"
    yield WhyNode("change", WhyStep.ORIGIN, f"change {proposal.id}", said, _proposal_target(proposal.id))
    for number in proposal.issue_ids[:1]:
        more = f" and {len(proposal.issue_ids) - 1} more" if len(proposal.issue_ids) > 1 else ""
        said = f"Issue {number}{more} of {proposal.rule}, in {', '.join(proposal.files[:2])}"
        target = WhyTarget("issues", {"issue": str(number)})
        yield WhyNode("issue", WhyStep.ORIGIN, f"{proposal.rule or 'issue'}", said, target)


def _items(trace: Trace) -> list[UsedItem]:
    """Each item once, in the part that it had first."""
    return list({each.knowledge_id: each for each in reversed(trace.knowledge)}.values())[::-1]


def _item(item: UsedItem) -> WhyNode:
    now = "gone by now" if item.freshness_now is None else f"{item.freshness_now:.2f} now"
    kind = (item.type or "knowledge").replace("_", " ")
    said = f"Knowledge {item.knowledge_id}, a {kind}, {item.role} for {item.worker}; fresh {item.freshness_then:.2f}"
    return WhyNode(
        f"knowledge/{item.knowledge_id}",
        WhyStep.CONTEXT,
        f"{kind} {item.knowledge_id}",
        f"{said} then, {now}",
        WhyTarget("knowledge", {"item": str(item.knowledge_id)}),
        "" if item.type else f"knowledge {item.knowledge_id} is missing",
    )


def _findings(trace: Trace) -> Iterator[WhyNode]:
    evidence, run = trace.evidence, _run_target(trace.decision.run_id)
    said = "Evidence: the tests ran before and after the change" if evidence.tests else "Evidence without a test run"
    yield WhyNode("evidence", WhyStep.FINDINGS, "evidence", said, run)
    for vote in trace.votes:
        yield WhyNode(f"vote/{vote.member}", WhyStep.FINDINGS, _vote_label(vote), _vote_said(vote), run)


def _vote_label(vote: CommitteeScore) -> str:
    return f"{vote.member} {'absent' if vote.score is None else f'{vote.score:.2f}'}"


def _vote_said(vote: CommitteeScore) -> str:
    if vote.score is None:
        return f"The {vote.member} did not vote: {vote.absent}"
    risks = f"; {'; '.join(vote.risks[:2])}" if vote.risks else ""
    veto = f"; vetoes: {vote.veto}" if vote.veto else ""
    how = "with a model's opinion" if vote.opinion else "by rule"
    return f"The {vote.member} scored {vote.score:.2f} {how}, which counts {vote.weight:.0%}{risks}{veto}"


def _afterwards(trace: Trace) -> Iterator[WhyNode]:
    target = _proposal_target(trace.proposal.id)
    for each in trace.later[-MOST:]:
        said = f"{each.actor}: {_words(each.verdict)}; {'; '.join(each.reasons)}"
        yield WhyNode(f"ruling/{each.id}", WhyStep.AFTERWARDS, f"{_words(each.verdict)} by {each.actor}", said, target)
    for outcome in trace.outcomes[-MOST:]:
        where = f" as {outcome.branch}" if outcome.branch else ""
        said = f"{outcome.kind.capitalize()}{where} {(outcome.commit or '')[:8]}".strip()
        yield WhyNode(f"outcome/{outcome.id}", WhyStep.AFTERWARDS, outcome.kind.replace("_", " "), said, target)


def _edges(trace: Trace, explanations: Sequence[Explanation], nodes: Mapping[str, WhyNode]) -> Iterator[WhyEdge]:
    proposal, decision = trace.proposal, trace.decision
    wrote, decided = f"run/{proposal.run_id}", f"run/{decision.run_id}"
    # What nobody's run did, a person handed in or had verified on the spot
    writer = wrote if wrote in nodes else "evidence"
    judge = decided if decided in nodes else "evidence"
    yield from (WhyEdge(each, writer) for each in ("commit", "issue"))
    yield WhyEdge("change", judge)
    because = {each.knowledge_id: each.text for each in explanations}
    for item in _items(trace):
        towards = judge if item.worker == "think" else writer
        yield WhyEdge(f"knowledge/{item.knowledge_id}", towards, because.get(item.knowledge_id, ""))
    written_with = (proposal.prompt_version or "").partition("@")[0]
    for prompt in trace.prompts:
        towards = writer if prompt.name == written_with else "calls" if "calls" in nodes else judge
        yield WhyEdge(f"prompt/{prompt.name}", towards)
    if writer != judge:
        yield WhyEdge(writer, judge)
    yield WhyEdge(judge, "evidence")
    yield WhyEdge(judge, "calls")
    for vote in trace.votes:
        yield WhyEdge(judge, f"vote/{vote.member}")
        if vote.opinion:
            yield WhyEdge("calls", f"vote/{vote.member}")
        yield WhyEdge(f"vote/{vote.member}", "decision")
    yield WhyEdge("evidence", "decision")
    yield WhyEdge("calibration", "decision")
    later = ["decision", *(f"ruling/{each.id}" for each in trace.later[-MOST:])]
    later += [f"outcome/{each.id}" for each in trace.outcomes[-MOST:]]
    yield from (WhyEdge(one, other) for one, other in pairwise(later))


def _broken_key(told: str) -> tuple[str, WhyNode]:
    """The node that a sentence about a broken ingredient is about, and one to stand for it where it is gone."""
    words = told.split()
    if words[0] == "knowledge":
        key, step, label = f"knowledge/{words[1]}", WhyStep.CONTEXT, f"knowledge {words[1]}"
    elif told.startswith("the prompt "):
        key, step, label = f"prompt/{words[2]}", WhyStep.CONTEXT, words[2].partition("/")[2]
    elif "'s vote" in told:
        member = words[1].removesuffix("'s")
        key, step, label = f"vote/{member}", WhyStep.FINDINGS, member
    elif "calibration" in told:
        key, step, label = "calibration", WhyStep.FINDINGS, "calibration"
    else:
        key, step, label = words[1], WhyStep.FINDINGS, words[1]
    return key, WhyNode(key, step, label, f"{told[0].upper()}{told[1:]}")


def _few(nodes: Sequence[WhyNode], step: WhyStep, what: str) -> Iterator[WhyNode]:
    yield from nodes[:MOST]
    if len(nodes) > MOST:
        names = ", ".join(each.label for each in nodes[MOST : MOST + 20])
        yield WhyNode(f"more/{what}", step, f"{len(nodes) - MOST} more", f"Also {what}: {names}")


def _run_target(run_id: int | None) -> WhyTarget | None:
    return WhyTarget("runs", {"run": str(run_id)}) if run_id else None


def _proposal_target(proposal_id: int | None) -> WhyTarget:
    return WhyTarget("proposals", {"proposal": str(proposal_id)})


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")
