"""What every fix of one file gets before it is proposed: its comments are kept, and it is laid out as the file was."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from sigma_core.issues.detectors.layout import layout_options
from sigma_core.issues.detectors.ruff_config import configuration_of
from sigma_core.issues.detectors.ruff_process import formatted
from sigma_core.issues.detectors.ruff_required import for_any_version
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.alignment import closed_up, realigned
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.fixers.leftovers import Leftovers
from sigma_core.proposals.verification.static.modules import Modules

_BOM = "\ufeff"
_SPELLED = re.compile(r"\b0[xob]|\d[_.ej]|\.\d", re.IGNORECASE)
"""Where a number may stand that is not just digits."""
_ONE_IN = 20
"""Of so many lines one may stand otherwise in a file that is formatted all the same."""


@dataclass
class Finisher:
    """Finishes fixes of one commit. `tree` makes, when first asked, the folder that its plain files lie in: the
    project's own settings are read there."""

    tree: Callable[[], Path]
    _passages: dict[str, Sequence[diffs.LineEdit] | None] = field(default_factory=dict, init=False, repr=False)

    def finish(self, fixed: Fixed, path: str, before: str) -> Fixed | None:
        """The fix of the file `path`, which holds `before`; None where the fix would lose a comment, spells a number in
        another way or changes nothing.

        The new text is formatted where the file stood as the project's formatter leaves it. Where only other passages
        did not (another version of the formatter differs in little), its own lines are; elsewhere it is left alone.
        """
        after = _text_of(fixed, before)
        if _loses_comment(before, after) or _respells(before, after):
            return None
        after = self._laid_out(path, before, after)
        return replace(fixed, diff=diffs.make(path, before, after)) if after != before else None

    def complete(self, fixed: Fixed, path: str, before: str) -> Fixed:
        """A finished change as a whole, without what it itself made dead, its imports sorted where they were."""
        after = _text_of(fixed, before)
        text, words = self._leftovers.taken_along(path, before, after)
        lost = _comments(after) - _comments(text)
        if text == after or any("noqa" not in each for each in lost):
            return fixed
        text = self._laid_out(path, before, text)
        return replace(fixed, diff=diffs.make(path, before, text), description="\n".join([fixed.description, *words]))

    def leave_more_together(self, path: str, before: str, changes: Sequence[Sequence[diffs.FileChange]]) -> bool:
        """Whether the changes, made all in the file `path`, leave behind what none of them does by itself."""
        edits = [[edit for each in change if each.path == path for edit in each.edits()] for change in changes]

        def left(made: Sequence[diffs.LineEdit]) -> frozenset[str]:
            return self._leftovers.left(path, before, diffs.apply(before, made))

        try:
            together = left([edit for each in edits for edit in each])
        except diffs.DoesNotApply:
            # Two that a person or a model handed in may rewrite one line: no one merges both
            return False
        return bool(together and together.difference(*map(left, edits)))

    @cached_property
    def _leftovers(self) -> Leftovers:
        return Leftovers(self.tree(), Modules(self.tree()))

    def _laid_out(self, path: str, before: str, after: str) -> str:
        others = self._not_laid_out(path, before)
        if others is None:
            after = closed_up(after, _edits(path, before, after))
            return realigned(before, after, _edits(path, before, after))
        if (laid_out := self._formatted(path, after)) is None:
            return after
        return laid_out if not others else _laid_out_there(path, before, after, laid_out, others)

    def _not_laid_out(self, path: str, before: str) -> Sequence[diffs.LineEdit] | None:
        """Passages of the file that the formatter would change; None where they are too many for a formatted file."""
        if path not in self._passages:
            laid_out = self._formatted(path, before)
            found = None if laid_out is None else _edits(path, before, laid_out)
            few = found is not None and sum(max(each.end - each.start, 1) for each in found) <= _few_lines(before)
            self._passages[path] = found if few else None
        return self._passages[path]

    def _formatted(self, path: str, text: str) -> str | None:
        mark = _BOM if text.startswith(_BOM) else ""
        root = self.tree()
        with for_any_version(configuration_of(root, path), root) as options:
            laid_out = formatted(root, (*options, *layout_options(root, path)), path, text.removeprefix(_BOM))
        return None if laid_out is None else mark + laid_out


def _text_of(fixed: Fixed, before: str) -> str:
    (change,) = diffs.parse(fixed.diff)
    return diffs.apply(before, change.edits())


def _few_lines(text: str) -> int:
    return text.count("\n") // _ONE_IN


def _laid_out_there(path: str, before: str, after: str, laid_out: str, others: Sequence[diffs.LineEdit]) -> str:
    """The new text with only its own lines formatted, and those only where the old ones were."""
    made = _edits(path, before, after)
    if any(edit.touches(other) for edit in made for other in others):
        return after
    own = _edits(path, after, before)
    return diffs.apply(after, [each for each in _edits(path, after, laid_out) if any(map(each.touches, own))])


def _edits(path: str, before: str, after: str) -> Sequence[diffs.LineEdit]:
    return (
        [edit for change in diffs.parse(diffs.make(path, before, after)) for edit in change.edits()]
        if before != after
        else []
    )


def _loses_comment(before: str, after: str) -> bool:
    # To tell comments from strings takes long, and most changes are of lines without either
    return "#" in _gone(before, after) and bool(_comments(before) - _comments(after))


def _respells(before: str, after: str) -> bool:
    """Whether a number that somebody wrote as `0x20` or `1_000` stands there as `32` or `1000`."""
    if not _SPELLED.search(_gone(before, after)):
        return False
    old, new = _numbers(before), _numbers(after)
    lost, brought = old - new, {value for value, _ in new - old}
    return any(value in brought for value, _ in lost)


def _gone(before: str, after: str) -> str:
    """The lines that the second text has not, or has fewer of."""
    return "\n".join(Counter(before.split("\n")) - Counter(after.split("\n")))


def _comments(text: str) -> Counter[str]:
    """Comments with how often each stands there; none where the text has no tokens."""
    return Counter(token.string for token in _tokens(text) if token.type == tokenize.COMMENT)


def _numbers(text: str) -> Counter[tuple[object, str]]:
    """Numbers by what they are and how they are written."""
    found = (token.string for token in _tokens(text) if token.type == tokenize.NUMBER)
    return Counter((ast.literal_eval(each), each) for each in found)


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return [*tokenize.generate_tokens(io.StringIO(text.removeprefix(_BOM)).readline)]
    except (tokenize.TokenError, SyntaxError):
        return []
