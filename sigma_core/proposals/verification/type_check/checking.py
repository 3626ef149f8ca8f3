"""Asks a project's own type checker about changes, in the sandbox: once without them, once with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from sigma_core.errors import Cancelled
from sigma_core.projects.interpreter import Interpreter
from sigma_core.projects.sandbox import Execution, ExecutionEnding, Request, ResourceLimits, Sandbox
from sigma_core.proposals.evidence import TypeCheck, TypeCheckState
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.groups import grouped
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.patched_tree import PatchedTree
from sigma_core.proposals.verification.type_check.configured import checked_places, configured_checker
from sigma_core.proposals.verification.type_check.output import Errors, errors_of

_ARGUMENTS = {
    "mypy": (
        "--no-pretty",
        "--no-color-output",
        "--no-error-summary",
        "--hide-error-context",
        "--show-error-codes",
        "--no-incremental",
        "--cache-dir=/dev/null",
    ),
    "pyright": ("--outputjson",),
    "basedpyright": ("--outputjson",),
}
_ANSWERS = (0, 1)
"""Exit codes of a checker that came to its end; others say that it could not work."""
_LISTED = 20
_LONGEST = 300


@dataclass(frozen=True)
class TypeChecking:
    """The type checker of the project in one folder of the tree, as `interpreter` has it installed. `why_not` says why
    no code of the project may run."""

    sandbox: Sandbox
    base_tree: BaseTree
    checkout: Path
    folder: str
    interpreter: Interpreter
    why_not: str
    limits: ResourceLimits
    cancelled: Callable[[], bool]

    def ask(self, patches: Sequence[Patch]) -> dict[int, TypeCheck]:
        """What it says of each, by proposal id; of several that have nothing against them together, once.

        Raises `Cancelled`.
        """
        if self._unasked is not None:
            return dict.fromkeys(map(_key, patches), self._unasked)
        found: dict[int, TypeCheck] = {}
        for group in grouped(patches, alone=lambda _: False):
            together = self._checked(group) if len(group) > 1 else None
            if together is not None and together.state is TypeCheckState.AGREES:
                found |= dict.fromkeys(map(_key, group), together)
            else:
                found |= {_key(each): self._checked([each]) for each in group}
        return found

    @cached_property
    def _checker(self) -> str:
        return configured_checker(self._root) or configured_checker(self.base_tree.root)

    @cached_property
    def _root(self) -> Path:
        """Where it is started: in the folder, if that configures it."""
        own = self.base_tree.root / self.folder
        return own if configured_checker(own) else self.base_tree.root

    @cached_property
    def _version(self) -> str:
        return self.interpreter.packages.get(self._checker, "")

    @property
    def _unasked(self) -> TypeCheck | None:
        """The answer where it cannot be asked at all."""
        missing = "" if self._version else f"{self._checker} is not installed in the project's environment."
        why = self.why_not or missing
        return self._type_check(TypeCheckState.NOT_CHECKED, detail=why) if why else None

    def _checked(self, patches: Sequence[Patch]) -> TypeCheck:
        changed = PatchedTree(patches)
        beneath = self._root.relative_to(self.base_tree.root)
        paths = [PurePosixPath(path) for path in changed.contents]
        places = checked_places(self._root, [path.relative_to(beneath).as_posix() for path in paths])
        before = self._errors(self.base_tree.root, tuple(places))
        if isinstance(before, str):
            return self._type_check(TypeCheckState.NOT_CHECKED, detail=f"It does not work on the base: {before}")
        with self.base_tree.holding(changed.contents) as tree:
            after = self._errors(tree, tuple(places), is_base=False)
        if isinstance(after, str):
            return self._type_check(TypeCheckState.NOT_CHECKED, detail=f"It does not work with the change: {after}")
        new = sorted((after - before).elements())
        return self._type_check(TypeCheckState.DISAGREES if new else TypeCheckState.AGREES, new_errors=new[:_LISTED])

    @cached_property
    def _of_base(self) -> dict[tuple[str, ...], Errors | str]:
        return {}

    def _errors(self, tree: Path, places: tuple[str, ...], *, is_base: bool = True) -> Errors | str:
        """What it finds there, or why it finds nothing; on the base once for the same places."""
        if is_base and places in self._of_base:
            return self._of_base[places]
        execution = self.sandbox.run(self._request(tree, places), self.cancelled)
        if execution.ending is ExecutionEnding.CANCELLED:
            raise Cancelled("The verification was cancelled.")
        found = _read(self._checker, execution, self.limits)
        if is_base:
            self._of_base[places] = found
        return found

    def _request(self, tree: Path, places: tuple[str, ...]) -> Request:
        interpreter = self.interpreter
        where = self._root.relative_to(self.base_tree.root).as_posix()
        started = (str(interpreter.executable), "-m", self._checker, *_ARGUMENTS[self._checker], "--", *places)
        return Request(
            argv=("/bin/sh", "-c", 'cd "$0" && exec "$@"', where, *started),
            source=tree,
            checkout=self.checkout,
            readable=interpreter.readable,
            limits=self.limits,
        )

    def _type_check(self, state: TypeCheckState, *, detail: str = "", new_errors: Sequence[str] = ()) -> TypeCheck:
        name = f"{self._checker} {self._version}".strip()
        return TypeCheck(state=state, checker=name, new_errors=list(new_errors), detail=detail)


def _read(checker: str, execution: Execution, limits: ResourceLimits) -> Errors | str:
    if execution.ending is not ExecutionEnding.EXIT:
        return f"the run ended by {execution.ending} {execution.detail}".strip()
    errors = errors_of(checker, execution.output) if execution.exit_code in _ANSWERS else None
    if errors is None:
        last = next((line for line in reversed(execution.output.splitlines()) if line.strip()), "it says nothing")
        return f"exit code {execution.exit_code}, {last.strip()[:_LONGEST]}"
    if len(execution.output.encode()) >= limits.output_bytes:
        return "it finds more than can be compared"
    return errors


def _key(patch: Patch) -> int:
    return patch.change.proposal_id
