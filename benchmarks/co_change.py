"""Which files change together, foretold. ``python benchmarks/co_change.py [REPOSITORY…]``.

Without a repository, the one that this file lies in. A history is read as the product reads it. What came before its
last 200 commits is known; of those 200 the files are
asked: given one file of a commit, is another of its files among the first ten that are named? Beside what CHANGES_WITH
says stand two that know little: the files changed most in the last 1,000 commits, and the files of the same folder, the
most changed first. Where CHANGES_WITH names fewer than ten, nothing is added; last comes
`likely_with`, which names what changed with it even once, and then the folder. Commits of one file, or of more than 50,
ask nothing. Behind each share stands the 95 % interval of a bootstrap over commits.
"""

import argparse
import posixpath
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from sqlalchemy import select

from sigma_core.clock import utc_now
from sigma_core.codebase.change_history import ChangeHistory
from sigma_core.codebase.change_tables import changes, files, touches
from sigma_core.codebase.co_change import SWEEPING, WINDOW, changed_with, likely_with
from sigma_core.codebase.tables import commits, entities
from sigma_core.database import Database
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project
from sigma_core.schema import migrate

HELD_OUT = 200
RECENT = 1000
NAMED = 10
ROUNDS = 1000


@dataclass(frozen=True)
class Change:
    """A commit: its files by their rows."""

    at: datetime
    files: frozenset[int]
    is_sweeping: bool


Named = Callable[[int], Sequence[int]]
"""The files that are named for one."""


def read(repository: Path, folder: Path) -> tuple[list[Change], dict[int, str]]:
    """All commits that touched a file, oldest first, and where each file lies or lay."""
    database = Database(f"sqlite:///{folder / 'sigma.db'}")
    migrate(database)
    clone = Clone(folder / "clone.git", folder / "gitconfig")
    project = Project(name=repository.name, path=str(repository), head=clone.fetch(repository), created_at=utc_now())
    with database.transaction() as session:
        session.add(project)
    ends = time.monotonic() + 3600
    ChangeHistory(database, utc_now, lambda _: clone).read(project, ends=ends, tell=lambda _: None)
    joined = touches.join(files, files.c.entity_id == touches.c.entity_id)
    joined = joined.join(changes, changes.c.commit_id == touches.c.commit_id)
    joined = joined.join(commits, commits.c.id == touches.c.commit_id)
    joined = joined.join(entities, entities.c.id == touches.c.entity_id)
    columns = (touches.c.commit_id, touches.c.entity_id, changes.c.files, commits.c.at, entities.c.file)
    order = (commits.c.at, changes.c.made_at, commits.c.commit.desc())
    with database.reading() as session:
        rows = session.execute(select(*columns).select_from(joined).order_by(*order)).all()
    database.dispose()
    touched, told = dict[int, set[int]](), dict[int, tuple[datetime, bool]]()
    for row in rows:
        touched.setdefault(row.commit_id, set()).add(row.entity_id)
        told[row.commit_id] = (row.at, row.files > SWEEPING)
    paths = {row.entity_id: row.file.partition("@")[0] for row in rows}
    return [Change(told[each][0], frozenset(some), told[each][1]) for each, some in touched.items()], paths


def windows_of(known: Sequence[Change]) -> dict[int, list[tuple[datetime, frozenset[int]]]]:
    windows = dict[int, list[tuple[datetime, frozenset[int]]]]()
    for change in reversed(known):
        for each in change.files if not change.is_sweeping else ():
            if len(windows.setdefault(each, [])) < WINDOW:
                windows[each].append((change.at, change.files - {each}))
    return windows


def by_co_change(known: Sequence[Change]) -> Named:
    windows = windows_of(known)
    return lambda file: [int(each.thing) for each in changed_with(windows.get(file, []))][:NAMED]


def by_all(known: Sequence[Change], folder: Named) -> Named:
    """As the command names them: whatever changed with it, then its folder."""
    windows = windows_of(known)
    return lambda file: likely_with(windows.get(file, []), folder(file), NAMED)


def most_changed(known: Sequence[Change]) -> Named:
    times = Counter(each for change in known[-RECENT:] if not change.is_sweeping for each in change.files)
    first = [each for each, _ in times.most_common(NAMED + 1)]
    return lambda file: [each for each in first if each != file][:NAMED]


def same_folder(known: Sequence[Change], paths: Mapping[int, str]) -> Named:
    times = Counter(each for change in known if not change.is_sweeping for each in change.files)
    beside = dict[str, list[int]]()
    for each, _ in times.most_common():
        beside.setdefault(posixpath.dirname(paths[each]), []).append(each)
    return lambda file: [each for each in beside.get(posixpath.dirname(paths[file]), []) if each != file][:NAMED]


def hits(named: Named, held_out: Sequence[Change], known: frozenset[int]) -> list[list[bool]]:
    """For each commit that asks, whether each of its files led to another of them."""
    found = list[list[bool]]()
    for change in held_out:
        asked = change.files & known
        if not change.is_sweeping and len(asked) > 1:
            found.append([not set(named(each)).isdisjoint(asked - {each}) for each in sorted(asked)])
    return found


def share(found: Sequence[Sequence[bool]]) -> float:
    return sum(map(sum, found)) / max(1, sum(map(len, found)))


def interval(found: Sequence[Sequence[bool]], other: Sequence[Sequence[bool]] | None = None) -> str:
    """A share with its interval; beside `other`, by how much it is more."""
    chance = Random(1)
    drawn = list[float]()
    for _ in range(ROUNDS):
        some = chance.choices(range(len(found)), k=len(found))
        less = share([other[each] for each in some]) if other else 0.0
        drawn.append(share([found[each] for each in some]) - less)
    drawn.sort()
    middle = share(found) - (share(other) if other else 0.0)
    sign = "+" if other else ""
    return f"{middle:{sign}.2f} ({drawn[ROUNDS // 40]:{sign}.2f}–{drawn[-ROUNDS // 40]:{sign}.2f})"


def measure(repository: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sigma-bench-") as folder:
        told, paths = read(repository, Path(folder))
    earlier, held_out = told[:-HELD_OUT], told[-HELD_OUT:]
    known = frozenset(each for change in earlier for each in change.files)
    ours = hits(by_co_change(earlier), held_out, known)
    most = hits(most_changed(earlier), held_out, known)
    folder_ = hits(same_folder(earlier, paths), held_out, known)
    all_ = hits(by_all(earlier, same_folder(earlier, paths)), held_out, known)
    print(
        f"{repository}: {len(told)} commits, {len(ours)} ask, {sum(map(len, ours))} questions; hits@{NAMED}: "
        f"CHANGES_WITH {interval(ours)}, most changed {interval(most)}, same folder {interval(folder_)}; "
        f"more than most changed {interval(ours, most)}, than same folder {interval(ours, folder_)}; "
        f"with more named {interval(all_)}, more than most changed {interval(all_, most)}, "
        f"than same folder {interval(all_, folder_)}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="*", type=Path)
    for repository in parser.parse_args().repositories or [Path(__file__).resolve().parents[1]]:
        measure(repository.resolve())


if __name__ == "__main__":
    main()
