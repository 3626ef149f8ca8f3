"""As what the graph is written for other programs; a module of its own, for the command line names it at its start."""

from enum import StrEnum


class ExportFormat(StrEnum):
    """As what the graph is written."""

    JSONL = "jsonl"
    """Facts and texts, one a line, as `sigma graph import` reads them."""
    GRAPHML = "graphml"
    """Entities and facts for Gephi, yEd, igraph, networkx."""
    CSV = "csv"
    """One table, of facts or of entities."""


class ExportTable(StrEnum):
    """The tables of an export."""

    FACTS = "facts"
    ENTITIES = "entities"
