"""`sigma exchange list|show|conflicts`: what is known, what contradicts, what has ended."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.cli.pages import Offset, rest
from sigma_core.errors import Invalid
from sigma_core.identity import row_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_core.exchange.disputes import ConflictSide, Dispute
    from sigma_core.exchange.dossiers import Dossier
    from sigma_core.exchange.items import Item


def register(exchange: typer.Typer) -> None:
    """Add these commands to `sigma exchange`."""
    exchange.command("list")(list_)
    for command in (show, conflicts):
        exchange.command()(command)


def list_(
    type: Annotated[str | None, typer.Option(help="Only this type.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Items whose life is over.")] = False,
    freshest: Annotated[
        bool, typer.Option("--freshest", help="The freshest that stand, instead of the newest.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    offset: Offset = 0,
) -> None:
    """Knowledge, what was said last first; with --archived the archive."""
    if archived and freshest:
        raise Invalid({"freshest": "cannot be asked of the archive"})
    sigma = system()
    if type is not None:
        sigma.exchange.service.registry[type]
    types = [type] if type is not None else []
    find = (
        sigma.exchange.console.archived
        if archived
        else sigma.exchange.console.freshest
        if freshest
        else sigma.exchange.console.newest
    )
    items = find(offset + limit, types)[offset:]
    rows = [
        (
            one.id,
            one.type,
            one.source,
            f"{one.freshness:.2f}",
            one.evidence_count,
            moment(one.refreshed_at),
            _fields_line(one),
        )
        for one in items
    ]
    header = ("id", "type", "source", "freshness", "evidence", "last said", "payload")
    lines = table(header, rows) if rows else ["No knowledge."]
    more = [] if len(items) < limit else [f"More, if there are: --offset {offset + limit}"]
    emit({"items": [vars(one) for one in items]}, [*lines, *more])


def show(item: Annotated[str, typer.Argument(help="Id of a message.")]) -> None:
    """One item: payload, deliveries, verdicts, contradictions; archived ones too."""
    found = system().exchange.console.dossier(row_id("message", item))
    document = vars(found) | {
        "item": vars(found.item),
        "copies": [vars(one) for one in found.copies],
        "judgements": [vars(one) for one in found.judgements],
        "disputes": [_dispute(one) for one in found.disputes],
    }
    emit(document, _shown(found))


def conflicts(
    overturn: Annotated[str | None, typer.Option(help="Id of a decided conflict: let the one that lost stand.")] = None,
    decide: Annotated[str | None, typer.Option(help="Id of a conflict: let --winner stand.")] = None,
    winner: Annotated[str | None, typer.Option(help="The message that is to stand.")] = None,
    reason: Annotated[str, typer.Option(help="Why; needed to decide and to overturn.")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only those that wait for a person.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    offset: Offset = 0,
) -> None:
    """Contradictions and how they were resolved; --decide ID --winner M or --overturn ID, with --reason R."""
    sigma = system()
    if overturn is not None or decide is not None:
        _settle(overturn, decide, winner, reason)
        return
    entries = sigma.exchange.service.conflicts(open_only=open_only, limit=limit, offset=offset)
    disputes = sigma.exchange.console.disputes(limit, offset, open_only=open_only)
    waiting, ruled = sigma.exchange.console.count_disputes()
    total = waiting if open_only else waiting + ruled
    rows = [
        (
            one.id,
            one.type,
            _side(one, one.standing),
            _side(one, one.challenger),
            one.winner_id or "open",
            one.strategy,
            one.decided_by,
        )
        for one in disputes
    ]
    header = ("id", "type", "standing", "challenger", "stands", "strategy", "decided by")
    lines = table(header, rows) if rows else ["No conflicts."]
    document = {"conflicts": [one.model_dump() for one in entries], "total": total}
    emit(document, [*lines, *rest(len(rows), offset, total)])


def _settle(overturn: str | None, decide: str | None, winner: str | None, reason: str) -> None:
    if overturn is not None and decide is not None:
        raise Invalid({"decide": "give this or --overturn"})
    if decide is not None and winner is None:
        raise Invalid({"winner": "name the message that is to stand"})
    entry = system().exchange.service.settle(
        row_id("conflict", overturn or decide or ""),
        actor=actor(),
        reason=reason,
        winner_id=row_id("message", winner) if winner is not None else None,
    )
    emit({"conflict": entry.model_dump()}, [f"Message {entry.winner_id} stands."])


def _shown(found: "Dossier") -> "Iterator[str]":
    item = found.item
    state = "archived" if item.archived_at else "contradicted" if item.contradicted else "stands"
    yield f"{item.id} {item.type}, {state}, freshness {item.freshness:.2f}, said {item.evidence_count}×"
    yield f"from {item.source} to {', '.join(item.target) or 'nobody'}, {moment(item.created_at)}"
    yield from (f"  {name}: {value}" for name, value in item.data.items())
    for copy in found.copies:
        yield f"{copy.recipient}: {copy.state}, attempts {copy.attempts}{f', {copy.error}' if copy.error else ''}"
    for entry in found.judgements:
        score = "" if entry.score is None else f" {entry.score:.2f}"
        yield f"{entry.validator}: {entry.verdict or ('valid' if entry.valid else 'refused')}{score} {entry.feedback}"
    for one in found.disputes:
        yield f"conflict {one.id}: {_side(one, one.standing)} or {_side(one, one.challenger)}"


def _dispute(one: "Dispute") -> dict[str, Any]:
    sides = {
        name: {"message_id": claim.item.id, "weight": claim.weight}
        for name, claim in (("standing", one.standing), ("challenger", one.challenger))
    }
    return {name: value for name, value in vars(one).items() if name != "kind"} | sides


def _side(one: "Dispute", claim: "ConflictSide") -> str:
    said = ", ".join(str(claim.item.data.get(name)) for name in one.kind.claim) if one.kind else "?"
    return f"{claim.item.id} {said} ({claim.weight:.2f})"


def _fields_line(item: "Item") -> str:
    return ", ".join(f"{name} {value}" for name, value in item.data.items())
