"""What control runs showed, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sigma_core.proposals.evidence import ControlRun, ControlState
from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.sabotage import DefectKind


@dataclass(frozen=True)
class Controlled:
    """A site with the tests that execute it.

    `loaders` are tests whose files may import it, where none executes it. `stands_in` marks a function that is not
    changed itself and shows only that its file is what runs; `at_import` one without which nothing can be loaded.
    """

    site: Site
    covering: tuple[str, ...]
    loaders: tuple[str, ...] = ()
    stands_in: bool = False
    at_import: bool = False

    @property
    def kinds(self) -> tuple[DefectKind, ...]:
        """What its tests have to notice."""
        return (DefectKind.ERROR,) if self.stands_in or not self.covering else (DefectKind.VALUE, DefectKind.ERROR)


@dataclass
class Proof:
    """Which tests noticed that a site was spoiled, and which never did."""

    failed: dict[tuple[Site, DefectKind], set[str]] = field(default_factory=dict)
    passed: dict[Site, set[str]] = field(default_factory=dict)
    """Tests that execute the site and passed each time it was spoiled."""
    unequal: frozenset[str] = frozenset()
    """Tests that did not pass when nothing was spoiled: they tell nothing about a site."""
    untrue: frozenset[str] = frozenset()
    """Those among them that pass in the whole run, and in the base like this as well."""
    sound: frozenset[str] = frozenset()
    """Those that passed by themselves with nothing spoiled."""
    asleep: dict[Site, frozenset[str]] = field(default_factory=dict)
    """Tests that execute the site and pass whatever it raises, before the change too: they look at nothing."""
    runs: int = 0

    def noticed(self, site: Site, kind: DefectKind) -> bool:
        """Whether a test that can tell failed because of it."""
        return bool(self.failed.get((site, kind), set()) - self.unequal)

    def tried(self, site: Site, kind: DefectKind) -> bool:
        """Whether a run with the site spoiled so came to its end."""
        return (site, kind) in self.failed

    def blind(self, each: Controlled) -> list[str]:
        """Tests that execute it and pass whatever it does, and not so before the change."""
        if not each.covering or each.stands_in:
            return []
        return sorted(self.passed.get(each.site, set()) - self.unequal - self.asleep.get(each.site, frozenset()))


def control_run(sites: Sequence[Controlled], proof: Proof, *, followed: bool) -> ControlRun:
    """The state of one patch, by the worst of its sites."""
    if not sites:
        why = "no test loads the changed code." if followed else "no line of the change can be followed."
        return ControlRun(state=ControlState.NOT_RUN, detail=why)
    found = [(each.site.name, *_of(each, proof)) for each in sites]
    state = min((each for _, each, _ in found), key=_WORST_FIRST.index)
    worst = [(name, detail) for name, each, detail in found if each is state]
    return ControlRun(
        state=state,
        functions=[name for name, _, _ in found],
        detail=worst[0][1],
        doubted=[] if state is ControlState.PROVED else [name for name, _ in worst],
    )


_WORST_FIRST = (ControlState.DISPROVED, ControlState.NOT_RUN, ControlState.UNCHECKED, ControlState.PROVED)


def _of(each: Controlled, proof: Proof) -> tuple[ControlState, str]:
    name = each.site.name
    missing = [kind for kind in each.kinds if not proof.noticed(each.site, kind)]
    if lost := sorted(proof.untrue & {*each.covering, *each.loaders}):
        return ControlState.DISPROVED, f"{lost[0]} passes in the whole run, and fails when it is asked for alone."
    if any(not proof.tried(each.site, kind) for kind in missing):
        return ControlState.NOT_RUN, f"no run with {name} spoiled came to its end."
    if blind := proof.blind(each):
        return ControlState.DISPROVED, f"{blind[0]} passes although {name}, which it executes, raises."
    if DefectKind.ERROR in missing:
        state = ControlState.DISPROVED if each.covering else ControlState.NOT_RUN
        return state, f"no test fails although {name} raises."
    if missing:
        why = f"no test that executes {name} notices when it returns something else or does nothing."
        return ControlState.UNCHECKED, why
    return ControlState.PROVED, _asleep(each, proof)


def _asleep(each: Controlled, proof: Proof) -> str:
    """What is to be said of tests that look at nothing; empty where there are none."""
    asleep = sorted(proof.asleep.get(each.site, ()))
    if not asleep:
        return ""
    which = f"{len(asleep)} tests, which execute" if len(asleep) > 1 else f"{asleep[0]}, which executes"
    return f"{which} {each.site.name}, would pass though it raised, before the change as well."
