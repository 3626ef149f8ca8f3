"""`sigma why ID`: what a decision rests on, whether it can be made again, and what would have changed it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.committee import read_weights
from sigma_core.cli.frame import emit, moment, system
from sigma_core.cli.recall import read_moment
from sigma_core.formatting import plural

if TYPE_CHECKING:
    from sigma_core.proposals.committee import Vote
    from sigma_core.proposals.replay import Counterfactual, Replay
    from sigma_core.runtime.why import Trace, UsedItem

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the proposal.")]


def why(
    proposal_id: Id,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Decide once more from what is stored, and compare; exits 1 where it differs."),
    ] = False,
    without: Annotated[
        str | None, typer.Option(metavar="knowledge/ID", help="What would have been decided without it?")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="MEMBER=W,…", help="What would have been decided with these weights?")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="T", help="What would have been decided by what was known then?")
    ] = None,
) -> None:
    """What a decision rests on: evidence, votes, weights, knowledge, prompts, runs, the commit."""
    traces = system().runtime.traces
    trace = traces.of(proposal_id)
    document: dict[str, Any] = {"trace": _trace(trace)}
    lines = [*_lines(trace)]
    sound = not trace.broken
    if replay:
        again = traces.replay(proposal_id)
        document["replay"] = _replay(again)
        lines += _replay_lines(again)
        sound = sound and not again.differences
    asked = {
        "without": traces.without(proposal_id, without) if without is not None else None,
        "weights": traces.with_weights(proposal_id, read_weights(weights)) if weights is not None else None,
        "as_of": traces.as_of(proposal_id, at) if (at := read_moment(as_of)) is not None else None,
    }
    for name, other in asked.items():
        if other is not None:
            document.setdefault("counterfactuals", {})[name] = _counterfactual(other)
            lines.append(_otherwise(name, other, trace.decision.verdict))
    emit(document, lines)
    if not sound:
        raise typer.Exit(1)


def _trace(trace: "Trace") -> dict[str, Any]:
    proposal, decision = trace.proposal, trace.decision
    return {
        "proposal_id": proposal.id,
        "commit": proposal.base_commit,
        "title": proposal.title,
        "fixer": proposal.fixer,
        "rule": proposal.rule,
        "origin": proposal.origin,
        "decision": decision.model_dump(mode="json", exclude={"seal"}),
        "evidence": trace.evidence.model_dump(mode="json"),
        "votes": [row.model_dump(mode="json") for row in trace.votes],
        "weights": decision.rules.get("weights"),
        "shares": decision.rules.get("shares"),
        "recalibration": decision.rules.get("recalibration"),
        "calibration_id": decision.rules.get("calibration_id"),
        "thresholds": decision.rules.get("thresholds"),
        "asked": decision.rules.get("asked"),
        "rule_version": decision.rules.get("version"),
        "reach": (decision.rules.get("precedents") or {}).get("reach"),
        "prompts": [{"name": each.name, "version": each.version} for each in trace.prompts],
        "model_calls": [row.model_dump(mode="json", exclude={"context"}) for row in trace.calls],
        "knowledge": [vars(each) for each in trace.knowledge],
        "runs": [{"run_id": row.id, "worker": row.worker, "status": row.state} for row in trace.runs],
        "later_decisions": [row.model_dump(mode="json", exclude={"seal"}) for row in trace.later],
        "outcomes": [row.model_dump(mode="json") for row in trace.outcomes],
        "sealed": trace.is_sealed,
        "broken": list(trace.broken),
    }


def _lines(trace: "Trace") -> Iterator[str]:
    from sigma_core.proposals.turns import who_was_asked

    proposal, decision = trace.proposal, trace.decision
    yield f"Proposal {proposal.id}: {proposal.title}"
    rule = f", rule {proposal.rule}" if proposal.rule else ""
    yield f"  on {proposal.base_commit[:8]}, by {proposal.fixer} of {proposal.origin}{rule}"
    score = "" if decision.score is None else f", score {decision.score:.2f}"
    limits = decision.rules.get("thresholds", {})
    yield (
        f"  {decision.verdict}{score} (approved from {limits.get('approve_at')}, rejected below "
        f"{limits.get('reject_below')}; rules {decision.rules.get('version')}), {moment(decision.created_at)}"
    )
    yield from (f"    {reason}" for reason in decision.reasons)
    for row in trace.votes:
        said = f"{row.score:.2f} × {row.weight:.0%}" if row.score is not None else f"absent: {row.absent}"
        model = f", asked {row.prompt_version}" if row.prompt_version else ", by rule" if row.score is not None else ""
        yield f"  {row.member:<10} {said}{model}"
        yield from (f"    {risk}" for risk in row.risks[:3])
    if asked := who_was_asked(decision.rules):
        yield f"  asked      {asked}"
    yield from (_item(each) for each in trace.knowledge)
    reach = (decision.rules.get("precedents") or {}).get("reach")
    if reach:
        near = f"{reach['untested']} of all these untested, {plural(reach['tests'], 'test')} near"
        yield f"  code       {reach['dependents']} depend on it, {near}"
    yield from (f"  prompt     {each.name} {each.version}" for each in trace.prompts)
    yield from (f"  run        {row.id} of {row.worker}, {row.state}" for row in trace.runs)
    yield from (f"  then       {row.verdict} by {row.actor}: {'; '.join(row.reasons)}" for row in trace.later)
    yield from (f"  outcome    {row.kind}{f' as {row.branch}' if row.branch else ''}" for row in trace.outcomes)
    yield from (f"  broken     {each}" for each in trace.broken)
    if not trace.is_sealed:
        yield "  Decided by an earlier version of SIGMA, which took no digests: an alteration would not be noticed."


def _item(item: "UsedItem") -> str:
    now = "gone by now" if item.freshness_now is None else f"{item.freshness_now:.2f} now"
    what = f"{item.knowledge_id} ({item.type or '?'}) as {item.role} for {item.worker}"
    return f"  knowledge  {what}, fresh {item.freshness_then:.2f} then, {now}"


def _replay(again: "Replay") -> dict[str, Any]:
    return {
        "same": not again.differences,
        "verdict": again.ruling.verdict,
        "score": again.ruling.score,
        "reasons": again.ruling.reasons,
        "differences": list(again.differences),
    }


def _replay_lines(again: "Replay") -> Iterator[str]:
    if not again.differences:
        yield f"Decided once more: {again.ruling.verdict}, the same to the last bit."
        return
    yield f"Decided once more: {again.ruling.verdict}, otherwise than stored:"
    yield from (f"  {each}" for each in again.differences)


def _counterfactual(other: "Counterfactual") -> dict[str, Any]:
    return {
        "verdict": other.ruling.verdict,
        "score": other.ruling.score,
        "reasons": other.ruling.reasons,
        "votes": {vote.member: _vote(vote) for vote in other.votes},
        "not_computable": list(other.not_computable),
        "possible": list(other.possible),
    }


def _vote(vote: "Vote") -> Mapping[str, float | None]:
    return {"score": vote.score, "weight": vote.weight}


def _otherwise(name: str, other: "Counterfactual", decided: str) -> str:
    question = {"without": "Without it", "weights": "With these weights", "as_of": "By what was known then"}[name]
    score = "" if other.ruling.score is None else f", score {other.ruling.score:.2f}"
    if other.not_computable:
        asked = ", ".join(other.not_computable)
        return f"{question}: {' or '.join(other.possible)}; what the model would say ({asked}) cannot be computed."
    same = "also " if other.ruling.verdict == decided else ""
    return f"{question}: {same}{other.ruling.verdict}{score}."
