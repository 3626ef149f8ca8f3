"""Several patches on one base as one tree, and where each of them lies in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.verification.patch import ChangedFile, Patch, added_lines, place_after
from sigma_core.proposals.verification.statements import Statement, functions_of, statements_at
from sigma_core.proposals.verification.syntax import Function, innermost, why_unreadable


@dataclass(frozen=True)
class Site:
    """A place of the candidate that a control run sabotages: a function, or a line outside any."""

    file: str
    line: int
    function: Function | None

    @property
    def name(self) -> str:
        """What a person calls the place."""
        return f"{self.function.name} in {self.file}" if self.function else f"the module level of {self.file}"


def compatible(first: Patch, second: Patch) -> bool:
    """Whether two patches can be verified together: no line of one touches a line of the other."""
    for mine in first.files:
        for other in second.files:
            if {mine.path, mine.old_path}.isdisjoint({other.path, other.old_path}):
                continue
            if not (_in_place(mine) and _in_place(other)):
                return False
            if any(edit.touches(each) for edit in mine.edits for each in other.edits):
                return False
    return True


class PatchedTree:
    """The tree with all patches in it."""

    def __init__(self, patches: Sequence[Patch]) -> None:
        self.patches = tuple(patches)
        self._files: dict[str, list[ChangedFile]] = {}
        for patch in patches:
            for file in patch.files:
                self._files.setdefault(file.path, []).append(file)

    @cached_property
    def contents(self) -> dict[str, str | None]:
        """Whole files, by path; None for those that are gone."""
        merged: dict[str, str | None] = {}
        for path, files in self._files.items():
            merged |= {each.old_path: None for each in files}
            merged[path] = files[0].after if len(files) == 1 else self._merged(files)
        return merged

    @property
    def python_files(self) -> list[str]:
        """Changed files with Python in them, those that are gone left out."""
        return sorted(path for path, text in self.contents.items() if text is not None and path.endswith(".py"))

    @cached_property
    def is_sound(self) -> bool:
        """Whether patches that can be read one by one can also be read together."""
        texts = (text for path, text in self.contents.items() if text is not None and path.endswith(".py"))
        return not all(patch.is_readable for patch in self.patches) or not any(map(why_unreadable, texts))

    def added(self, file: ChangedFile) -> list[Statement]:
        """The statements one patch adds, in lines of this tree."""
        text = self.contents[file.path]
        return statements_at(text, added_lines(file.edits, self._edits(file.path))) if text is not None else []

    def left(self, file: ChangedFile) -> list[tuple[int, Statement]]:
        """Where one patch only removes statements of a function: what follows there now, else what goes before; with
        its line in the patch's own text."""
        text, found = self.contents[file.path] or "", {}
        for edit in file.edits:
            removed = statements_at(file.before or "", range(edit.start + 1, edit.end + 1))
            if edit.added or not any(each.function for each in removed):
                continue
            here, own = place_after(edit, self._edits(file.path)), place_after(edit, file.edits)
            around = innermost(functions_of(text), here) or innermost(functions_of(text), here - 1)
            lines = (*range(here, around.end + 1), *range(here - 1, around.body - 1, -1)) if around else ()
            standing = next((each for line in lines for each in statements_at(text, [line])), None)
            if standing is not None:
                found[standing] = standing.line - here + own
        return [(line, standing) for standing, line in found.items()]

    def sites(self, patch: Patch) -> list[Site]:
        """Where a control run raises for one patch: its functions; without one, the places of its statements."""
        found = {site: None for file in patch.files if self._readable(file) for site in self._sites(file)}
        return [site for site in found if site.function] or list(found)

    def _sites(self, file: ChangedFile) -> list[Site]:
        text = self.contents[file.path] or ""
        inside = functions_of(text)
        sites = [
            Site(file.path, each.function.line if each.function else each.line, each.function)
            for each in self.added(file)
        ]
        for edit in file.edits:
            if edit.added or edit.start == edit.end:
                continue
            removed = statements_at(file.before or "", range(edit.start + 1, edit.end + 1))
            line = place_after(edit, self._edits(file.path))
            for statement in removed:
                around = innermost(inside, line) or innermost(inside, line - 1)
                same = around if statement.function and around and around.name == statement.function.name else None
                sites.append(Site(file.path, same.line if same else line, same))
        return sites

    @staticmethod
    def _readable(file: ChangedFile) -> bool:
        return file.after is not None and file.path.endswith(".py")

    def _edits(self, path: str) -> list[diffs.LineEdit]:
        return [edit for file in self._files[path] for edit in file.edits]

    @staticmethod
    def _merged(files: Sequence[ChangedFile]) -> str:
        return diffs.apply(files[0].before or "", [edit for file in files for edit in file.edits])


def _in_place(file: ChangedFile) -> bool:
    return file.before is not None and file.after is not None and file.path == file.old_path
