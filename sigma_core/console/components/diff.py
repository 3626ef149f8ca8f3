"""A change, side by side or in one column, words marked, code coloured."""

import itertools
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence

from sigma_core.console.components.diff_lines import DiffLine, Row, rows
from sigma_core.console.components.signs import tick
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.proposals.diff import DiffRefused, FileChange, Hunk, parse

MOST_ROWS = 3_000
"""Rows drawn of one change; the patch holds the rest."""

_TOKEN = re.compile(
    r"(?P<comment>#.*$)|(?P<string>[rbfu]{0,2}(?:\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?))"
    r"|(?P<number>\b\d[\w.]*)|(?P<name>[^\W\d]\w*)",
    re.IGNORECASE,
)
_KEYWORDS = frozenset(keyword.kwlist)


def diff_view(diff: str, *, split: bool) -> Html:
    """The whole change, one block a file. A diff that cannot be read is shown as the text it is."""
    try:
        changes = parse(diff)
    except DiffRefused as error:
        note = div(tick("warn"), span(f"{error} Shown as text.", cls="sg-muted"), cls="sg-voice")
        return join(note, element("pre", diff, cls="sg-raw"))
    return div(*_files(changes, split=split), cls="sg-diff")


def _files(changes: Sequence[FileChange], *, split: bool) -> Iterator[Html]:
    left = MOST_ROWS
    for number, change in enumerate(changes, start=1):
        drawn: list[Html] = []
        for gap, hunk in _gaps(change):
            shown = list(itertools.islice(rows(hunk), left))
            left -= len(shown)
            code = change.path.endswith((".py", ".pyi"))
            drawn += [gap, *(_split(shown, code=code) if split else _unified(shown, code=code))]
        body = "sg-diff-split" if split else "sg-diff-unified"
        yield div(_file_head(change, number, len(changes)), div(*drawn, cls=body), cls="sg-diff-file")
    if left <= 0:
        yield div(f"Only the first {MOST_ROWS} rows are shown; the patch holds all.", cls="sg-diff-gap")


def _file_head(change: FileChange, number: int, total: int) -> Html:
    name = change.path if change.kind != "rename" else f"{change.old_path} → {change.path}"
    kind = {"add": " new file", "delete": " deleted", "rename": " renamed"}.get(change.kind, "")
    return div(
        span(
            element("b", name),
            span(f"+{change.added}", cls="sg-plus"),
            span(f"-{change.removed}", cls="sg-minus"),
            span(kind, cls="sg-muted") if kind else None,
        ),
        span(f"{number} of {total} file{'s' if total > 1 else ''}", cls="sg-muted sg-sans"),
        cls="sg-diff-head",
    )


def _gaps(change: FileChange) -> Iterator[tuple[Html, Hunk]]:
    end = 0
    for hunk in change.hunks:
        hidden = max(hunk.start - 1 - end, 0)
        end = hunk.start - 1 + len(hunk.old)
        label = f"{hidden} unchanged line{'s' if hidden != 1 else ''}"
        yield (div(label, cls="sg-diff-gap") if hidden else join()), hunk


def _split(drawn: Iterable[Row], *, code: bool) -> Iterator[Html]:
    for old, new in drawn:
        yield join(_side(old, "sg-before", code=code), _side(new, "sg-after", code=code))


def _unified(drawn: Iterable[Row], *, code: bool) -> Iterator[Html]:
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for old, new in drawn:
        if old is not None and new is not None and old.mark == " ":
            yield from (_one(line, code=code) for line in [*removed, *added])
            removed, added = [], []
            yield _one(new, code=code, old=old.number)
        else:
            removed += [old] if old else []
            added += [new] if new else []
    yield from (_one(line, code=code) for line in [*removed, *added])


_KINDS = {" ": "", "+": " sg-ins", "-": " sg-del"}


def _side(line: DiffLine | None, side: str, *, code: bool) -> Html:
    if line is None:
        return div(cls=f"sg-void {side}")
    kind = _KINDS[line.mark]
    return div(
        span(line.number, cls="sg-ln"),
        span(line.mark, cls="sg-mark"),
        element("code", *_pieces(line, code=code)),
        cls=f"sg-line {side}{kind}",
    )


def _one(line: DiffLine, *, code: bool, old: int | None = None) -> Html:
    before = old if line.mark == " " else line.number if line.mark == "-" else ""
    after = "" if line.mark == "-" else line.number
    return div(
        span(before, cls="sg-ln"),
        span(after, cls="sg-ln"),
        span(line.mark, cls="sg-mark"),
        element("code", *_pieces(line, code=code)),
        cls=f"sg-line sg-line-one{_KINDS[line.mark]}",
    )


def _pieces(line: DiffLine, *, code: bool) -> Iterator[Html]:
    """The line cut wherever colour or mark begins or ends."""
    coloured = list(_colours(line.text)) if code else []
    cuts = sorted({0, len(line.text), *itertools.chain(*line.changed), *(p for a, b, _ in coloured for p in (a, b))})
    for start, end in itertools.pairwise(cuts):
        colour = next((name for a, b, name in coloured if a <= start < b), "")
        marked = any(a <= start < b for a, b in line.changed)
        yield element("mark" if marked else "span", line.text[start:end], cls=f"sg-{colour}" if colour else "")


def _colours(code: str) -> Iterator[tuple[int, int, str]]:
    for token in _TOKEN.finditer(code):
        kind = token.lastgroup or ""
        if kind == "name":
            if token[0] in _KEYWORDS:
                kind = "keyword"
            elif code[token.end() : token.end() + 1] == "(":
                kind = "function"
            else:
                continue
        yield token.start(), token.end(), kind
