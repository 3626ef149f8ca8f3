"""The graph as a file: what is looked at, made when somebody asks for it."""

from collections.abc import Callable

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import command_line
from sigma_core.graph.adapter import Stats
from sigma_core.graph.export import GraphExport
from sigma_core.graph.export_format import ExportFormat, ExportTable
from sigma_core.graph.graph_rows import group_id

MOST_FACTS = 200_000
"""A browser is handed a file as a whole; larger ones are for the command line."""
FILES = {
    "GraphML": (ExportFormat.GRAPHML, ExportTable.FACTS, "graph.graphml"),
    "CSV of facts": (ExportFormat.CSV, ExportTable.FACTS, "facts.csv"),
    "CSV of entities": (ExportFormat.CSV, ExportTable.ENTITIES, "entities.csv"),
    "JSON lines": (ExportFormat.JSONL, ExportTable.FACTS, "graph.jsonl"),
}


def draw(held: Stats) -> None:
    """A menu of files, of the chosen project or of everything."""
    with st.popover("Export"):
        if held.edges > MOST_FACTS:
            widgets.note(f"{words.count(held.edges)} facts are more than a browser is handed well.")
            widgets.draw(command_line("sigma graph export --format graphml > graph.graphml"))
            return
        for label, (form, table, name) in FILES.items():
            st.download_button(
                label, _made(form, table), file_name=name, key=f"export-{name}", width="stretch", on_click="ignore"
            )


def _made(form: ExportFormat, table: ExportTable) -> Callable[[], bytes]:
    system, project = session.system(), session.project()

    def make() -> bytes:
        names = {each.id: each.name for each in system.projects.service.list()}
        groups = None if project is None else [group_id(project.id)]
        return "".join(GraphExport(system.graph.adapter, names, groups).written(form, table)).encode()

    return make
