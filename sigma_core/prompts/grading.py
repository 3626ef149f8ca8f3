"""A model as the judge of another answer. Its prompt ships with SIGMA and is pinned by the digest of its file."""

from pathlib import Path

from sigma_core.errors import SigmaError
from sigma_core.prompts import files
from sigma_core.prompts.questions import Questions

_FILE = Path(__file__).parent / "judge.md"


class ModelJudge:
    """Asks the configured model whether an answer meets a demand."""

    def __init__(self, questions: Questions) -> None:
        self._questions, self._prompt = questions, files.pinned("prompts/judge", _FILE)

    def __call__(self, demand: str, answer: str) -> tuple[bool, str]:
        """Does it, and why. A judge that cannot be asked finds nothing good."""
        try:
            prompt = self._prompt.render(demand=demand, answer=answer)
            said = self._questions.put(prompt, worker="prompts", run_id=None, project=None).data
        except SigmaError as error:
            return False, f"the judge failed: {error}"
        return bool(said["met"]), str(said["why"])
