"""`sigma publish`, `sigma receive`, `sigma exchange …`: the knowledge exchange by hand."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.cli.pages import Offset, rest
from sigma_core.errors import Invalid
from sigma_core.formatting import duration, interval, plural
from sigma_core.identity import row_id

if TYPE_CHECKING:
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
    published = sigma.exchange.console.publish(
        type,
        _json(payload),
        actor=actor(),
        source=source,
        urgency=urgency,
        targets=None if to is None else [name.strip() for name in to.split(",") if name.strip()],
        project_id=sigma.projects.service.get(project).id if project else None,
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
    sigma = system()
    messages = sigma.exchange.service.receive(worker, limit)
    # printed first: a message that nobody saw must not count as done
    rows = [(one.message_id, one.urgency, one.source, one.type, one.payload.model_dump_json()) for one in messages]
    lines = table(("id", "urgency", "source", "type", "payload"), rows) if rows else ["Nothing to receive."]
    emit({"messages": [one.shown() for one in messages]}, lines)
    if ack and messages:
        sigma.exchange.console.acknowledge(worker, messages, actor=actor())


@app.command("types")
def types() -> None:
    """The types of knowledge, who is interested in each, how long it counts and when two contradict each other."""
    kinds = system().exchange.service.types()
    rows = [
        (
            one.name,
            ", ".join(one.recipients),
            one.propagation,
            one.persistence,
            _required(one),
            interval(one.decay_s),
            _contradiction(one),
        )
        for one in kinds
    ]
    header = ("type", "workers", "propagation", "persistence", "validation", "decay time", "contradict in")
    emit({"types": [_type(one) for one in kinds]}, table(header, rows))


@app.command("stats")
def stats(
    worker: Annotated[str | None, typer.Argument(help="One worker or outside source; all workers if left out.")] = None,
) -> None:
    """Figures per worker: published, received, waiting, lag, validation rate, freshness, dead letters."""
    figures = system().exchange.service.stats(worker)
    header = (
        "worker",
        "published",
        "refused",
        "valid",
        "received",
        "acknowledged",
        "ready",
        "leased",
        "waiting",
        "dead",
        "lag",
        "freshness",
    )
    rows = [
        (
            one.worker,
            one.published,
            one.refused,
            _share(one.validation_rate),
            one.received,
            one.acknowledged,
            one.ready,
            one.leased,
            one.waiting,
            one.dead,
            None if one.lag_s is None else duration(one.lag_s * 1000),
            None if one.mean_freshness is None else f"{one.mean_freshness:.2f}",
        )
        for one in figures
    ]
    emit({"workers": [vars(one) for one in figures]}, table(header, rows))


@app.command("metrics")
def metrics() -> None:
    """The figures of the exchange and of the graph's outbox, as Prometheus reads them."""
    from sigma_core.exchange.metrics import measured, render

    sigma = system()
    text = render(measured(sigma.database, sigma.clock, sigma.exchange.service))
    emit({"metrics": text}, text.splitlines())


@app.command("dead")
def dead(
    worker: Annotated[str | None, typer.Argument(help="One worker's; all if left out.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    offset: Offset = 0,
) -> None:
    """Messages that were given up, and why; newest first."""
    sigma = system()
    letters = sigma.exchange.service.dead(worker, limit, offset)
    total = sigma.exchange.console.count_dead(worker)
    rows = [
        (one.delivery_id, one.message_id, one.recipient, one.type, one.attempts, moment(one.died_at), one.error)
        for one in letters
    ]
    header = ("delivery", "message", "recipient", "type", "attempts", "given up", "error")
    lines = table(header, rows) if rows else ["No dead letters."]
    emit({"dead": [vars(one) for one in letters], "total": total}, [*lines, *rest(len(letters), offset, total)])


@app.command("replay")
def replay(
    delivery: Annotated[str | None, typer.Argument(help="Id of a dead delivery.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead deliveries.")] = False,
    worker: Annotated[str | None, typer.Option(help="With --all: only this worker's.")] = None,
) -> None:
    """Put a dead message back into its inbox, or with --all every one."""
    if every is (delivery is not None) or (worker is not None and not every):
        raise Invalid({"delivery": "give the id of one, or --all, with --worker W for one worker's"})
    sigma = system()
    if delivery is None:
        count = sigma.exchange.console.replay_all(worker, actor=actor())
        emit({"replayed": count}, [f"{plural(count, 'message')} back in {'its' if count == 1 else 'their'} inbox."])
        return
    delivery_id = row_id("delivery", delivery)
    sigma.exchange.service.replay(delivery_id, actor=actor())
    emit({"delivery_id": delivery_id, "replayed": 1}, [f"Delivery {delivery_id} is back in its inbox."])


def _json(text: str) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON, or the text itself: refusing it, and noting the refusal, is the exchange's."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _type(one: "type[Payload]") -> dict[str, Any]:
    return {
        "type": one.name,
        "title": (one.__doc__ or "").strip().splitlines()[0],
        "workers": list(one.recipients),
        "propagation": one.propagation,
        "persistence": one.persistence,
        "validation": _required(one),
        "decay_s": one.decay_s,
        "life_s": one.life_s(),
        "conflicts": one.conflict,
        "subject": list(one.subject),
        "claim": list(one.claim),
        "volatile": list(one.volatile),
        "payload": one.model_json_schema(),
    }


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.0%}"


def _required(one: "type[Payload]") -> str:
    return "required" if one.validation_required else "optional"


def _contradiction(one: "type[Payload]") -> str:
    return f"{', '.join(one.claim)} of one {', '.join(one.subject)}: {one.conflict}" if one.claim else "never"
