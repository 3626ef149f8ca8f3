"""Questions that a repository's own history answers: what a commit touched, and whose docstring a sentence was."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from recall_parts.labelled import Labelled, LabelledSet
from sigma_core.clock import utc_now
from sigma_core.codebase.description_tables import descriptions
from sigma_core.codebase.history import History
from sigma_core.codebase.tables import entities
from sigma_core.database import Database
from sigma_core.projects.git import Clone
from sigma_core.projects.git.calls import run
from sigma_core.projects.tables import Project
from sigma_core.recall.code import CodeSource

BACK, MOST = 500, 300
"""Commits before the newest at which the code is read, and the most of those after it that are asked about."""
MOST_TOUCHED = 8
"""Of a commit that touches more, its message does not say which."""
TRAILER = re.compile(r"(Signed-off-by|Co-authored-by|Change-Id|Reviewed-by):")
NO_QUESTION = re.compile(r"(bump|release|merge|version|v?\d)", re.IGNORECASE)
COMMIT_FILE, COMMIT_FUNCTION, DOCSTRING = "commit → file", "commit → function", "docstring → function"
REQUEST_FILE, CHANGELOG_FILE = "request's title → file", "changelog → file"
"""Stand in for titles of issues, which a repository does not hold: what a request or a changelog calls the change."""
SQUASHED = re.compile(r"(.+?) \(#\d+\)$")
CHANGELOG = re.compile(r"(?:^|/)(?:changes|changelog|history|news)[^/]*\.(?:rst|md|txt)$", re.IGNORECASE)


@dataclass(frozen=True)
class Repository:
    """A repository of somebody's, and our clone of it."""

    path: Path
    clone: Clone
    snapshot: str

    def git(self, *arguments: str) -> str:
        """What git prints of it."""
        return run("--git-dir", str(self.clone.path), *arguments).decode(errors="replace")


def repository(path: Path, folder: Path) -> Repository:
    """Read it as it was some hundred commits ago."""
    clone = Clone(folder / f"{path.name}.git", folder / "gitconfig")
    head = clone.fetch(path)
    line = clone.main_line(head).decode().splitlines()
    return Repository(path, clone, line[min(BACK, len(line) // 2)].split(" ")[0])


def commits(repository: Repository, database: Database) -> LabelledSet:
    """What the messages of later commits say, and the files and functions of that day they touch."""
    keys, _ = _read(repository, database)
    known = set(keys.values())
    listing = repository.git(
        "log", "--no-merges", "--reverse", "--format=%H", f"{repository.snapshot}..refs/sigma/base"
    )
    asked: list[Labelled] = []
    for commit in listing.split():
        asked += _of_commit(repository, commit, known)
        if sum(each.group == COMMIT_FILE for each in asked) >= MOST:
            break
    middle = len(asked) // 2
    asked = [Labelled(each.text, each.answers, each.group, place >= middle) for place, each in enumerate(asked)]

    def key_of(group: str, id_: str) -> str:
        key = keys.get(id_, "")
        return key.partition(":")[0] if group == COMMIT_FILE else key

    return LabelledSet(repository.path.name, database, asked, key_of, _plain(database))


def requests(repository: Repository, database: Database) -> LabelledSet:
    """What requests and changelog entries call a change, and the files of that day that it touched."""
    keys, _ = _read(repository, database)
    known = {key for key in keys.values() if ":" not in key}
    listing = repository.git(
        "log", "--first-parent", "--reverse", "--format=%H", f"{repository.snapshot}..refs/sigma/base"
    )
    asked: list[Labelled] = []
    for commit in listing.split():
        asked += _of_request(repository, commit, known)
        if len(asked) >= MOST:
            break
    middle = len(asked) // 2
    asked = [Labelled(each.text, each.answers, each.group, place >= middle) for place, each in enumerate(asked)]
    return LabelledSet(
        repository.path.name, database, asked, lambda _, id_: keys.get(id_, "").partition(":")[0], _plain(database)
    )


def _of_request(repository: Repository, commit: str, known: set[str]) -> Iterator[Labelled]:
    subject, _, body = repository.git("show", "-s", "--format=%B", commit).strip().partition("\n")
    diff = repository.git("diff", "--no-ext-diff", "-U0", "-M", f"{commit}^1", commit)
    files = known.intersection(_touched(diff))
    if not 1 <= len(files) <= MOST_TOUCHED:
        return
    merged = body.strip().partition("\n")[0] if subject.startswith("Merge pull request") else ""
    squashed = SQUASHED.match(subject)
    title = merged or (squashed[1] if squashed else "")
    if len(title.split()) >= 3 and not NO_QUESTION.match(title):
        yield Labelled(title, frozenset(files), REQUEST_FILE)
    entry = _added_to_changelog(diff)
    if len(entry.split()) >= 4:
        yield Labelled(entry, frozenset(files), CHANGELOG_FILE)


def _added_to_changelog(diff: str) -> str:
    """Lines that came to a changelog, as one text."""
    said, inside = list[str](), False
    for line in diff.splitlines():
        if line.startswith("+++ "):
            inside = CHANGELOG.search(line) is not None
        elif inside and line.startswith("+"):
            said.append(re.sub(r":\w+:`[^`]*`|[`*]|#\d+", "", line[1:]).strip(" -"))
    return " ".join(" ".join(said).split())[:600]


def docstrings(repository: Repository, database: Database) -> LabelledSet:
    """Sentences that only one function has, taken away from it."""
    keys, summaries = _read(repository, database)
    count = Counter(summaries.values())
    asked = {
        id_: said for id_, said in summaries.items() if ":" in keys[id_] and len(said.split()) >= 4 and count[said] == 1
    }
    with database.transaction() as session:
        gone = [int(id_.partition("/")[2]) for id_ in asked]
        session.execute(update(descriptions).where(descriptions.c.entity_id.in_(gone)).values(summary=""))
    questions = [Labelled(said, frozenset({keys[id_]}), DOCSTRING) for id_, said in sorted(asked.items())]
    return LabelledSet(
        repository.path.name, database, questions[:MOST], lambda _, id_: keys.get(id_, ""), _plain(database)
    )


def _read(repository: Repository, database: Database) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """By hit, ``path:name``, and the sentence that it says of itself."""
    project = Project(name="read", path=str(repository.path), head=repository.snapshot, created_at=utc_now())
    with database.transaction() as session:
        session.add(project)
    History(database, utc_now, lambda _: repository.clone).read(project, budget_s=0, tell=lambda _: None)
    found = select(entities, descriptions).join(descriptions, descriptions.c.entity_id == entities.c.id)
    with database.reading() as session:
        rows = session.execute(found).all()
    keys = {f"code/{row.id}": f"{row.path}:{row.name}" if row.name else row.path for row in rows}
    return keys, {f"code/{row.id}": row.summary for row in rows}


def _plain(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        ids = list(session.execute(select(descriptions.c.entity_id)).scalars())
        found = CodeSource().documents(session, ids)
    return [(f"code/{each.key}", " ".join(part.text for part in each.parts)) for each in found]


def _of_commit(repository: Repository, commit: str, known: set[str]) -> Iterator[Labelled]:
    message = repository.git("show", "-s", "--format=%B", commit).strip()
    subject = message.partition("\n")[0]
    if len(subject.split()) < 3 or NO_QUESTION.match(subject):
        return
    text = " ".join(line for line in message.splitlines() if not TRAILER.match(line))[:1500]
    touched = _touched(repository.git("show", "-U0", "--format=", "-M", commit))
    files = known.intersection(touched)
    if 1 <= len(files) <= MOST_TOUCHED:
        yield Labelled(text, frozenset(files), COMMIT_FILE)
        inner = {name for path in files for name in _functions(repository, commit, path, touched[path])} & known
        if 1 <= len(inner) <= MOST_TOUCHED:
            yield Labelled(text, frozenset(inner), COMMIT_FUNCTION)


def _touched(diff: str) -> dict[str, list[tuple[int, int]]]:
    """By file, the old lines that change."""
    found: dict[str, list[tuple[int, int]]] = {}
    path = ""
    for line in diff.splitlines():
        if line.startswith("--- "):
            path = line[6:] if line.startswith("--- a/") else ""
        elif path and (hunk := re.match(r"@@ -(\d+)(?:,(\d+))?", line)):
            start, count = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, []).append((start, start + max(0, count - 1)))
    return found


def _functions(repository: Repository, commit: str, path: str, lines: list[tuple[int, int]]) -> Iterator[str]:
    """The innermost definitions that these lines are in."""
    try:
        tree = ast.parse(repository.git("show", f"{commit}^:{path}"))
    except SyntaxError:
        return
    spans = list(_spans(tree, ""))
    for start, end in lines:
        around = [(begins, name) for begins, ends, name in spans if begins <= end and ends >= start]
        if around:
            yield f"{path}:{max(around)[1]}"


def _spans(node: ast.AST, within: str) -> Iterator[tuple[int, int, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{within}{child.name}"
            yield child.lineno, child.end_lineno or child.lineno, name
            yield from _spans(child, f"{name}.")
        else:
            yield from _spans(child, within)
