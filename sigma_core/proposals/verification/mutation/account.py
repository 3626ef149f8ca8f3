"""What mutants showed of one change, for the evidence."""

from collections.abc import Collection, Mapping, Sequence

from sigma_core.proposals.evidence import MutatedStatement
from sigma_core.proposals.verification.bench import Bench
from sigma_core.proposals.verification.mutation.budget import MutationBudget
from sigma_core.proposals.verification.mutation.noticing import MutantResult
from sigma_core.proposals.verification.mutation.targets import MutationTarget
from sigma_core.proposals.verification.mutation.trials import Tried, try_out


def mutated(
    places: Mapping[int, Sequence[MutationTarget]], bench: Bench, budget: MutationBudget, known: Collection[str]
) -> dict[int, list[MutatedStatement]]:
    """The changed statements of each patch, by its identity; `known` as for `try_out`."""
    if not budget.seconds:
        return {}
    wanted = dict.fromkeys(place for those in places.values() for place in those if place.mutants)
    tried = try_out(list(wanted), bench, budget, known)
    return {patch: mutated_statements(those, tried) for patch, those in places.items()}


def mutated_statements(
    places: Sequence[MutationTarget], tried: Mapping[MutationTarget, Tried]
) -> list[MutatedStatement]:
    """Each changed statement, in order."""
    return [_of(place, tried.get(place)) for place in places]


def _of(place: MutationTarget, tried: Tried | None) -> MutatedStatement:
    if place.why_not:
        return MutatedStatement(place=place.name, not_mutable=place.why_not)
    if tried is None:
        return MutatedStatement(place=place.name, not_mutable="none of its tests passes by itself")
    noticed, missed = tried.having(MutantResult.NOTICED), tried.having(MutantResult.UNNOTICED)
    only_broken = bool(tried.having(MutantResult.BROKEN)) and not noticed and not missed
    return MutatedStatement(
        place=place.name,
        tried=len(noticed) + len(missed),
        noticed=len(noticed),
        unnoticed=[each.said for each in missed],
        not_mutable="every mutant of it only breaks the code" if only_broken else "",
    )
