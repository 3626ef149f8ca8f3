"""`sigma graph …`: the knowledge graph by hand."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, progress, system, wants_json
from sigma_core.cli.terminal import say_json, write_text
from sigma_core.errors import Invalid, NotFound
from sigma_core.formatting import plural
from sigma_core.graph.export_format import ExportFormat, ExportTable

if TYPE_CHECKING:
    from sigma_core.graph.adapter import Stats
    from sigma_core.graph.export import GraphExport
    from sigma_core.graph.imported import Line
    from sigma_core.runtime.system import System

AT_ONCE = 1000
"""Pieces of a file that are written together."""
app = typer.Typer(no_args_is_help=True, help="The knowledge graph: entities, facts and episodes.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSON lines: facts, or texts; - for standard input.")],
) -> None:
    """Take in facts or texts, one a line; returns when the graph holds them and they can be recalled.

    A fact: {"subject", "predicate", "object", "fact", "valid_at"?, "invalid_at"?, "project"?}. A text: {"text", "at"?,
    "source"?, "project"?}.
    """
    sigma = system()
    lines = [(line, _project(sigma, line)) for line in _lines(file)]
    with ThreadPoolExecutor(1) as beside:
        # The graph's server has a core of its own while it writes
        new = sigma.graph.loader.take_in(
            lines, meanwhile=lambda: beside.submit(sigma.recall.search.index.catch_up), actor=actor()
        )
    sigma.recall.search.index.catch_up()
    document = {"imported": new, "known": len(lines) - new, **_counts(sigma.graph.adapter.stats())}
    emit(document, [f"{plural(new, 'line')} imported, {len(lines) - new} known already."])


@app.command("export")
def export(
    form: Annotated[
        ExportFormat, typer.Option("--format", help="jsonl: lines that import reads; graphml; csv.")
    ] = ExportFormat.JSONL,
    table: Annotated[
        ExportTable, typer.Option(help="Of csv: facts, or the entities between them.")
    ] = ExportTable.FACTS,
    project: Annotated[str | None, typer.Option(help="Its id or name; what no project owns is left out.")] = None,
) -> None:
    """Write the graph to standard output: all facts and texts as JSON lines that `import` reads, GraphML, or a table.

    With --json the lines are one document.
    """
    if wants_json() and form is not ExportFormat.JSONL:
        raise Invalid({"format": f"{form} is no JSON; leave --json away"})
    found = _export(system(), project)
    if form is not ExportFormat.JSONL:
        pieces = found.written(form, table)
        while some := "".join(islice(pieces, AT_ONCE)):
            write_text(some)
    elif wants_json():
        emit({"facts": list(found.documents())})
    else:
        for each in found.documents():
            say_json(each)


@app.command("stats")
def stats() -> None:
    """How much the graph holds, and what waits to be written."""
    from sigma_core.graph.updater import figures

    sigma = system()
    held, updates, vectors = sigma.graph.adapter.stats(), figures(sigma.database), sigma.recall.maintenance.figures()
    waiting = updates.pending + updates.leased
    document: dict[str, Any] = {
        **_counts(held),
        "ended": held.ended,
        "waiting": waiting,
        "set_aside": updates.set_aside,
        "lag_s": updates.lag_s,
        "written": updates.written,
        "last_error": updates.last_error,
        "vectors": vectors.made if vectors else None,
        "vectors_waiting": vectors.waiting if vectors else None,
    }
    lines = [_counts_sentence(held), f"{plural(waiting, 'change')} waiting, {updates.set_aside} set aside."]
    if vectors:
        lines.append(f"{plural(vectors.made, 'vector')} by {vectors.model_id}, {vectors.waiting} to be made.")
    if sigma.graph.text_extraction:
        texts = sigma.graph.text_extraction.figures()
        document["texts"] = asdict(texts)
        told = f"{texts.waiting} texts wait for the model, {texts.read} read, {texts.given_up} given up"
        lines.append(f"{told}; {plural(texts.found, 'fact')} found in them.")
    emit(document, lines)


@app.command("rebuild")
def rebuild() -> None:
    """Throw the graph away and build it anew from the database; no model is asked."""
    sigma = system()
    with progress() as show:
        held = sigma.graph.loader.rebuild(show, actor=actor())
    emit({**_counts(held), "checksum": sigma.graph.adapter.checksum()}, [f"Rebuilt: {_counts_sentence(held)}"])


def _lines(file: Path) -> "Iterator[Line]":
    from sigma_core.graph.imported import parse

    for number, text in enumerate(_texts(file), start=1):
        if text.strip():
            yield parse(text, number)


def _texts(file: Path) -> Iterator[str]:
    if str(file) == "-":
        yield from sys.stdin
        return
    try:
        with file.open(encoding="utf-8", errors="surrogateescape") as opened:
            yield from opened
    except OSError as error:
        raise NotFound("file", f"{file} ({error.strerror})") from None


def _project(sigma: "System", line: "Line") -> int | None:
    return None if line.project is None else sigma.projects.service.get(line.project).id


def _export(sigma: "System", project: str | None) -> "GraphExport":
    from sigma_core.graph.export import GraphExport
    from sigma_core.graph.graph_rows import group_id

    names = {each.id: each.name for each in sigma.projects.service.list()}
    groups = None if project is None else [group_id(sigma.projects.service.get(project).id)]
    return GraphExport(sigma.graph.adapter, names, groups)


def _counts(held: "Stats") -> dict[str, int]:
    return {"entities": held.entities, "edges": held.edges, "episodes": held.episodes}


def _counts_sentence(held: "Stats") -> str:
    ended = f" ({held.ended} with an end)" if held.ended else ""
    return f"{held.entities} entities, {held.edges} facts{ended}, {held.episodes} episodes."
