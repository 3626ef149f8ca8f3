"""What is known of a patch before anything runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sigma_core.proposals.evidence import Deltas, TargetCheck, TypeCheck, TypeCheckState
from sigma_core.proposals.verification import guard
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.patch import ChangedFile, Patch
from sigma_core.proposals.verification.static.deltas import Read, Reading, deltas, target_check
from sigma_core.proposals.verification.static.import_effects import ImportEffects
from sigma_core.proposals.verification.static.import_order import ImportOrder
from sigma_core.proposals.verification.static.left_behind import disordered, left_behind
from sigma_core.proposals.verification.static.lost_names import lost_names
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.static.newer_python import newer_python
from sigma_core.proposals.verification.static.undeclared import undeclared
from sigma_core.proposals.verification.structure import EqualForm, equal_form
from sigma_core.proposals.verification.syntax import Unreadable, same_code, why_unreadable
from sigma_core.proposals.verification.type_check import configured_checker

Say = Callable[[str], None]


@dataclass(frozen=True)
class Static:
    """The facts that need no run. `unread` names files that SIGMA's own Python cannot parse, changed or not."""

    patch: Patch
    parse_errors: tuple[str, ...]
    unread: tuple[str, ...]
    compiled_equal: bool
    tampering: tuple[str, ...]
    suppressions: tuple[str, ...]
    deltas: Deltas
    target: TargetCheck
    equal_by: str = ""
    """The form in which both sides are the same by their structure; empty where that is not proved."""
    awaits_type_check: bool = False
    """Whether that holds only if the project's own type checker agrees."""
    type_check: TypeCheck = field(default_factory=TypeCheck)
    named: tuple[str, ...] = ()
    """What the base does that could colour its own evidence, and cannot change outcomes by itself."""
    doubts: tuple[str, ...] = ()
    """What the base does that can: why its evidence does not suffice."""
    forging: bool = False
    """Whether what its tests report could not be believed."""

    @property
    def needs_run(self) -> bool:
        """Whether tests can say anything more about it."""
        return not self.parse_errors and not self.compiled_equal and not self.equal_by

    def type_checked(self, found: TypeCheck) -> Self:
        """With what the checker says: without an answer, tests have to speak for it as for any other change."""
        asked = found.state in (TypeCheckState.AGREES, TypeCheckState.DISAGREES)
        equal_by = self.equal_by if asked else ""
        return replace(self, equal_by=equal_by, awaits_type_check=False, type_check=found)

    @property
    def is_vetoed(self) -> bool:
        """Whether its text alone leaves it to a person, whatever its tests show."""
        return bool(self.tampering or self.suppressions) or self.target.gone is False

    @property
    def shares_no_run(self) -> bool:
        """Whether it is not worth the run of all tests that others share: these could not change what its text says."""
        return bool(self.tampering) or self.target.gone is False

    @property
    def is_for_a_person(self) -> bool:
        """Whether no run can spare a person the look at it."""
        return self.is_vetoed or bool(self.doubts)


def read_all(patches: Sequence[Patch], base_tree: BaseTree, read: Read, say: Say = lambda _: None) -> list[Static]:
    """Look at every patch. Raises `Unavailable` if a detector cannot work."""
    bases: dict[tuple[str, ...], Reading] = {}
    base = guard.read_base(base_tree.root)
    statics, modules = [], Modules(base_tree.root)
    effects = ImportEffects(modules)
    order = ImportOrder(modules, effects)
    checked = bool(configured_checker(base_tree.root))
    for number, patch in enumerate(patches, 1):
        say(f"reading the changes, {number} of {len(patches)}")
        # The same files on both sides: whether a name is used depends on what else is looked at
        paths = tuple(sorted({path for file in patch.files for path in (file.path, file.old_path)}))
        if paths not in bases:
            bases[paths] = read(base_tree.root, paths)
        before = bases[paths]
        with base_tree.holding(patch.contents) as tree:
            after = read(tree, paths)
        errors, unread = _unparsed(patch)
        newer = [finding for file in patch.files for finding in newer_python(base_tree.root, file)]
        lost = lost_names(patch.files, modules, effects)
        hidden = guard.suppressions(patch)
        equal = all(_same(file) for file in patch.files)
        form = EqualForm() if equal or errors else equal_form(patch.files, base_tree.root)
        tampering = tuple(guard.tampering(patch, base_tree.root))
        needed = [sentence for file in patch.files for sentence in undeclared(base_tree.root, file, modules)]
        swapped = [sentence for file in patch.files for sentence in order.swapped(file)]
        left = [each for file in patch.files for each in left_behind(file, before.found, after.found, modules)]
        left += [each for file in patch.files for each in disordered(file, base_tree.root)]
        statics.append(
            Static(
                patch=patch,
                parse_errors=tuple(errors),
                unread=tuple(unread),
                compiled_equal=equal,
                equal_by=form.words,
                awaits_type_check=form.is_typing and checked,
                tampering=tampering,
                forging=bool(tampering) and guard.is_forging(patch, base_tree.root),
                suppressions=(*hidden, *lost.sentences, *needed, *swapped, *left),
                deltas=deltas(patch, before, after, lost.names, newer),
                target=target_check(patch, before, after, hidden),
                named=base.named,
                doubts=(*base.doubts, *guard.sniffing(patch)),
            )
        )
    return statics


def _unparsed(patch: Patch) -> tuple[list[str], list[str]]:
    errors, unread = [], []
    for file in patch.files:
        if not file.is_python or file.after is None:
            continue
        why = why_unreadable(file.after)
        # Where the base cannot be read either, the project speaks a newer Python than SIGMA runs on
        if why and file.before is not None and why_unreadable(file.before):
            unread.append(f"{file.path} cannot be read by the Python that SIGMA runs on: {why}.")
        elif why:
            errors.append(f"{file.path}: {why}")
    return errors, unread


def _same(file: ChangedFile) -> bool:
    if not file.is_python or file.before is None or file.after is None or file.path != file.old_path:
        return False
    try:
        return same_code(file.before, file.after)
    except Unreadable:
        return False
