"""Fixes of the linter that the code around them speaks against. Nothing is proposed there."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from sigma_core.parsing import syntax_tree
from sigma_core.proposals.verification.static.tried_imports import tried_imports
from sigma_core.proposals.verification.syntax import FUNCTIONS

_TYPE_COMMENT = re.compile(r"#\s*type:(?!\s*ignore\b)(.+)")
_LONG_CONDITION = 80
"""Columns of a condition with its indentation, `if` and colon aside."""

Trap = Callable[[ast.Module, int], bool]
"""Whether the finding at this line of the module is one."""


def is_trap(rule: str, text: str, line: int) -> bool:
    """Whether the fix of a rule at a line would take away what the code relies on, or only spoil its look."""
    if (trap := TRAPS.get(rule)) is None:
        return False
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        return False
    return trap(tree, line) or (rule == "F401" and _is_for_type_comments(tree, text, line))


def is_taste(rule: str, text: str, line: int) -> bool:
    """Whether the fix of a rule at a line is one that only a project which selects the rule is likely to take."""
    try:
        return rule == "C408" and _names_keys(syntax_tree(text), line)
    except SyntaxError:
        return False


def _names_keys(tree: ast.Module, line: int) -> bool:
    """`dict(key=value)`: many write it so on purpose, for it spares quotes."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno == line)
    return any(isinstance(each.func, ast.Name) and each.func.id == "dict" and each.keywords for each in calls)


def _is_for_type_comments(tree: ast.Module, text: str, line: int) -> bool:
    """An import of a name that only comments with types use: type checkers read them, the linter does not."""
    said = " ".join(_TYPE_COMMENT.findall(text))
    bound = (each.asname or each.name for node in _imports(tree) if _spans(node, line) for each in node.names)
    return any(re.search(rf"\b{re.escape(name.partition('.')[0])}\b", said) for name in bound)


def _is_tried_import(tree: ast.Module, line: int) -> bool:
    """An unused import that tells whether a module is there."""
    tried = set(tried_imports(ast.walk(tree)).values())
    return any(_spans(node, line) for node in _imports(tree) if node.lineno in tried)


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))


def _asks_for_keys(tree: ast.Module, line: int) -> bool:
    """A loop over `keys()` of what the function asks for that method: it need not be a mapping that can be iterated."""
    around = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS) and _spans(node, line)]
    calls = (node for each in around[-1:] for node in ast.walk(each) if isinstance(node, ast.Call))
    return any(
        isinstance(call.func, ast.Name)
        and call.func.id in ("hasattr", "getattr")
        and len(call.args) > 1
        and isinstance(call.args[1], ast.Constant)
        and call.args[1].value == "keys"
        for call in calls
    )


def _copies_items(tree: ast.Module, line: int) -> bool:
    """A mapping copied pair by pair: `dict(x.items())`, which the linter makes of it, is `dict(x)` said awkwardly."""
    copies = (node for node in ast.walk(tree) if isinstance(node, ast.DictComp) and node.lineno == line)
    calls = (each.generators[0].iter for each in copies)
    return any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "items"
        for each in calls
    )


def _is_unpacked(tree: ast.Module, line: int) -> bool:
    """An unused variable among others that are unpacked: it is only renamed."""
    assigned = (node for node in ast.walk(tree) if isinstance(node, ast.Assign) and _spans(node, line))
    return any(isinstance(target, (ast.Tuple, ast.List)) for node in assigned for target in node.targets)


def _is_step(tree: ast.Module, line: int) -> bool:
    """The last of steps that each give one name a new value: returned at once, it would look unlike the others."""
    for before, after in (pair for block in _blocks(tree) for pair in pairwise(block)):
        if isinstance(after, ast.Return) and _spans(after, line):
            return isinstance(before, ast.AugAssign) or _reads_what_it_binds(before)
    return False


def _is_all(tree: ast.Module, line: int) -> bool:
    """A `return None` that is all a function does, its docstring aside: there it is the answer, not a way out."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and node.body[-1].lineno == line:
            rest = node.body[:-1]
            return all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in rest)
    return False


def _is_guard(tree: ast.Module, line: int) -> bool:
    """The last of conditions with the same answer each: as a returned condition it would look unlike the others. Or one
    of several parts that would have to be turned round."""
    turned = ast.dump(ast.Return(ast.Constant(False)))
    for block in _blocks(tree):
        for before, each in zip([None, *block], block, strict=False):
            if isinstance(each, ast.If) and each.lineno == line:
                answer = _answer(each)
                like = isinstance(before, ast.If) and not before.orelse and _answer(before) == answer != ""
                return like or (isinstance(each.test, ast.BoolOp) and answer == turned)
    return False


def _is_harder_to_read(tree: ast.Module, line: int) -> bool:
    """Branches with the same body whose joint condition mixes `or` with `and`, or is longer than a line."""
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.If) and each.lineno == line):
        tests = [node.test, *(each.test for each in node.orelse[:1] if isinstance(each, ast.If))]
        mixed = any(isinstance(each, ast.BoolOp) and isinstance(each.op, ast.And) for each in tests)
        return mixed or node.col_offset + len(" or ".join(map(ast.unparse, tests))) > _LONG_CONDITION
    return False


def _is_one_of_like_branches(tree: ast.Module, line: int) -> bool:
    """An `elif` with a condition within, after a branch that is made alike: joined, it would look unlike that one."""
    chains = (node for node in ast.walk(tree) if isinstance(node, ast.If) and len(node.orelse) == 1)
    return any(_only_asks(node) and _only_asks(node.orelse[0]) and node.orelse[0].lineno == line for node in chains)


def _only_asks(node: ast.stmt) -> bool:
    """Whether all that a branch does is under another condition."""
    return isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.If)


def _answer(node: ast.If) -> str:
    """What a branch returns, where that is all it does."""
    return ast.dump(node.body[0]) if len(node.body) == 1 and isinstance(node.body[0], ast.Return) else ""


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    blocks = (getattr(node, name, None) for node in ast.walk(tree) for name in ("body", "orelse", "finalbody"))
    return (block for block in blocks if isinstance(block, list))


def _reads_what_it_binds(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    bound = {target.id for target in node.targets if isinstance(target, ast.Name)}
    return any(isinstance(each, ast.Name) and each.id in bound for each in ast.walk(node.value))


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


TRAPS: Mapping[str, Trap] = {
    "C416": _copies_items,
    "F401": _is_tried_import,
    "F841": _is_unpacked,
    "PLR1711": _is_all,
    "RET501": _is_all,
    "RET504": _is_step,
    "SIM102": _is_one_of_like_branches,
    "SIM103": _is_guard,
    "SIM114": _is_harder_to_read,
    "SIM118": _asks_for_keys,
}
