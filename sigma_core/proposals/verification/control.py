"""Control runs: where the changed code raises, the tests that cover it must fail."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sigma_core.proposals.verification.candidate import Site
from sigma_core.proposals.verification.report import Outcome, Report
from sigma_core.proposals.verification.syntax import FUNCTIONS, docstring, first_line, own_tree

MAX_ROUNDS = 40
MAX_SINGLES = 10
MAX_TESTS = 200
_FEWEST = 5


@dataclass(frozen=True)
class Controlled:
    """A site with the tests that execute it. `loaders` are tests whose files may import it, where none executes it."""

    site: Site
    covering: tuple[str, ...]
    loaders: tuple[str, ...] = ()


@dataclass
class Proof:
    """What the control runs showed, by site."""

    proved: set[Site] = field(default_factory=set)
    disproved: dict[Site, str] = field(default_factory=dict)
    """With a test that passed although what it covers raises."""
    runs: int = 0


Run = Callable[[Mapping[Site, str], frozenset[str]], Report]
"""Runs the given tests with each site raising its token."""


def prove(controlled: Sequence[Controlled], run: Run, token: Callable[[], str]) -> Proof:
    """All sites raise at once; those whose token was seen are done, the rest raise again, while there is progress.

    Sites outside functions come after the functions: where an import raises, no function is reached.
    """
    proof = Proof()
    for part in (
        [each for each in controlled if each.site.function],
        [each for each in controlled if not each.site.function],
    ):
        pending = list(part)
        while pending and proof.runs < MAX_ROUNDS:
            left = _round(pending, proof, run, token)
            if len(left) == len(pending):
                break
            pending = left
        for each in pending[:MAX_SINGLES] if len(pending) > 1 else ():
            _round([each], proof, run, token)
    return proof


def _round(
    pending: Sequence[Controlled], proof: Proof, run: Run, token: Callable[[], str]
) -> list[Controlled]:  # fmt: skip
    tokens = {each.site: token() for each in pending}
    share = max(_FEWEST, MAX_TESTS // len(pending))
    chosen = {each.site: _spread(each.covering or each.loaders, share) for each in pending}
    report = run(tokens, frozenset(test for tests in chosen.values() for test in tests))
    proof.runs += 1
    for each in pending:
        passed = [test for test in chosen[each.site] if report.outcomes.get(test) is Outcome.PASSED]
        if each.covering and passed:
            proof.disproved[each.site] = passed[0]
    done = {site for site, value in tokens.items() if report.tokens.get(value)}
    proof.proved |= done - proof.disproved.keys()
    return [each for each in pending if each.site not in done and each.site not in proof.disproved]


def _spread(tests: Sequence[str], most: int) -> list[str]:
    """At most so many, evenly over the whole."""
    step = max(1, -(-len(tests) // most))
    return list(tests[::step])


def one_of_each_file(tests: Iterable[str], separator: str = "::") -> tuple[str, ...]:
    """One test of every file of tests: together they import what any of them does."""
    first: dict[str, str] = {}
    for test in tests:
        first.setdefault(test.split(separator, 1)[0], test)
    return tuple(first.values())


def sabotaged(text: str, sites: Mapping[Site, str]) -> str:
    """The module with each of its sites raising its token. Raises `Unreadable`."""
    tree = own_tree(text)
    by_line = {site.function.defined: token for site, token in sites.items() if site.function}
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and node.lineno in by_line:
            _empty(node, by_line[node.lineno])
    for site, token in sites.items():
        if site.function is None:
            _insert(tree, site.line, _raise(token))
    return ast.unparse(ast.fix_missing_locations(tree))


def _empty(node: ast.FunctionDef | ast.AsyncFunctionDef, token: str) -> None:
    own = docstring(node)
    generates = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in _own_nodes(node))
    node.body = [*([own] if own else []), _raise(token)]
    if generates:
        # It stays a generator, so that it raises where its caller awaits a value
        node.body.append(ast.Expr(ast.Yield()))


def _own_nodes(node: ast.AST) -> Iterable[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _own_nodes(child)


def _raise(token: str) -> ast.Raise:
    # Not an Exception: code that catches those must not hide it
    return ast.Raise(ast.Call(ast.Name("BaseException", ast.Load()), [ast.Constant(token)], []))


def _insert(tree: ast.Module, line: int, statement: ast.stmt) -> None:
    """Before the statement at or after `line`, in the innermost class or block that holds the line."""
    holder: ast.AST = tree
    body = tree.body
    while (inner := _block_around(body, line)) is not None:
        holder, body = inner, inner.body
    own = docstring(holder)
    at = next((n for n, each in enumerate(body) if _begin(each) >= line and not _must_lead(each, own)), len(body))
    # The next site in this block is placed by line
    statement.lineno = line
    body.insert(at, statement)


def _block_around(body: Sequence[ast.stmt], line: int) -> ast.ClassDef | ast.If | ast.With | ast.Try | None:
    for each in body:
        if isinstance(each, (ast.ClassDef, ast.If, ast.With, ast.Try)):
            last = each.body[-1].end_lineno or each.body[-1].lineno
            if each.body[0].lineno <= line <= last:
                return each
    return None


def _begin(node: ast.stmt) -> int:
    return first_line(node) if isinstance(node, (*FUNCTIONS, ast.ClassDef)) else node.lineno


def _must_lead(node: ast.stmt, own: ast.stmt | None) -> bool:
    return node is own or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
