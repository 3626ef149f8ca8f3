"""One run in the sandbox for all functions of a group, and what it says of each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sigma_core.proposals.evidence import Counterexample, DifferenceState, Differential
from sigma_core.proposals.verification.differential.pairs import Pair, pairs_of
from sigma_core.proposals.verification.patch import Patch, Promise
from sigma_core.proposals.verification.probe_programs import Program, brought
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.sampling import sampled
from sigma_core.proposals.verification.statements import functions_of

CROSSHAIR = (
    "crosshair",
    "_crosshair_tracers",
    "z3",
    "mypy_extensions",
    "packaging",
    "typeshed_client",
    "typing_extensions",
    "typing_inspect",
)
"""What crosshair-tool loads. It is used where somebody has installed it beside SIGMA."""
PROGRAM = Program("differ.py", ("hypothesis", "sortedcontainers", "_hypothesis_globals"), beside=CROSSHAIR)
BUDGET_S = 60.0
"""Of processor time, for all calls of one run; they take a few hundredths of a second for a function, where nothing
hangs. On a busy machine it may last four times as long."""
_LEAST_S = 1.0
_SEARCH_S = 20.0
"""For what CrossHair works out, its own start aside."""
_TESTS_EACH = 8
_MOST_TESTS = 200
_MOST_PAIRS = 200
_LONGEST = 600

Told = Mapping[str, Any]


@dataclass(frozen=True)
class _Search:
    """What one run told of each pair, what made its inputs, and what had no part in it. `why` it told too little."""

    told: Mapping[Pair, Told] = field(default_factory=dict)
    searchers: tuple[str, ...] = ()
    lacking: str = ""
    why: str = ""


def compared(patches: Sequence[Patch], runner: TestRunner, base: Path, report: Report) -> dict[int, Differential]:
    """By proposal id, for the changes of which somebody says that they keep the behaviour.

    `report` is that of the tests of the base. Never an error: what cannot be compared says why.
    """
    asked = [patch for patch in patches if patch.change.promise is not None]
    pairs = {patch.change.proposal_id: pairs_of(patch) for patch in asked}
    every = [pair for those in pairs.values() for pair in those][:_MOST_PAIRS]
    search = _ask(every, runner, base, report) if every else _Search()
    return {patch.change.proposal_id: _of(patch, pairs[patch.change.proposal_id], search) for patch in asked}


def _ask(pairs: Sequence[Pair], runner: TestRunner, base: Path, report: Report) -> _Search:
    if report.runner is None:
        return _Search(why="the tests cannot be told one from another.")
    plan = {
        "pairs": [_planned(pair) for pair in pairs],
        "only": sorted(_tests(pairs, report)),
        "at_import": not all(_covering(pair, report) for pair in pairs),
        "budget_s": BUDGET_S,
        "least_s": _LEAST_S,
        "search_s": _SEARCH_S if brought(CROSSHAIR) else 0,
    }
    seen = runner.observe(base, PROGRAM, plan, longer_s=6 * (BUDGET_S + _SEARCH_S))
    records = list(seen.records)
    told: dict[Pair, Told] = {
        pairs[record["i"]]: record
        for record in records
        if record.get("t") == "pair" and isinstance(record.get("i"), int) and 0 <= record["i"] < len(pairs)
    }
    searchers, lacking = _searchers(records)
    return _Search(told, searchers, lacking, f"the run told nothing of it: {seen.detail}")


def _searchers(records: Sequence[Told]) -> tuple[tuple[str, ...], str]:
    """What made inputs, with its version, and of what it is said why it did not."""
    versions: dict[str, str | None] = {}
    python = ""
    for record in records:
        if record.get("t") == "begin":
            versions["Hypothesis"], python = record.get("hypothesis"), str(record.get("python"))
        elif record.get("t") == "searched":
            versions["CrossHair"] = record.get("version")
    whose = {"Hypothesis": f"neither the project's nor SIGMA's loads in Python {python}"}
    lacking = [
        f"{name} was not used: {whose.get(name, f'it does not load in Python {python}')}."
        for name, version in versions.items()
        if not version
    ]
    return tuple(f"{name} {version}" for name, version in versions.items() if version), " ".join(lacking)


def _planned(pair: Pair) -> dict[str, object]:
    return {
        "file": pair.file.path,
        "name": pair.name,
        "names": list(pair.names),
        "line": pair.old.line,
        "before": pair.file.before,
        "after": pair.file.after,
        "seed": pair.digest,
    }


def _tests(pairs: Sequence[Pair], report: Report) -> set[str]:
    """Some tests that execute each function; where none does, one that loads its file.

    The first of each function come before the second of any: none goes without because there are many.
    """
    turns = zip_longest(*(_executing(pair, report) for pair in pairs))
    found = dict.fromkeys(name for turn in turns for name in turn if name is not None)
    return set(list(found)[:_MOST_TESTS])


def _covering(pair: Pair, report: Report) -> list[str]:
    covering = report.tests_executing(pair.file.old_path, pair.old.body_mask)
    return [name for name in sorted(covering) if report.outcomes.get(name) is ReportedOutcome.PASSED]


def _executing(pair: Pair, report: Report) -> Sequence[str]:
    passed = _covering(pair, report)
    if not passed:
        return sorted(report.tests_executing(pair.file.old_path, -1) or set(report.collected[:1]))[:1]
    return sampled(passed, _TESTS_EACH)


def _of(patch: Patch, pairs: Sequence[Pair], search: _Search) -> Differential:
    claimed, told = patch.change.promise is Promise.KEPT, search.told
    if not pairs:
        reason = "No function that stands before and after is changed."
        return Differential(state=DifferenceState.NOT_COMPARABLE, claimed=claimed, detail=reason)
    differing = [(pair, record) for pair in pairs if (record := told.get(pair, {})).get("grade") == "differs"]
    same = [(pair, record) for pair in pairs if (record := told.get(pair, {})).get("grade") == "same"]
    left = [
        f"{pair.name}: {told.get(pair, {}).get('why') or search.why}"
        for pair in pairs
        if told.get(pair, {}).get("grade") not in ("differs", "same")
    ]
    left += [
        f"{pair.name}: {untried} more inputs could not be tried"
        for pair, record in same
        if (untried := _number(record.get("left")))
    ]
    examples = [_example(*each) for each in differing]
    answered = [*differing, *same]
    state = DifferenceState.DIFFERS if differing else DifferenceState.NO_DIFFERENCE
    return Differential(
        state=state if answered else DifferenceState.NOT_COMPARABLE,
        claimed=claimed,
        inputs=sum(_number(record.get("inputs")) for _, record in answered),
        recorded=sum(_number(record.get("recorded")) for _, record in answered),
        functions=[f"{pair.name} in {pair.file.path}" for pair, _ in answered],
        searchers=list(search.searchers) if answered else [],
        lacking=search.lacking,
        counterexample=min(examples, key=_size, default=None),
        differing=[each.function for each in examples if claimed or not each.odd],
        whole=not left and _lies_in(patch, [pair for pair, _ in answered]),
        detail="; ".join(left)[:_LONGEST],
    )


def _lies_in(patch: Patch, pairs: Sequence[Pair]) -> bool:
    """Whether every changed line is one of these functions."""
    for file in patch.files:
        names = {pair.name for pair in pairs if pair.file is file}
        for text, lines in ((file.before, file.removed_lines), (file.after, file.added_lines)):
            spans = [range(each.line, each.end + 1) for each in functions_of(text) if each.name in names]
            if not all(any(line in span for span in spans) for line in lines):
                return False
    return True


def _example(pair: Pair, record: Told) -> Counterexample:
    arguments, old, new = (str(record.get(name, ""))[:_LONGEST] for name in ("arguments", "old", "new"))
    return Counterexample(function=pair.name, arguments=arguments, old=old, new=new, odd=record.get("odd") is True)


def _size(example: Counterexample) -> tuple[bool, int]:
    return example.odd, len(example.arguments)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
