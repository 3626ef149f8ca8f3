"""The project's own type checker on all changes of a base that only it can speak for."""

from collections.abc import Sequence
from pathlib import Path

from sigma_core.proposals.evidence import TypeCheck, TypeCheckState
from sigma_core.proposals.verification import sufficiency
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.reading import Static
from sigma_core.proposals.verification.suite_setup import BaseJob, SuiteSetup
from sigma_core.proposals.verification.type_check import TypeChecking


def type_checked(setup: SuiteSetup, job: BaseJob, statics: Sequence[Static]) -> list[Static]:
    """The same, with what the project's own type checker says of those that only it can speak for."""
    folders: dict[str, list[Patch]] = {}
    for each in statics:
        if each.awaits_type_check:
            folders.setdefault(setup.folder(job, each), []).append(each.patch)
    found: dict[int, TypeCheck] = {}
    for folder, patches in folders.items():
        job.say("asking the project's type checker")
        found |= _types_of(setup, job, patches, folder)
    return [
        each.type_checked(found[each.patch.change.proposal_id]) if each.awaits_type_check else each for each in statics
    ]


def _types_of(setup: SuiteSetup, job: BaseJob, patches: Sequence[Patch], folder: str) -> dict[int, TypeCheck]:
    conditions = setup.conditions(job, folder)
    if conditions.interpreter is None:
        unasked = TypeCheck(state=TypeCheckState.NOT_CHECKED, detail=conditions.why_not)
        return {patch.change.proposal_id: unasked for patch in patches}
    setup.generated(job, conditions.interpreter)
    grade = sufficiency.of_grade(conditions.grade, allowed=conditions.allowed, trusted=conditions.trusted)
    return TypeChecking(
        setup.sandbox,
        job.base_tree,
        Path(job.project.path),
        folder,
        conditions.interpreter,
        why_not=next(grade, ""),
        limits=setup.limits,
        cancelled=job.cancelled,
    ).ask(patches)
