"""Names that Python keeps for an error which has another name since 3.3: they are one object."""

import ast

from sigma_core.proposals.verification.structure.control_flow import bound_names

_OLD = frozenset({"EnvironmentError", "IOError"})


def as_os_error(tree: ast.Module, whole: ast.Module) -> None:
    """Write `OSError` for its old names, in place, where they mean that in the module `whole`."""
    bound = bound_names(whole)
    if "OSError" in bound:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _OLD - bound:
            node.id = "OSError"
