"""A file of the candidate and the same with parts written otherwise, compiled a top-level statement at a time."""

import __future__
import ast
import os
import types

_FUNCTION = 0x1
"""CO_OPTIMIZED: the code of a function, and not of a module or a class."""


class Unfit(Exception):
    """What is written otherwise cannot be put into loaded code."""


class Source:
    """The candidate's text of one file."""

    def __init__(self, name, text):
        self.path = os.path.abspath(name)
        self.data = text.encode("utf-8", "surrogateescape")
        self._begins = [0]
        for line in self.data.splitlines(keepends=True):
            self._begins.append(self._begins[-1] + len(line))
        tree = ast.parse(self.data)
        starts = [_first_line(each) for each in tree.body]
        self._spans = [(start, max(start, each.end_lineno)) for start, each in zip(starts, tree.body)]
        self._flags = _future(tree)
        self._known = {}

    def offset(self, line, column):
        return self._begins[min(line, len(self._begins)) - 1] + column

    def written(self, parts):
        """The whole file with the parts, each (start, end, bytes), in it."""
        return _replaced(self.data, 0, len(self.data), parts)

    def changes(self, parts):
        """Pairs of (code as it is loaded, code in its place, whether it is a must), outer functions first.

        Raises `Unfit`.
        """
        by_span = {}
        for part in parts:
            by_span.setdefault(self._span_of(part), []).append(part)
        found = []
        for span, those in by_span.items():
            start, end = self.offset(span[0], 0), self.offset(span[1] + 1, 0)
            found += _pairs(self._known_code(span), self._compiled(span, _replaced(self.data, start, end, those)))
        return found

    def same(self, parts):
        """As `changes`, for the same places with nothing written otherwise."""
        spans = dict.fromkeys(span for span in map(self._around, parts) if span is not None)
        copies = ((self._known_code(span), self._compiled(span, self._text(span))) for span in spans)
        return [pair for one, two in copies for pair in _pairs(one, two)]

    def _span_of(self, part):
        span = self._around(part)
        if span is None:
            raise Unfit("it lies in no statement of its file")
        return span

    def _around(self, part):
        start, end, _ = part
        for first, last in self._spans:
            if self.offset(first, 0) <= start and end <= self.offset(last + 1, 0):
                return first, last
        return None

    def _text(self, span):
        return self.data[self.offset(span[0], 0) : self.offset(span[1] + 1, 0)]

    def _known_code(self, span):
        if span not in self._known:
            self._known[span] = self._compiled(span, self._text(span))
        return self._known[span]

    def _compiled(self, span, text, kept=()):
        try:
            tree = ast.parse(b"\n" * (span[0] - 1) + text, self.path)
            if kept:
                _keep(tree, kept)
            code = compile(tree, self.path, "exec", self._flags, True)
        except (SyntaxError, ValueError) as error:
            raise Unfit("it cannot be compiled: " + str(error))
        if not kept and span in self._known:
            lost = dict(_lost(self._known[span], code))
            if lost:
                return self._compiled(span, text, lost)
        return code


def _first_line(node):
    return min([node.lineno] + [each.lineno for each in getattr(node, "decorator_list", [])])


def _future(tree):
    names = [
        alias.name
        for each in tree.body
        if isinstance(each, ast.ImportFrom) and each.module == "__future__"
        for alias in each.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(__future__, name).compiler_flag
    return flags


def _replaced(data, start, end, parts):
    whole = data[start:end]
    for first, last, text in sorted(parts, reverse=True):
        whole = whole[: first - start] + text + whole[last - start :]
    return whole


def _inner(code):
    return [each for each in code.co_consts if isinstance(each, types.CodeType)]


def _matched(old, new):
    """Code within both that stands for the same function, by name and line."""
    left = {}
    for each in _inner(new):
        left.setdefault((each.co_name, each.co_firstlineno), []).append(each)
    for each in _inner(old):
        others = left.get((each.co_name, each.co_firstlineno))
        yield each, others.pop(0) if others else None


def _pairs(old, new, must=True):
    if old.co_flags & _FUNCTION:
        if old.co_freevars != new.co_freevars:
            raise Unfit("it shares other variables with the code around it")
        differs = old != new
        yield old, new, must and differs
        # Those that are made from now on are of the new code already
        must = must and not differs
    elif _own(old) != _own(new):
        raise Unfit("it runs when its file is loaded")
    for one, two in _matched(old, new):
        if two is not None:
            yield from _pairs(one, two, must)
        elif not old.co_flags & _FUNCTION:
            raise Unfit("a function is not there any more")


def _own(code):
    """What a module or class does itself, positions aside."""
    consts = tuple(None if isinstance(each, types.CodeType) or _is_names(each) else each for each in code.co_consts)
    where = "co_linetable" if hasattr(code, "co_linetable") else "co_lnotab"
    return code.replace(co_consts=consts, **{where: b""})


def _is_names(value):
    """From Python 3.13 on a class holds the names of the attributes that its methods set."""
    return isinstance(value, tuple) and all(isinstance(each, str) for each in value)


def _lost(old, new):
    """Variables of outer functions that code has no use for any more, by (name, line) of the function."""
    for one, two in _matched(old, new):
        if two is not None:
            gone = [name for name in one.co_freevars if name not in two.co_freevars]
            if gone:
                yield (one.co_name, one.co_firstlineno), gone
            yield from _lost(one, two)


def _keep(tree, kept):
    """Have functions share the same variables as before: code object and closure have to fit."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = kept.get((node.name, _first_line(node)), ())
            body = [ast.Expr(ast.Name(name, ast.Load())) for name in names]
            if body:
                # Never run, and left out when it is compiled
                node.body.append(ast.If(ast.Constant(0), body, []))
    ast.fix_missing_locations(tree)
