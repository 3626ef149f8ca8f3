"""How often modules change, and whether issues and definitions in them grow: where to look first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma_core.formatting import plural
from sigma_core.graph.snapshot import GraphSnapshot, Moments, Numbers, held
from sigma_core.graph.vocabulary import DEFINES, HAS_ISSUE, MODULE, TOUCHES
from sigma_core.strategies.code_graph import NOTHING, CodeGraph, code_graph

if TYPE_CHECKING:
    import numpy as np

    Changes = np.ndarray[tuple[int, int], np.dtype[Any]]
else:
    Changes = Any

DAY_S = 86_400.0


@dataclass(frozen=True)
class ModuleChurn:
    """One module over a window of time."""

    module: int
    commits: int
    weight: float
    """Its commits, each the less the older it is: one a third of the window ago counts 1/e."""
    issues: int
    """Issues that came, less those that went."""
    definitions: int
    """Functions and classes that came, less those that went."""

    def because(self, snapshot: GraphSnapshot, days: int) -> str:
        """Why it is named, in one sentence."""
        within = f"{plural(self.commits, 'commit')} of the last {plural(days, 'day')}"
        said = f"{snapshot.names[self.module]} changed in {within}"
        more = [
            plural(abs(count), f"{'more' if count > 0 else 'less'} {what}")
            for count, what in ((self.issues, "issue"), (self.definitions, "definition"))
            if count
        ]
        return f"{said}{': ' if more else ''}{' and '.join(more)}."


def changes(snapshot: GraphSnapshot, modules: Numbers) -> Changes:
    """A row (module, moment) for each commit that changed one of these: by the commits that say so, or where none are
    known, by the moments at which what the module says began or ended."""
    import numpy as np

    code, facts = code_graph(snapshot), snapshot.facts
    asked = np.zeros(len(code.kind), bool)
    asked[modules] = True
    touches = code.facts(TOUCHES)
    if len(touches):
        touches = touches[code.module[facts.target[touches]] != NOTHING]
        rows = _rows(code.module[facts.target[touches]], facts.valid_at[touches])
    else:
        said = np.flatnonzero(code.module[facts.source] != NOTHING)
        defined = code.facts(DEFINES)
        # A module itself is defined by the project
        whole = defined[code.kind[facts.target[defined]] == MODULE]
        places = np.concatenate((code.module[facts.source[said]], facts.target[whole]))
        some = np.concatenate((said, whole))
        rows = np.concatenate((_rows(places, facts.valid_at[some]), _rows(places, facts.invalid_at[some])))
    rows = rows[~np.isnan(rows[:, 1])]
    found: Changes = np.unique(rows[asked[rows[:, 0].astype(np.int64)]], axis=0)
    return found


def churn(snapshot: GraphSnapshot, modules: Numbers, since: float, at: float) -> list[ModuleChurn]:
    """Of these modules between two moments, those that changed most first."""
    import numpy as np

    code, rows = code_graph(snapshot), changes(snapshot, modules)
    rows = rows[(rows[:, 1] > since) & (rows[:, 1] <= at)]
    place = rows[:, 0].astype(np.int64)
    commits = np.bincount(place, minlength=len(code.kind))
    fading = np.exp((rows[:, 1] - at) / max(1.0, (at - since) / 3))
    weight = np.bincount(place, weights=fading, minlength=len(code.kind))
    issues = _grown(code, code.facts(HAS_ISSUE), code.snapshot.facts.source, since, at)
    defined = code.facts(DEFINES)
    defined = defined[code.kind[code.snapshot.facts.target[defined]] != MODULE]
    definitions = _grown(code, defined, code.snapshot.facts.target, since, at)
    found = [
        ModuleChurn(each, int(commits[each]), float(weight[each]), int(issues[each]), int(definitions[each]))
        for each in modules.tolist()
        if commits[each]
    ]
    return sorted(found, key=lambda each: (-each.weight, each.module))


def modules_of(snapshot: GraphSnapshot, entities: Sequence[int]) -> Numbers:
    """The modules of these entities: all that a project has but for tests, or the one that something lies in."""
    import numpy as np

    code = code_graph(snapshot)
    if any("project" in snapshot.kinds[each] for each in entities):
        whole: Numbers = np.flatnonzero(code.are(MODULE) & ~code.in_tests)
        return whole
    inside = code.module[np.array(entities, np.int64)]
    some: Numbers = np.unique(inside[inside != NOTHING])
    return some


def _rows(places: Numbers, moments: Moments) -> Changes:
    import numpy as np

    return np.column_stack((places.astype(np.float64), moments))


def _grown(code: CodeGraph, some: Numbers, ends: Numbers, since: float, at: float) -> Numbers:
    """By module, how many more of these facts hold at the second moment."""
    import numpy as np

    facts, inside = code.snapshot.facts, code.module[ends[some]]
    more = held(facts, at)[some].astype(np.int64) - held(facts, since)[some]
    known = inside != NOTHING
    counts: Numbers = np.bincount(inside[known], weights=more[known], minlength=len(code.kind)).astype(np.int64)
    return counts
