"""The proof: which forms, applied to both sides, leave no difference. The rule that a fix bears plays no part."""

import ast
from collections.abc import Collection, Sequence
from itertools import combinations
from pathlib import Path

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.structure.annotations import annotations_agree, checks_types
from sigma_core.proposals.verification.structure.control_flow import straighten
from sigma_core.proposals.verification.structure.imports import local_modules, sort_imports
from sigma_core.proposals.verification.syntax import Unreadable, own_tree, same_code

CONTROL_FLOW, ANNOTATIONS, IMPORTS, STUB = "control flow", "annotations", "import order", "type stub"
_FORMS = (CONTROL_FLOW, IMPORTS, ANNOTATIONS)


def equal_form(files: Sequence[ChangedFile], root: Path) -> str:
    """In what the files of a change differ without meaning anything else, in words; empty where that is not proved.

    `root` is the tree of the base.
    """
    found: list[str] = []
    for file in files:
        forms = _forms(file, root)
        if forms is None:
            return ""
        found += [form for form in forms if form not in found]
    return " and ".join([*filter(None, [", ".join(found[:-1])]), *found[-1:]])


def _forms(file: ChangedFile, root: Path) -> Sequence[str] | None:
    """The fewest forms that leave no difference in a file; None where none do."""
    if not file.is_python or file.before is None or file.after is None or file.path != file.old_path:
        return None
    try:
        if same_code(file.before, file.after):
            return ()
        checked = checks_types(root)
        if file.path.endswith(".pyi"):
            return None if checked else (STUB,)
        local, forms_ = local_modules(root, file.path), _FORMS[:-1] if checked else _FORMS
        some = (forms for size in range(1, len(forms_) + 1) for forms in combinations(forms_, size))
        return next((forms for forms in some if _agree(file.before, file.after, forms, local)), None)
    except Unreadable:
        return None


def _agree(before: str, after: str, forms: Collection[str], local: Collection[str]) -> bool:
    old, new = own_tree(before), own_tree(after)
    if ANNOTATIONS in forms and not annotations_agree(old, new):
        return False
    for tree in (old, new):
        if IMPORTS in forms:
            sort_imports(tree, local)
        if CONTROL_FLOW in forms:
            straighten(tree)
    return ast.dump(old) == ast.dump(new)
