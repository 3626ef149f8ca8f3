"""How well fixes and reverts are recognised. ``python benchmarks/commit_labels.py [OWNER/NAME=PATH…]``.

The commits in `commit_labels/labels.tsv` were labelled by hand, by message and diff. A *fix* corrects what did not
work: code, tests or build; not prose, style or what is new. A *revert* takes back what an earlier commit did. The rules
were written with six of the repositories at hand and are measured on the other six, too. Fixes are measured on commits
drawn at random; reverts on these and on commits whose message holds words such as "revert" or "undo". Repositories that
are not given are left out. Behind each figure stands its 95 % interval (Wilson).
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sigma_core.codebase.commit_log import logged_commits
from sigma_core.codebase.message import is_fix, says_it_reverts
from sigma_core.llm.interval import wilson
from sigma_core.projects.git import Clone

LABELS = Path(__file__).parent / "commit_labels" / "labels.tsv"
AT_HAND = {
    *("aio-libs/aiohttp", "encode/django-rest-framework", "pallets/flask"),
    *("pallets/jinja", "psf/requests", "python-attrs/attrs"),
}


@dataclass(frozen=True)
class Judged:
    """A commit, its labels, and what the rules say."""

    repository: str
    is_random: bool
    fix: tuple[bool, bool]
    reverts: tuple[bool, bool]


def interval(hits: int, of: int) -> str:
    """A share with the interval in which it lies."""
    if not of:
        return "–"
    low, high = wilson(hits, of)
    return f"{hits / of:.2f} ({low:.2f}–{high:.2f}, {hits} of {of})"


def judged(repository: str, path: Path, rows: Sequence[dict[str, str]]) -> list[Judged]:
    clone = Clone(path, Path("/dev/null"))
    told = {each.id: each for each in logged_commits(clone.logged([row["commit"] for row in rows]))}
    return [
        Judged(
            repository,
            row["sample"] == "random",
            (row["fix"] == "1", is_fix(commit.subject, commit.body, commit.paths)),
            (row["reverts"] == "1", says_it_reverts(commit.subject, commit.body)),
        )
        for row in rows
        for commit in (told[row["commit"]],)
    ]


def shown(what: str, pairs: Sequence[tuple[bool, bool]]) -> None:
    hits = sum(label and said for label, said in pairs)
    print(f"  {what} ({len(pairs)} commits)")
    print(f"    precision {interval(hits, sum(said for _, said in pairs))}")
    print(f"    recall    {interval(hits, sum(label for label, _ in pairs))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="*", help="OWNER/NAME=PATH of its git directory")
    given = dict(each.split("=", 1) for each in parser.parse_args().repositories)
    with LABELS.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = list[Judged]()
    for repository, path in given.items():
        found += judged(repository, Path(path).resolve(), [row for row in rows if row["repository"] == repository])
    for title, some in (
        ("at hand when the rules were written", [each for each in found if each.repository in AT_HAND]),
        ("not at hand", [each for each in found if each.repository not in AT_HAND]),
    ):
        print(f"{title}: {', '.join(sorted({each.repository for each in some})) or 'none is given'}")
        if not some:
            continue
        shown("fixes", [each.fix for each in some if each.is_random])
        shown("reverts", [each.reverts for each in some])


if __name__ == "__main__":
    main()
