"""`sigma project history`: who knows a part of the code, what changes with it, and what its last commits did."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import emit, system, table
from sigma_core.errors import NotFound

if TYPE_CHECKING:
    from sigma_core.codebase.change_views import Associated, TouchingCommit


def history(
    project: Annotated[str, typer.Argument(help="Id or name.")],
    name: Annotated[str, typer.Argument(help="Of a module, file, class or function, or its end: tax.rate, tax.py.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Commits, newest first.")] = 10,
    fixes: Annotated[bool, typer.Option("--fixes", help="Only commits that mend something.")] = False,
) -> None:
    """Who knows a part of the code, what changes with it, and its last commits."""
    sigma = system()
    views = sigma.codebase.change_views
    found = views.find(sigma.projects.service.get(project).id or 0, name)
    if not found:
        raise NotFound("changed code", name)
    entity, others = found[0], found[1:]
    known, together = views.known_by(entity.id), views.changes_with(entity.id)
    likely = views.likely_with(entity.id)
    told = views.last_commits([entity.id], limit=limit, fixes=fixes)
    document = {
        "entity": asdict(entity),
        "others_called_so": [asdict(each) for each in others],
        "known_by": [asdict(each) for each in known],
        "changes_with": [asdict(each) for each in together],
        "likely_with": [asdict(each) for each in likely],
        "commits": [asdict(each) for each in told],
    }
    lines = [f"{entity.kind} {entity.name}" + (f" ({entity.path})" if entity.path else "")]
    lines += _associated(("known by", "share", "commits"), known)
    lines += _associated(("changes with", "likely", "commits"), together)
    lines += ["", *table(("when", "commit", "author", "what"), [_commit(each) for each in told])]
    if others:
        lines += ["", f"Also called so: {', '.join(each.name for each in others)}"]
    emit(document, lines)


def _associated(header: Sequence[str], found: Sequence["Associated"]) -> list[str]:
    rows = [(each.name, f"{each.strength:.0%}", each.support) for each in found]
    return ["", *table(header, rows)] if rows else []


def _commit(told: "TouchingCommit") -> tuple[str, str, str, str]:
    return f"{told.made_at:%Y-%m-%d}", told.commit[:10], told.author, told.subject
