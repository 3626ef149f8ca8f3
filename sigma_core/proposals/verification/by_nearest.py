"""Changes that are measured by the tests nearest to them alone."""

from collections.abc import Callable, Sequence

from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.verification import writing
from sigma_core.proposals.verification.baseline import BaselineCache
from sigma_core.proposals.verification.nearest_tests import nearest_tests
from sigma_core.proposals.verification.reading import Static
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.suite_setup import BaseJob, SuiteSetup

_NOT_BELIEVED = "what tests report of it could not be believed, so a person decides."
_NONE_NEAR = "none is near to what it changes, and a person decides whatever the others show."

Measure = Callable[[Sequence[Static], frozenset[str]], dict[int, Evidence]]
"""Measures changes by these tests alone."""


def for_a_person(
    setup: SuiteSetup, cache: BaselineCache, job: BaseJob, statics: Sequence[Static], folder: str, measure: Measure
) -> dict[int, Evidence]:
    """What their text leaves to a person, whatever all tests show: by the nearest tests, where they can be
    believed."""
    conditions = setup.conditions(job, folder)
    if not conditions.runs or conditions.interpreter is None:
        return {each.patch.change.proposal_id: writing.unrun(each, conditions) for each in statics}
    written = {
        each.patch.change.proposal_id: writing.left_to_a_person(each, conditions, _NOT_BELIEVED)
        for each in statics
        if each.forging
    }
    honest = [each for each in statics if not each.forging]
    if not honest:
        return written
    known = cache.find(setup.baseline_key(job, conditions, conditions.interpreter))
    if known is None:
        runner = setup.runner(job, conditions, conditions.interpreter)
        tests = runner.run(job.base_tree.root, collect_only=True).report.collected
    else:
        tests = known.run.report.collected
    return written | by_nearest(
        job,
        honest,
        folder,
        tests,
        measure,
        "a person decides whatever the others show",
        lambda each: writing.left_to_a_person(each, conditions, _NONE_NEAR),
    )


def by_nearest(
    job: BaseJob,
    statics: Sequence[Static],
    folder: str,
    tests: Sequence[str],
    measure: Measure,
    why: str,
    without: Callable[[Static], Evidence],
) -> dict[int, Evidence]:
    """Each file's changes by those of the `tests` that are nearest to it; `without` tells of one without any."""
    modules = Modules(job.base_tree.root)
    by_files: dict[tuple[str, ...], list[Static]] = {}
    for each in statics:
        by_files.setdefault(tuple(sorted(file.old_path for file in each.patch.files)), []).append(each)
    written: dict[int, Evidence] = {}
    for paths, some in by_files.items():
        near = nearest_tests(tests, modules, folder, paths)
        if not near:
            written |= {each.patch.change.proposal_id: without(each) for each in some}
            continue
        job.say(f"running the {len(near)} of {len(tests)} tests nearest to {', '.join(paths)}: {why}")
        found = measure(some, near)
        if len(near) < len(tests):
            found = {key: writing.narrowed(each, len(near), len(tests), why) for key, each in found.items()}
        written |= found
    return written
