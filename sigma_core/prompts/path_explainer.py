"""A model tells a path of the graph. Its prompt ships with SIGMA and is pinned by the digest of its file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sigma_core.llm.model import UnderCare
from sigma_core.prompts import files
from sigma_core.prompts.questions import Questions
from sigma_core.redaction import redact

_FILE = Path(__file__).parent / "path.md"


class PathExplainer:
    """Asks the configured model for words. Whoever uses them checks them against the path."""

    def __init__(self, questions: Questions) -> None:
        self._questions, self._prompt = questions, files.pinned("prompts/path", _FILE)

    def __call__(self, steps: Sequence[Mapping[str, str]], project: UnderCare | None) -> str:
        """The path's facts in words. Raises as `Questions.put` does."""
        prompt = self._prompt.render(steps=[dict(step) for step in steps])
        said = self._questions.put(prompt, worker="think", run_id=None, project=project).data
        return redact(str(said["explanation"]))
