"""`sigma prompt canary …`: a share of runs tries a version until outcomes decide."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, system

if TYPE_CHECKING:
    from sigma_core.prompts.canary import CanaryStatus

app = typer.Typer(no_args_is_help=True, help="Try a version on a share of real calls.")

Name = Annotated[str, typer.Argument(help="worker/type, worker/type/name, or an id.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]


@app.command("start")
def start(
    name: Name,
    version: Annotated[int, typer.Option(help="The candidate's number.")],
    reason: Reason,
    share: Annotated[float, typer.Option(help="Of runs at first, over 0 and under 1.")] = 0.1,
    most_share: Annotated[float, typer.Option(help="Up to which it may grow.")] = 0.5,
    outcome: Annotated[str, typer.Option(help="What is compared: success (of calls) or accepted (proposals).")] = (
        "success"
    ),
    most_calls: Annotated[int, typer.Option(help="Given up undecided after so many.")] = 5000,
    override: Annotated[bool, typer.Option("--override", help="Although its tests speak against it.")] = False,
) -> None:
    """Give a version a share of its slot's runs. It is promoted or rolled back by itself."""
    canaries = system().prompts.canaries
    canaries.start(
        name,
        version,
        reason=reason,
        actor=actor(),
        share=share,
        most_share=max(share, most_share),
        outcome=outcome,
        most_calls=most_calls,
        override=override,
    )
    _print_status(canaries.status(name))


@app.command("status")
def status(name: Name) -> None:
    """The slot's canary: counts, evidence, what became of it."""
    canaries = system().prompts.canaries
    canaries.advance()
    _print_status(canaries.status(name))


@app.command("stop")
def stop(name: Name, reason: Reason) -> None:
    """Send all runs to production again."""
    canaries = system().prompts.canaries
    canaries.stop(name, reason=reason, actor=actor())
    _print_status(canaries.status(name))


def _print_status(status: "CanaryStatus | None") -> None:
    if status is None:
        emit({"canary": None}, ["No canary so far."])
        return
    canary = status.canary
    document: dict[str, Any] = {
        "canary_id": canary.id,
        "state": canary.state,
        "share": canary.share,
        "outcome": canary.outcome,
        "baseline": {"version": status.baseline_name, **vars(status.baseline)},
        "candidate": {"version": status.candidate_name, **vars(status.candidate)},
        "log_evidence": round(status.evidence, 4),
        "decides_at": DECIDES_AT,
        "verdict": canary.verdict,
        "reason": canary.reason,
        "started_by": canary.started_by,
        "started_at": canary.started_at,
        "ended_at": canary.ended_at,
    }
    arms = ((status.baseline_name, status.baseline), (status.candidate_name, status.candidate))
    lines = [
        f"Canary {canary.id}: {canary.state.replace('_', ' ')}, {canary.share:.0%} of runs",
        *(f"  {name:<14} {arm.good} of {arm.calls}" for name, arm in arms),
        f"  evidence {status.evidence:.2f}, decided from {DECIDES_AT}",
    ]
    emit({"canary": document}, [*lines, *([f"  {canary.verdict}"] if canary.verdict else [])])


DECIDES_AT = 2.9957
"""ln 20: at most 5 % of equal versions ever get there."""
