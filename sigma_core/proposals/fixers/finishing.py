"""What every fix of one file gets before it is proposed: its comments are kept, and it is laid out as the file was."""

import io
import tokenize
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sigma_core.issues.detectors.layout import layout_options
from sigma_core.issues.detectors.ruff_process import formatted
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed

_BOM = "\ufeff"


@dataclass
class Finisher:
    """Finishes fixes of one commit. `tree` makes, when first asked, the folder that its plain files lie in: the
    project's own settings are read there."""

    tree: Callable[[], Path]
    _laid_out: dict[str, bool] = field(default_factory=dict, init=False, repr=False)

    def finish(self, fixed: Fixed, path: str, before: str) -> Fixed | None:
        """The fix of the file `path`, which holds `before`; None where the fix would lose a comment or changes nothing.

        The new text is formatted where the file stood as the project's formatter leaves it: elsewhere, formatting would
        change lines that have nothing to do with the fix.
        """
        (change,) = diffs.parse(fixed.diff)
        after = diffs.apply(before, change.edits())
        if _comments(before) - _comments(after):
            return None
        if self._is_laid_out(path, before):
            after = self._formatted(path, after) or after
        return replace(fixed, diff=diffs.make(path, before, after)) if after != before else None

    def _is_laid_out(self, path: str, before: str) -> bool:
        if path not in self._laid_out:
            self._laid_out[path] = self._formatted(path, before) == before
        return self._laid_out[path]

    def _formatted(self, path: str, text: str) -> str | None:
        mark = _BOM if text.startswith(_BOM) else ""
        laid_out = formatted(self.tree(), layout_options(self.tree(), path), path, text.removeprefix(_BOM))
        return None if laid_out is None else mark + laid_out


def _comments(text: str) -> Counter[str]:
    """Comments with how often each stands there; none where the text has no tokens."""
    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(text.removeprefix(_BOM)).readline)]
    except (tokenize.TokenError, SyntaxError):
        return Counter()
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
