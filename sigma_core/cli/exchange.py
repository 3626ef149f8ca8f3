"""`sigma publish`, `sigma receive`, `sigma exchange …`: the knowledge exchange by hand."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, system, table
from sigma_core.errors import NotFound

if TYPE_CHECKING:
    from sigma_core.exchange.message import Message
    from sigma_core.exchange.payload import Payload

app = typer.Typer(no_args_is_help=True, help="What the workers tell each other.")

WorkerArgument = Annotated[str, typer.Argument(help="Whose inbox: analysis, dream, think, learning, recall, dreamer.")]


def register(root: typer.Typer) -> None:
    """Add these commands to the `sigma` command."""
    root.command()(publish)
    root.command()(receive)
    root.add_typer(app, name="exchange")


def publish(
    type: Annotated[str, typer.Argument(help="A type of knowledge; `sigma exchange types` lists them.")],
    source: Annotated[str, typer.Option(help="A worker, operator or integrator.")],
    payload: Annotated[str, typer.Option(help="The payload, a JSON object.")],
    urgency: Annotated[str, typer.Option(help="low, normal or high.")] = "normal",
    to: Annotated[
        str | None, typer.Option(help="Workers, separated by commas; its usual recipients if left out.")
    ] = None,
    project: Annotated[str | None, typer.Option(help="Id or name of the project it is about.")] = None,
) -> None:
    """Publish a message."""
    sigma = system()
    published = sigma.exchange.publish(
        source,
        type,
        _json(payload),
        urgency=urgency,
        targets=None if to is None else [name.strip() for name in to.split(",") if name.strip()],
        project_id=sigma.projects.get(project).id if project else None,
    )
    document = {
        "message_id": published.message_id,
        "recipients": list(published.recipients),
        "duplicate": published.duplicate,
    }
    known = "known already, confirmed" if published.duplicate else "published"
    emit(document, [f"Message {published.message_id} {known}; to {', '.join(published.recipients) or 'nobody'}."])


def receive(
    worker: WorkerArgument,
    limit: Annotated[int, typer.Option(help="At most this many, 1 to 1000.")] = 10,
    ack: Annotated[bool, typer.Option("--ack", help="Acknowledge them: they will not come again.")] = False,
) -> None:
    """Receive a worker's messages; without --ack they come back when the lease ends."""
    exchange = system().exchange
    messages = exchange.receive(worker, limit)
    # printed first: a message that nobody saw must not count as done
    rows = [(one.message_id, one.urgency, one.source, one.type, one.payload.model_dump_json()) for one in messages]
    lines = table(("id", "urgency", "source", "type", "payload"), rows) if rows else ["Nothing to receive."]
    emit({"messages": [_message(one) for one in messages]}, lines)
    if ack and messages:
        exchange.acknowledge(worker, messages)


@app.command("types")
def types() -> None:
    """The types of knowledge, and who is interested in each."""
    kinds = system().exchange.types()
    rows = [
        (one.name, ", ".join(one.recipients), one.propagation, one.persistence, _span(one.decay_s)) for one in kinds
    ]
    emit(
        {"types": [_type(one) for one in kinds]},
        table(("type", "workers", "propagation", "persistence", "decay time"), rows),
    )


@app.command("stats")
def stats(
    worker: Annotated[str | None, typer.Argument(help="One worker or outside source; all workers if left out.")] = None,
) -> None:
    """Figures per worker: published, received, waiting, lag, freshness, dead letters."""
    figures = system().exchange.stats(worker)
    columns = ("worker", "published", "received", "acknowledged", "ready", "leased", "dead", "lag_s", "mean_freshness")
    rows = [[_short(getattr(one, column)) for column in columns] for one in figures]
    emit({"workers": [vars(one) for one in figures]}, table(columns, rows))


@app.command("dead")
def dead(
    worker: Annotated[str | None, typer.Argument(help="One worker's; all if left out.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """Messages that were given up, and why."""
    letters = system().exchange.dead(worker, limit)
    rows = [(one.delivery_id, one.recipient, one.type, one.attempts, one.error) for one in letters]
    empty = ["No dead letters."]
    emit(
        {"dead": [vars(one) for one in letters]},
        table(("delivery", "recipient", "type", "attempts", "error"), rows) if rows else empty,
    )


@app.command("replay")
def replay(delivery: Annotated[str, typer.Argument(help="Id of a dead delivery.")]) -> None:
    """Put a dead message back into its inbox."""
    system().exchange.replay(_id(delivery, "delivery"), actor=actor())
    emit({"delivery_id": int(delivery), "replayed": True}, [f"Delivery {delivery} is back in its inbox."])


@app.command("conflicts")
def conflicts(
    overturn: Annotated[str | None, typer.Option(help="Id of a conflict to decide otherwise.")] = None,
    winner: Annotated[str | None, typer.Option(help="The message that is to stand; else the one that lost.")] = None,
    reason: Annotated[str, typer.Option(help="Why; needed to overturn.")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only those that wait for a person.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """Contradictions and how they were resolved; --overturn ID --reason R decides one otherwise."""
    exchange = system().exchange
    if overturn is not None:
        entry = exchange.settle(
            _id(overturn, "conflict"),
            actor=actor(),
            reason=reason,
            winner_id=_id(winner, "message") if winner is not None else None,
        )
        emit({"conflict": entry.model_dump()}, [f"Message {entry.winner_id} stands."])
        return
    entries = exchange.conflicts(open_only=open_only, limit=limit)
    rows = [
        (one.id, one.type, one.standing_id, one.challenger_id, one.winner_id, one.strategy, one.decided_by)
        for one in entries
    ]
    header = ("id", "type", "standing", "challenger", "winner", "strategy", "decided by")
    emit({"conflicts": [one.model_dump() for one in entries]}, table(header, rows) if rows else ["No conflicts."])


def _json(text: str) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON, or the text itself: refusing it, and noting the refusal, is the exchange's."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _id(text: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound(what, text)
    return int(text)


def _message(one: "Message") -> dict[str, Any]:
    return one._asdict() | {"payload": one.payload.model_dump()}


def _type(one: "type[Payload]") -> dict[str, Any]:
    return {
        "type": one.name,
        "title": (one.__doc__ or "").strip().splitlines()[0],
        "workers": list(one.recipients),
        "propagation": one.propagation,
        "persistence": one.persistence,
        "validation": "required" if one.validation_required else "optional",
        "decay_s": one.decay_s,
        "conflicts": one.conflict,
        "payload": one.model_json_schema(),
    }


def _span(seconds: float) -> str:
    return f"{seconds / 86400:g} d" if seconds >= 86400 else f"{seconds / 3600:g} h"


def _short(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, float) else value
