"""`sigma committee`: how votes count, who changed that, and how to take it back."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from sigma_core.proposals.calibration.tables import CommitteeCalibration

app = typer.Typer(no_args_is_help=True, help="How the committee's votes count, and what outcomes made of that.")

Reason = Annotated[str, typer.Option(help="Why; always needed.")]


@app.command("show")
def show() -> None:
    """Weights in force, a model's part in votes, and what scores have stood for."""
    from sigma_core.proposals.committee import DEFAULT_WEIGHTS

    changelog = system().proposals.calibration
    now, rows = changelog.current(), changelog.changes(1)
    newest = rows[0] if rows else None
    configured = newest.configured if newest else DEFAULT_WEIGHTS
    document = {
        **now.rules(),
        "configured": dict(configured),
        "frozen": newest.frozen if newest else False,
        "outcomes": newest.n if newest else 0,
        "scores": newest.scores if newest else {},
    }
    scored = newest.scores.get("members", {}) if newest else {}
    rows_shown = [
        (name, f"{weight:.1%}", f"{configured[name]:.1%}", *_figures(scored.get(name)))
        for name, weight in now.weights.items()
    ]
    lines = [*table(("member", "weight", "configured", "Brier", "skill", "n"), rows_shown)]
    curve = now.recalibration
    if curve.kind != "identity":
        said = ", ".join(f"{score:.1f} for {curve.of(score):.2f}" for score in (0.5, 0.6, 0.7, 0.8, 0.9))
        lines.append(f"By {curve.n} outcomes ({curve.kind}) scores have stood for: {said}.")
    lines += [
        f"{member}: {model} has {share:.0%} of the vote"
        for member, each in now.shares.items()
        for model, share in each.items()
    ]
    if newest is None:
        lines.append("As configured: too few outcomes are known to learn from.")
    elif newest.frozen:
        lines.append(f"Frozen by {newest.actor}: {newest.why} Let learning go on: sigma committee release --reason R")
    emit({"committee": document}, lines)


@app.command("log")
def log(limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50) -> None:
    """Changes of how votes count, the newest first."""
    rows = system().proposals.calibration.changes(limit)
    lines = [line for row in rows for line in _lines(row)]
    document = {"changes": [row.model_dump(mode="json") for row in rows]}
    emit(document, lines or ["Never changed: the committee votes as configured."])


@app.command("set")
def set_weights(
    weights: Annotated[str, typer.Argument(metavar="MEMBER=W,…", help="Those not named keep theirs; all add up to 1.")],
    reason: Reason,
) -> None:
    """Put other weights in force; learning starts from them."""
    _emit(system().proposals.calibration.set_weights(read_weights(weights), actor=actor(), why=reason))


@app.command("undo")
def undo(
    reason: Reason,
    change: Annotated[str | None, typer.Argument(metavar="[ID]", help="The newest, if left out.")] = None,
) -> None:
    """Take back a change and all after it; learning waits until it is released."""
    _emit(system().proposals.calibration.undo(change, actor=actor(), why=reason))


@app.command("freeze")
def freeze(reason: Reason) -> None:
    """Leave all as it is, whatever outcomes say."""
    _emit(system().proposals.calibration.freeze(actor=actor(), why=reason))


@app.command("release")
def release(reason: Reason) -> None:
    """Let learning go on."""
    _emit(system().proposals.calibration.release(actor=actor(), why=reason))


def read_weights(text: str) -> dict[str, float]:
    """From MEMBER=W,MEMBER=W. Raises `Invalid`."""
    found = {}
    for each in text.split(","):
        name, _, weight = each.partition("=")
        try:
            found[name.strip()] = float(weight)
        except ValueError:
            raise Invalid({"weights": f"{each[:60]!r} is not MEMBER=WEIGHT, like tester=0.4"}) from None
    return found


def _emit(row: "CommitteeCalibration") -> None:
    emit({"change": row.model_dump(mode="json")}, [*_lines(row)])


def _lines(row: "CommitteeCalibration") -> Iterator[str]:
    yield f"{row.id}  {moment(row.created_at)}  {row.kind} by {row.actor}: {row.why}"
    moved = [
        f"{name} {before:.1%} → {row.weights[name]:.1%}"
        for name, before in row.weights_before.items()
        if f"{before:.1%}" != f"{row.weights[name]:.1%}"
    ]
    if moved:
        yield f"    {', '.join(moved)}"


def _figures(scored: Mapping[str, Any] | None) -> tuple[str, str, str]:
    return (f"{scored['brier']:.3f}", f"{scored['skill']:+.2f}", str(scored["n"])) if scored else ("–", "–", "0")
