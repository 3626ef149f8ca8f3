"""Python text of others as a syntax tree, read by one thread at a time."""

import ast
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sigma_core.garbage import collecting_later

_one_at_a_time = threading.RLock()


@contextmanager
def quietly() -> Iterator[None]:
    """Read in peace: invalid escapes warn, and the filters of warnings are the whole process's.

    So is the depth that CPython 3.11 counts while it makes a tree: two threads that do so at once disturb each other.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def expression_tree(text: str) -> ast.expr:
    """The tree of one expression. Raises `SyntaxError`."""
    with _read_as_syntax():
        return ast.parse(text, mode="eval").body


def syntax_tree(text: str | bytes) -> ast.Module:
    """The tree. Raises `SyntaxError`, whatever this Python cannot read it for."""
    with _read_as_syntax():
        return ast.parse(text)


@contextmanager
def _read_as_syntax() -> Iterator[None]:
    try:
        with quietly(), collecting_later():
            yield
    except (ValueError, RecursionError, MemoryError, SystemError) as error:
        raise SyntaxError(str(error) or "nested too deeply") from None
