"""The graph for other programs: lines to import again, GraphML, tables. Written as it is read, page by page."""

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sigma_core.graph.adapter import KnowledgeGraph
from sigma_core.graph.dialect import Record
from sigma_core.graph.export_format import ExportFormat, ExportTable
from sigma_core.graph.graph_rows import project_id

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 may hold, not even escaped."""
_NODE = {"name": "string", "kinds": "string", "summary": "string", "project": "string", "created_at": "string"}
_EDGE = {
    **dict.fromkeys(("predicate", "fact", "project", "valid_at", "invalid_at"), "string"),
    "certainty": "double",
    "evidence_count": "int",
    "attributes": "string",
}
_ENTITY_COLUMNS = ("id", *_NODE)
_FACT_COLUMNS = ("id", "source", "subject", "target", "object", *_EDGE)


@dataclass(frozen=True)
class GraphExport:
    """The graph of some groups, or all of it. Nothing is kept: what is read is written before more is read."""

    graph: KnowledgeGraph
    project_names: Mapping[int | None, str]
    groups: Collection[str] | None = None
    """Of all where there are none named."""

    def written(self, form: ExportFormat, table: ExportTable = ExportTable.FACTS) -> Iterator[str]:
        """Pieces of the file, in their order. Raises `Unavailable`."""
        if form is ExportFormat.GRAPHML:
            return self._graphml()
        if form is ExportFormat.CSV:
            return self._table(table)
        return (f"{json.dumps(each, ensure_ascii=False)}\n" for each in self.documents())

    def documents(self) -> Iterator[dict[str, Any]]:
        """Facts and texts, as `sigma graph import` reads them."""
        for edge in self._read("edges"):
            yield _present(
                subject=edge["subject"],
                predicate=edge["name"],
                object=edge["object"],
                fact=edge["fact"],
                valid_at=_iso(edge["valid_at"]),
                invalid_at=_iso(edge["invalid_at"]),
                project=self._project(edge),
            )
        for episode in self._read("episodes"):
            if not episode["entity_edges"]:
                at, project = _iso(episode["valid_at"]), self._project(episode)
                yield _present(text=episode["content"], at=at, project=project)

    def _graphml(self) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        for of, names in (("node", _NODE), ("edge", _EDGE)):
            for name, kind in names.items():
                yield f'<key id="{of}_{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>\n'
        yield '<graph id="sigma" edgedefault="directed">\n'
        for record in self._read("entities"):
            yield f"<node id={_quoted(record['uuid'])}>{_data('node', self._entity(record))}</node>\n"
        for record in self._read("edges"):
            ends = f"source={_quoted(record['source'])} target={_quoted(record['target'])}"
            yield f"<edge id={_quoted(record['uuid'])} {ends}>{_data('edge', self._fact(record))}</edge>\n"
        yield "</graph>\n</graphml>\n"

    def _table(self, table: ExportTable) -> Iterator[str]:
        if table is ExportTable.ENTITIES:
            yield from _csv(
                _ENTITY_COLUMNS, (self._entity(each) | {"id": each["uuid"]} for each in self._read("entities"))
            )
            return
        rows = (
            self._fact(each)
            | {"id": each["uuid"]}
            | {name: each[name] for name in ("source", "subject", "target", "object")}
            for each in self._read("edges")
        )
        yield from _csv(_FACT_COLUMNS, rows)

    def _read(self, part: str) -> Iterator[Record]:
        groups = self.groups
        return (each for each in self.graph.read(part) if groups is None or each["group_id"] in groups)

    def _project(self, record: Record) -> str | None:
        return self.project_names.get(project_id(record["group_id"]))

    def _entity(self, record: Record) -> dict[str, Any]:
        return _present(
            name=record["name"],
            kinds=" ".join(sorted(record["kinds"] or ())),
            summary=record["summary"] or None,
            project=self._project(record),
            created_at=_iso(record["created_at"]),
        )

    def _fact(self, record: Record) -> dict[str, Any]:
        return _present(
            predicate=record["name"],
            fact=record["fact"],
            project=self._project(record),
            valid_at=_iso(record["valid_at"]),
            invalid_at=_iso(record["invalid_at"]),
            certainty=record["certainty"],
            evidence_count=record["evidence_count"],
            attributes=json.dumps(record["attributes"], ensure_ascii=False, sort_keys=True)
            if record["attributes"]
            else None,
        )


def _data(of: str, values: Mapping[str, Any]) -> str:
    return "".join(f'<data key="{of}_{name}">{_escaped(str(value))}</data>' for name, value in values.items())


def _escaped(text: str) -> str:
    # A reader of XML would make a line's end of a carriage return
    return escape(_NO_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every field in quotes, so that whatever a name holds stays in its field."""
    piece = StringIO()
    writer = csv.DictWriter(piece, list(columns), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    yield piece.getvalue()
    for row in rows:
        piece.seek(0)
        piece.truncate()
        writer.writerow(row)
        yield piece.getvalue()


def _present(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return {name: value for name, value in fields.items() if value is not None}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
