"""Whether a change stands in a text: by its statements, however they are laid out. Pure rules of values."""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from sigma_core.parsing import syntax_tree

MOST_CHARACTERS = 2_000_000
Token = tuple[str, str]
"""Of which definition (or "", the whole file), and what."""
Reading = Callable[[str], "Counter[Token] | None"]


class Standing(Enum):
    """What of a change is to be seen in a text."""

    DONE = "done"
    """All of it: what it adds is there, what it removes is not."""
    UNDONE = "undone"
    """Nothing of it: the text says what it said before."""
    OTHERWISE = "otherwise"
    """Neither; or the code that it is about is gone."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class ContentMark:
    """What a change does to one file, as something that can be looked for in another version of it."""

    read: Reading
    before: "Counter[Token] | None"
    """How often each thing that it changes the count of stood there; None where there was no file."""
    after: "Counter[Token] | None"
    rest: frozenset[Token]
    """What else stands in the definitions that it changes."""

    def standing_in(self, text: str | None) -> Standing:
        """Of a file's text, None where there is none."""
        if text is None:
            gone, came = self.after is None, self.before is None
            return Standing.DONE if gone else Standing.UNDONE if came else Standing.OTHERWISE
        found = self.read(text)
        if found is None:
            return Standing.UNREADABLE
        if self._shows(found, self.after, self.before):
            return Standing.DONE
        return Standing.UNDONE if self._shows(found, self.before, self.after) else Standing.OTHERWISE

    def _shows(
        self, found: "Counter[Token]", wanted: "Counter[Token] | None", instead: "Counter[Token] | None"
    ) -> bool:
        if wanted is None:
            return False
        scopes = {scope for scope, _ in found}
        everywhere = Counter[str]()
        for (_, what), count in found.items():
            everywhere[what] += count
        other = instead or Counter[Token]()
        for token in wanted.keys() | other.keys():
            scope, what = token
            # A definition that is called otherwise by now: what was in it may be anywhere
            there = found[token] if scope in scopes else everywhere[what]
            is_more = wanted[token] > other[token]
            if (there < wanted[token]) if is_more else (there > wanted[token]):
                return False
        # Where nothing is to be there, what is around it tells whether it is still the same code
        is_there = any(wanted[token] > other[token] for token in wanted)
        return is_there or 2 * sum(token in found for token in self.rest) >= len(self.rest)


def mark_of(before: str | None, after: str | None, *, is_python: bool) -> ContentMark | None:
    """What makes the second text of the first; None where nothing that can be recognised does.

    Statements of each definition are compared first, then what follows what, then lines without their white space, then
    lines as they are: the first of these that shows a difference.
    """
    for read in ((statements, succession) if is_python else ()) + (folded_lines, exact_lines):
        one, other = (read(text) if text is not None else Counter[Token]() for text in (before, after))
        if one is None or other is None:
            continue
        changed = {token for token in one.keys() | other.keys() if one[token] != other[token]}
        if changed:
            scopes = {scope for scope, _ in changed}
            return ContentMark(
                read,
                None if before is None else Counter({each: one[each] for each in changed}),
                None if after is None else Counter({each: other[each] for each in changed}),
                frozenset(each for each in one.keys() | other.keys() if each[0] in scopes and each not in changed),
            )
    return None


@lru_cache(maxsize=32)
def statements(text: str) -> "Counter[Token] | None":
    """Each statement without those inside it, by the definition it stands in; None of what is no Python."""
    tree = _parsed(text)
    if tree is None:
        return None
    return _counted((scope, _header(node)) for scope, node, _ in _walked(tree, ""))


@lru_cache(maxsize=32)
def succession(text: str) -> "Counter[Token] | None":
    """Each statement with what it follows, or the one it is the first in; None of what is no Python."""
    tree = _parsed(text)
    if tree is None:
        return None
    return _counted((scope, f"{before}\n{_header(node)}") for scope, node, before in _walked(tree, ""))


def folded_lines(text: str) -> "Counter[Token]":
    """Lines without white space, wherever they stand."""
    return _counted(("", folded) for line in text.splitlines() if (folded := "".join(line.split())))


def exact_lines(text: str) -> "Counter[Token]":
    """Lines as they are, with how each ends."""
    return _counted(("", line) for line in text.splitlines(keepends=True))


def _counted(tokens: Iterable[Token]) -> "Counter[Token]":
    """With one that stands for the file itself, which may be empty."""
    return Counter([("", ""), *tokens])


def _parsed(text: str) -> ast.Module | None:
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        return syntax_tree(text)
    except SyntaxError:
        return None


def _walked(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST, str]]:
    """Everything that holds or is a statement, with its definition and what comes before it."""
    for name, value in ast.iter_fields(node):
        if not isinstance(value, list):
            continue
        before = f"{type(node).__name__}.{name}"
        for each in value:
            if not isinstance(each, ast.stmt | ast.ExceptHandler | ast.match_case):
                continue
            yield scope, each, before
            inner = scope
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{scope}.{each.name}".lstrip(".")
            yield from _walked(each, inner)
            before = _header(each)


def _header(node: ast.AST) -> str:
    """A statement without the statements inside it."""
    said = []
    for name, value in ast.iter_fields(node):
        if name == "type_comment":
            continue
        if isinstance(value, ast.AST):
            said.append(ast.dump(value))
        elif isinstance(value, list):
            parts = (each for each in value if not isinstance(each, ast.stmt | ast.ExceptHandler | ast.match_case))
            said.extend(ast.dump(each) if isinstance(each, ast.AST) else repr(each) for each in parts)
        else:
            said.append(repr(value))
    return f"{type(node).__name__}({', '.join(said)})"
