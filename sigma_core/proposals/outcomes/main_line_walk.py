"""Changes followed through commits of the main line: which of them touched their files, and what stood there after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sigma_core.codebase.commit_log import LoggedCommit
from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.message import reverted_commits
from sigma_core.errors import NotFound
from sigma_core.projects.git import Clone
from sigma_core.proposals.outcomes.content import Standing
from sigma_core.proposals.outcomes.course import Course, PassedCommit
from sigma_core.proposals.outcomes.marks import FileMark, together

MOST_BYTES = 1_000_000
"""Of a file that is looked into."""


@dataclass
class FollowedFiles:
    """The files of one change as they are now, and its course."""

    course: Course
    clone: Clone
    start: str
    marks: Callable[[], Sequence[FileMark] | None]
    ours: str | None
    """The commit on a branch of ours."""
    reached_by: str | None = None

    @cached_property
    def _marks(self) -> Sequence[FileMark] | None:
        return self.marks()

    @cached_property
    def _standings(self) -> list[Standing]:
        """How the change stands in each file."""
        return [
            Standing.DONE if each.mark is None else each.mark.standing_in(self._text_at_start(path))
            for path, each in zip(self.course.paths, self._marks or (), strict=False)
        ]

    def look(
        self, step: PassedCommit, commit: LoggedCommit, found: Mapping[int, TreeChange], texts: Mapping[str, str]
    ) -> None:
        """After a commit that touched its files."""
        marks = self._marks
        if marks is None:
            self.course.is_over = True
            return
        known = self._standings
        for number, change in found.items():
            mark = marks[number].mark if number < len(marks) else None
            text = texts.get(change.new_blob) if change.new_path is not None else None
            is_large = change.new_path is not None and text is None
            if mark is not None:
                known[number] = Standing.UNREADABLE if is_large else mark.standing_in(text)
            self.course.paths[number] = change.new_path or self.course.paths[number]
        standing = together([each for each, mark in zip(known, marks, strict=False) if mark.mark is not None])
        was_reached = self.course.reached is not None
        how = self._went(commit) if was_reached else self._came(commit, marks, found, texts)
        self.course.go_on(step, standing, how if standing in (Standing.DONE, Standing.UNDONE) else "")
        if not was_reached and self.course.reached is not None:
            self.reached_by = step.id

    def standing(self) -> Standing:
        """Before the first commit that is looked at."""
        if self._marks is None:
            return Standing.UNREADABLE
        return together([each for each, of in zip(self._standings, self._marks, strict=False) if of.mark is not None])

    def _came(
        self, commit: LoggedCommit, marks: Sequence[FileMark], found: Mapping[int, TreeChange], texts: Mapping[str, str]
    ) -> str:
        if self.ours is not None and self.clone.is_ancestor(self.ours, commit.id):
            return "ours"
        said = [
            marks[number].lines_changed_as_in(texts.get(change.old_blob, ""), texts.get(change.new_blob, ""))
            for number, change in found.items()
            if number < len(marks)
        ]
        if False in said:
            return "by_hand"
        return "same" if all(said) and len(commit.changes) == len(self.course.paths) else "squashed"

    def _went(self, commit: LoggedCommit) -> str:
        told = reverted_commits(commit.subject, commit.body)
        return "revert" if self.reached_by and any(self.reached_by.startswith(each) for each in told) else "by_hand"

    def _text_at_start(self, path: str) -> str | None:
        try:
            return self.clone.read(self.start, path).decode("utf-8", "surrogateescape")
        except NotFound:
            return None


def walk(
    clone: Clone, files: Sequence[FollowedFiles], steps: Sequence[PassedCommit], commits: Mapping[str, LoggedCommit]
) -> None:
    """Take all of them through these commits, the oldest first."""
    touched = list(_touched([list(each.course.paths) for each in files], [commits[step.id] for step in steps]))
    changes = [change for found in touched for mine in found.values() for change in mine.values()]
    wanted = {blob for each in changes for blob in (each.old_blob, each.new_blob) if blob.strip("0")}
    read = clone.contents(sorted(wanted), MOST_BYTES)
    texts = {blob: content.decode("utf-8", "surrogateescape") for blob, content in read.items()}
    for step, found in zip(steps, touched, strict=True):
        for number, each in enumerate(files):
            if each.course.is_over:
                continue
            if number in found:
                each.look(step, commits[step.id], found[number], texts)
            else:
                each.course.go_on(step)


def _touched(
    paths: Sequence[list[str]], commits: Sequence[LoggedCommit]
) -> Iterator[Mapping[int, Mapping[int, TreeChange]]]:
    """Of each commit, which of the changes had files touched, where these lay by then."""
    for commit in commits:
        by_path = {each.new_path or "": each for each in commit.changes}
        by_path |= {each.old_path: each for each in commit.changes if each.old_path}
        found = {}
        for number, mine in enumerate(paths):
            here = {position: by_path[path] for position, path in enumerate(mine) if path in by_path}
            if here:
                found[number] = here
                for position, change in here.items():
                    mine[position] = change.new_path or mine[position]
        yield found
