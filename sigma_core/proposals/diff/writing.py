"""From changes to text: the same changes always give the same text."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from sigma_core.edit_script import groups, opcodes
from sigma_core.proposals.diff.change import FileChange, Hunk, split_lines
from sigma_core.proposals.diff.paths import quoted

CONTEXT = 3
"""Unchanged lines shown around a change."""
_NO_NEWLINE = "\\ No newline at end of file\n"


def render(changes: Iterable[FileChange]) -> str:
    """The canonical text: the same changes always give the same text, whatever tool wrote the diff."""
    return "".join(part for change in changes for part in _render_file(change))


def digest(changes: Iterable[FileChange]) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(render(changes).encode()).hexdigest()


def make(path: str, before: str | None, after: str | None) -> str:
    """The diff, in canonical text, that turns `before` into `after`; None: there is no such file."""
    old, new = split_lines(before or ""), split_lines(after or "")
    hunks = []
    for group in groups(opcodes(old, new), CONTEXT):
        lines: list[tuple[Literal[" ", "+", "-"], str]] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [(" ", line) for line in old[i1:i2]]
            else:
                lines += [("-", line) for line in old[i1:i2]] + [("+", line) for line in new[j1:j2]]
        start, new_start = group[0][1], group[0][3]
        spans_old, spans_new = group[-1][2] > start, group[-1][4] > new_start
        hunks.append(Hunk(start + spans_old, new_start + spans_new, tuple(lines)))
    kind: Literal["add", "delete", "modify"] = "add" if before is None else "delete" if after is None else "modify"
    return render([FileChange(path, path, kind, tuple(hunks), "100644" if before is None else None)])


def _render_file(change: FileChange) -> Iterator[str]:
    yield f"diff --git {quoted('a/' + change.old_path)} {quoted('b/' + change.path)}\n"
    if change.kind == "add":
        yield f"new file mode {change.mode or '100644'}\n"
    elif change.kind == "delete":
        yield "deleted file mode 100644\n"
    elif change.kind == "rename":
        yield f"rename from {quoted(change.old_path)}\nrename to {quoted(change.path)}\n"
    if not change.hunks:
        return
    yield "--- /dev/null\n" if change.kind == "add" else f"--- {quoted('a/' + change.old_path)}\n"
    yield "+++ /dev/null\n" if change.kind == "delete" else f"+++ {quoted('b/' + change.path)}\n"
    for hunk in change.hunks:
        yield f"@@ -{_span(hunk.start, hunk.old)} +{_span(hunk.new_start, hunk.new)} @@\n"
        for mark, text in hunk.lines:
            yield mark + (text if text.endswith("\n") else f"{text}\n{_NO_NEWLINE}")


def _span(start: int, lines: Sequence[str]) -> str:
    return str(start) if len(lines) == 1 else f"{start},{len(lines)}"
