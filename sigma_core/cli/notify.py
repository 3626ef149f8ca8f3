"""`sigma notify`: what people are told of by mail and webhook."""

from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from sigma_core.runtime.notices.service import Notices

app = typer.Typer(no_args_is_help=True, help="What people are told of by mail and webhook.")

Kind = Annotated[str, typer.Argument(metavar="KIND", help="As `sigma notify list` names it.")]


@app.command("list")
def list_notices(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many deliveries are shown.")] = 20,
) -> None:
    """Channels, kinds, and the newest deliveries."""
    _show(system().runtime.notices, limit)


@app.command()
def test() -> None:
    """Have the scheduler tell of a test over every channel."""
    notice = system().runtime.notices.send_test(actor=actor())
    emit(notice.model_dump(), ["The scheduler sends it within seconds; see: sigma notify list"])


@app.command()
def on(kind: Kind) -> None:
    """Tell of a kind again, from now on."""
    _switch(kind, on=True)


@app.command()
def off(kind: Kind) -> None:
    """Tell of a kind no more; what happens meanwhile is never told."""
    _switch(kind, on=False)


@app.command()
def again(delivery: Annotated[int, typer.Argument(metavar="DELIVERY", help="Number of one that is dead.")]) -> None:
    """Try a delivery again that was given up."""
    notices = system().runtime.notices
    notices.retry(delivery, actor=actor())
    _show(notices, 20)


def _switch(kind: str, *, on: bool) -> None:
    from sigma_core.runtime.notices.tables import NoticeKind

    notices = system().runtime.notices
    if kind not in list(NoticeKind):
        raise Invalid({"kind": f"one of {', '.join(notices.switches())}"})
    notices.switch(NoticeKind(kind), on=on, actor=actor())
    _show(notices, 20)


def _show(notices: "Notices", limit: int) -> None:
    rows, switches = notices.deliveries(limit), notices.switches()
    document = {
        "channels": list(notices.channels),
        "kinds": {str(kind): is_on for kind, is_on in switches.items()},
        "deliveries": [{**notice.model_dump(), **delivery.model_dump()} for delivery, notice in rows],
    }
    told = [
        (row.delivery.id, moment(row.notice.created_at), row.delivery.channel, row.delivery.state, row.notice.title)
        for row in rows
    ]
    lines = [
        f"channels  {', '.join(notices.channels) or 'none: set SIGMA_SMTP_URL or SIGMA_WEBHOOK_URL'}",
        f"kinds     {', '.join(f'{kind} {_on(is_on)}' for kind, is_on in switches.items())}",
        "",
        *table(("delivery", "when", "by", "state", "what"), told),
    ]
    emit(document, lines)


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"
