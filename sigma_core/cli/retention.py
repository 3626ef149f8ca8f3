"""`sigma retention`: end the lives of knowledge that are over."""

from typing import Annotated

import typer

from sigma_core.cli.frame import actor, emit, system, table
from sigma_core.formatting import plural


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would end.")] = False,
) -> None:
    """Expire short-lived knowledge and archive what is superseded or older than 30 days; the schedule does so daily."""
    done = system().exchange.service.retain(dry_run=dry_run, actor=actor())
    rows = [
        (kind, what, count)
        for what, counts in (("expired", done.expired), ("archived", done.archived))
        for kind, count in counts.items()
    ]
    document = {
        "dry_run": dry_run,
        "ended": done.ended,
        "types": [{"type": kind, "how": what, "items": count} for kind, what, count in rows],
    }
    ends = "would end" if dry_run else "ended"
    emit(document, [*table(("type", "how", "items"), rows), f"{plural(done.ended, 'item')} {ends}; none is deleted."])
