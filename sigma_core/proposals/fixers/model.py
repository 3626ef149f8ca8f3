"""A fixer that asks the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sigma_core.experiments.tunable_catalog import DREAM_LINES
from sigma_core.issues.detectors.ruff import SYNTAX_ERROR
from sigma_core.issues.fingerprint import stands_at
from sigma_core.issues.source import SourceFile
from sigma_core.issues.tables import Issue
from sigma_core.llm.errors import BadAnswer
from sigma_core.llm.model import Check
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Answered, Questions
from sigma_core.proposals.diff import make
from sigma_core.proposals.fixers.base import Fixed, Reader
from sigma_core.proposals.fixers.passages import Replacement, replace_passages
from sigma_core.redaction import redact

PROMPT = "dream/error_fix"

_PRIOR = 0.5
"""Confidence until acceptance has been learned: as likely as not."""
_BOM = "\ufeff"
_MAX_TITLE = 200


@dataclass(frozen=True)
class ModelFixer:
    """Asks for a fix where a model is configured and the project allows its text to be sent.

    `project` looks a project up by id. `run_id` goes into the usage rows: use `dataclasses.replace` for each run.
    """

    questions: Questions
    project: Callable[[int], Project]
    run_id: int | None = None
    lines_around: int = DREAM_LINES.default
    """Of the file shown before and after the issue."""

    name = "model"

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:
        """None without leave to ask, for a file that has changed, or where the model sees no safe fix.

        Raises `CallFailed` when the model cannot be asked, `BadAnswer` when its changes do not fit the file or would
        leave it so that it cannot be parsed.
        """
        project = self.project(issue.project_id)
        if not (self.questions.by_model and self.questions.allows(project)):
            return None
        before = read(issue.file)
        source = SourceFile(issue.file, before.removeprefix(_BOM))
        if not stands_at(source, issue):
            return None
        said = self._ask(issue, source, context, project, partial(_rewritten, issue, before))
        after = _rewritten(issue, before, said.data)
        if after is None:
            return None
        return Fixed(
            diff=make(issue.file, before, after),
            title=_title(issue, source),
            description=_description(issue, said),
            confidence=_PRIOR,
            fixer=self.name,
            prompt_version=said.prompt_version,
            model_answer=redact(said.text),
        )

    def _ask(
        self, issue: Issue, source: SourceFile, context: Sequence[str], project: Project, check: Check
    ) -> Answered:
        values = asked_values(issue, source, context, self.lines_around)
        return self.questions.ask(PROMPT, values, run_id=self.run_id, project=project, check=check)


def asked_values(
    issue: Issue, source: SourceFile, context: Sequence[str], lines_around: int = DREAM_LINES.default
) -> dict[str, object]:
    """What the prompt is filled in with."""
    first = max(1, issue.line - lines_around)
    return {
        "rule": issue.rule,
        "severity": issue.severity,
        "line": issue.line,
        "message": issue.message,
        "file": issue.file,
        "first_line": first,
        "code": "\n".join(source.lines[first - 1 : issue.end_line + lines_around]),
        "knowledge": "\n\n".join(context) or None,
    }


def _rewritten(issue: Issue, before: str, data: Mapping[str, Any]) -> str | None:
    """The file with the changes that an answer names; None without any. Raises `BadAnswer` where they do not fit."""
    changes = _changes(data)
    if not changes:
        return None
    after = replace_passages(issue.file, before, changes)
    if _breaks(issue, before, after):
        raise BadAnswer(f"With the model's changes {issue.file} is no Python any more.")
    return after


def _breaks(issue: Issue, before: str, after: str) -> bool:
    """Whether a change leaves text that cannot be parsed. Syntax newer than this Python's is left to verification."""
    if not issue.file.endswith((".py", ".pyi")) or _parses(after):
        return False
    return issue.rule == SYNTAX_ERROR or _parses(before)


def _parses(text: str) -> bool:
    return SourceFile("", text.removeprefix(_BOM)).parses


def _changes(data: Mapping[str, Any]) -> list[Replacement]:
    return [Replacement(**change) for change in data["changes"]]


def _title(issue: Issue, source: SourceFile) -> str:
    definition = source.enclosing(issue.line)
    where = f"`{definition}` ({issue.file})" if definition else issue.file
    return f"Resolve {issue.rule} in {where}"[:_MAX_TITLE]


def _description(issue: Issue, said: Answered) -> str:
    reasons = "\n".join(f"- {change.explanation}" for change in _changes(said.data))
    head = f"{issue.file}:{issue.line}: {issue.message} ({issue.detector} {issue.rule})."
    return redact(f"{head}\nWritten by the model {said.model}, which says:\n{reasons}")
