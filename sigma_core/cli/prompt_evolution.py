"""`sigma prompt evolve …` and `sigma prompt evolutions …`: better words, found by trying."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, moment, progress, system, table
from sigma_core.cli.prompt_words import Name
from sigma_core.formatting import money

if TYPE_CHECKING:
    from sigma_core.prompts.evolution.tables import PromptEvolution

app = typer.Typer(no_args_is_help=True, help="Searches for better words of a prompt.")


def evolve(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")],
    calls: Annotated[int, typer.Option(help="Model calls that it may make, all told.")] = 150,
    usd: Annotated[str | None, typer.Option(metavar="X", help="Dollars that they may cost at worst, all told.")] = None,
    seed: Annotated[
        int, typer.Option(help="Draws the held-out cases and the search; the same seed, the same split.")
    ] = 0,
    version: Annotated[int | None, typer.Option(help="The words to begin with; production's if left out.")] = None,
    canary: Annotated[
        float | None, typer.Option(help="Give what is found this share of runs at once, where its tests pass.")
    ] = None,
) -> None:
    """Search for better words by a prompt's tests and how its answers ended. What is found is a candidate version."""
    from sigma_core.llm.money import read_usd
    from sigma_core.prompts.evolution.service import EvolutionWish

    prompts = system().prompts
    wish = EvolutionWish(reason, calls, None if usd is None else read_usd("usd", usd), seed, version)
    with progress() as tell:
        done = prompts.evolutions.run(name, wish, actor=actor(), tell=tell)
    if canary is not None and done.made_number is not None:
        why = f"Evolution {done.id}: {reason}"[:2000]
        prompts.canaries.start(
            str(done.template_id),
            done.made_number,
            reason=why,
            actor=actor(),
            share=canary,
            most_share=max(canary, 0.5),
        )
    emit(document(done), [*_lines(done), *_next(name, done, canary)])


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="worker/type, worker/type/name or an id; all if left out.")] = None,
) -> None:
    """Searches so far, the newest first."""
    found = system().prompts.evolutions.list(name)
    rows = [
        (
            each.id,
            moment(each.requested_at),
            each.status,
            f"v{each.base_number}",
            _made(each),
            each.verdict or each.error,
        )
        for each in found
    ]
    lines = table(("id", "asked at", "", "from", "made", ""), rows) if rows else ["No evolution so far."]
    emit({"evolutions": [document(each) for each in found]}, lines)


@app.command("show")
def show(evolution: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """One search: what it was measured on, what it spent, what came of it."""
    found = system().prompts.evolutions.get(evolution)
    emit(document(found), _lines(found))


@app.command("cancel")
def cancel(evolution: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Call one off: at once if it waits, else before its next call."""
    states = system().prompts.evolutions.states
    row = states.cancel(evolution, actor())
    emit(document(row), [f"Evolution {row.id}: {row.status}"])


def document(row: "PromptEvolution") -> dict[str, Any]:
    """One evolution as programs read it."""
    return {
        "evolution_id": row.id,
        "prompt_id": row.template_id,
        "status": row.status,
        "base_version": row.base_number,
        "version": row.made_number,
        "model": row.model,
        "seed": row.seed,
        "most_calls": row.most_calls,
        "most_nano_usd": row.most_nano_usd,
        "reason": row.reason,
        "requested_by": row.requested_by,
        "progress": row.progress,
        "verdict": row.verdict,
        "error": row.error,
        **row.figures,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
    }


def _lines(row: "PromptEvolution") -> list[str]:
    told = [f"Evolution {row.id} of v{row.base_number} with {row.model}: {row.verdict or row.error or row.status}"]
    if cases := row.figures.get("cases"):
        told.append(
            f"  {cases['training']} cases to learn from, {cases['validation']} to choose by, "
            f"{cases['held_out']} held out (seed {row.seed})"
        )
        cost = row.figures["cost_nano_usd"]
        told.append(f"  {row.figures['calls']} of {row.most_calls} calls, {money(cost)}")
    return told


def _made(row: "PromptEvolution") -> str | None:
    return f"v{row.made_number}" if row.made_number else None


def _next(name: str, row: "PromptEvolution", canary: float | None) -> list[str]:
    if row.made_number is None:
        return []
    if canary is not None:
        return [f"  v{row.made_number} is tried on {canary:.0%} of runs: sigma prompt canary status {name}"]
    return [
        f"  v{row.made_number} is a candidate: sigma prompt diff {name} {row.base_number} {row.made_number}, then "
        f"sigma prompt canary start {name} --version {row.made_number} --reason …"
    ]
