"""Which mutants share a run. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sigma_core.proposals.verification.mutation.mutants import Mutant
from sigma_core.proposals.verification.mutation.targets import MutationTarget

Due = tuple[MutationTarget, Mutant]
Tests = Mapping[Due, frozenset[str]]
Fits = Callable[[Sequence[Due], Due, Tests], bool]
"""Whether one more can be told from those of a batch."""


def batched(due: Sequence[Due], tests: Tests, fits: Fits) -> list[list[Due]]:
    """As few as come easily. What runs outside tests too is always by itself."""
    batches: list[list[Due]] = []
    for each in due:
        fitting = (batch for batch in batches if not batch[0][0].alone and fits(batch, each, tests))
        batch = None if each[0].alone else next(fitting, None)
        if batch is None:
            batches.append([each])
        else:
            batch.append(each)
    return batches


def with_own_test(batch: Sequence[Due], each: Due, tests: Tests) -> bool:
    """Each keeps a test that meets no other."""
    met = Counter(test for other in batch for test in tests[other])
    new = tests[each]
    kept = all(any(met[test] == 1 and test not in new for test in tests[other]) for other in batch)
    return kept and any(test not in met for test in new)


def apart(batch: Sequence[Due], each: Due, tests: Tests) -> bool:
    """No test meets two of them."""
    return all(tests[each].isdisjoint(tests[other]) for other in batch)


def single(_batch: Sequence[Due], _each: Due, _tests: Tests) -> bool:
    """Every mutant has a run by itself."""
    return False


def own_tests(each: Due, batch: Sequence[Due], tests: Tests) -> frozenset[str]:
    """Those that meet no other of the batch."""
    return tests[each].difference(*(tests[other] for other in batch if other is not each))
