"""A fixer that asks the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sigma_core.issues.fingerprint import stands_at
from sigma_core.issues.source import Source
from sigma_core.issues.tables import Issue
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.model import Rendered
from sigma_core.projects.tables import Project
from sigma_core.prompts.lookup import Prompts
from sigma_core.proposals.diff import make
from sigma_core.proposals.fixers.base import Fixed, Reader
from sigma_core.proposals.fixers.passages import Replacement, replace_passages
from sigma_core.redaction import redact

PROMPT = "dream/error_fix"
LINES_AROUND = 80
"""Lines of the file shown before and after the issue."""

_PRIOR = 0.5
"""Confidence until acceptance has been learned: as likely as not."""
_BOM = "\ufeff"
_MAX_TITLE = 200


@dataclass(frozen=True)
class ModelFixer:
    """Asks for a fix where a model is configured and the project allows its text to be sent.

    `project` looks a project up by id. `run_id` goes into the usage rows: use `dataclasses.replace` for each run.
    """

    model: MeteredModel
    prompts: Prompts
    project: Callable[[int], Project]
    run_id: int | None = None

    name = "model"

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:
        """None without leave to ask, for a file that has changed, or where the model sees no safe fix.

        Raises `CallFailed` when the model cannot be asked, `BadAnswer` when its changes do not fit the file.
        """
        project = self.project(issue.project_id)
        if not (self.model.remote and self.model.allows(project)):
            return None
        before = read(issue.file)
        source = Source(issue.file, before.removeprefix(_BOM))
        if not stands_at(source, issue):
            return None
        prompt = self._prompt(issue, source, context)
        answer = self.model.ask(prompt, worker="dream", run_id=self.run_id, project=project)
        changes = [Replacement(**change) for change in answer.data["changes"]]
        if not changes:
            return None
        return Fixed(
            diff=make(issue.file, before, replace_passages(issue.file, before, changes)),
            title=_title(issue, source),
            description=_description(issue, changes, answer.model),
            confidence=_PRIOR,
            fixer=self.name,
            prompt_version=f"{prompt.prompt}@{prompt.version}",
            model_answer=redact(answer.text),
        )

    def _prompt(self, issue: Issue, source: Source, context: Sequence[str]) -> Rendered:
        first = max(1, issue.line - LINES_AROUND)
        return self.prompts.get(PROMPT, run_id=self.run_id).render(
            rule=issue.rule,
            severity=issue.severity,
            line=issue.line,
            message=issue.message,
            file=issue.file,
            first_line=first,
            code="\n".join(source.lines[first - 1 : issue.end_line + LINES_AROUND]),
            knowledge="\n\n".join(context) or None,
        )


def _title(issue: Issue, source: Source) -> str:
    definition = source.enclosing(issue.line)
    where = f"`{definition}` ({issue.file})" if definition else issue.file
    return f"Resolve {issue.rule} in {where}"[:_MAX_TITLE]


def _description(issue: Issue, changes: Sequence[Replacement], model: str) -> str:
    reasons = "\n".join(f"- {change.explanation}" for change in changes)
    head = f"{issue.file}:{issue.line}: {issue.message} ({issue.detector} {issue.rule})."
    return redact(f"{head}\nWritten by the model {model}, which says:\n{reasons}")
