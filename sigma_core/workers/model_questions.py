"""A worker's questions in one cycle. What goes wrong with one costs its answer, never the cycle."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from sigma_core.errors import BudgetExceeded, Forbidden
from sigma_core.llm.errors import BadAnswer, CallFailed, ModelBusy, ModelUnavailable, RequestRefused, figure_of
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Answered, Questions


class NoAnswer(StrEnum):
    """Why a question has no answer: it may be asked again in another cycle, or it was answered badly."""

    LATER = "later"
    NEVER = "never"


class ModelQuestions:
    """Asks about one project in one run, and counts what it had to do without."""

    def __init__(self, questions: Questions, project: Project, run_id: int) -> None:
        self._questions, self._project, self._run_id = questions, project, run_id
        self._away = False
        self.postponed = False
        """Whether a question was left for another cycle."""
        self._counts = Counter[str]()

    @property
    def figures(self) -> Mapping[str, int]:
        """Questions without an answer: `skipped` for a budget's sake, `model_failures`."""
        return self._counts

    def __call__(self, name: str, /, **values: object) -> Answered | NoAnswer:
        """The answer to a slot's prompt. A server that does not answer is not asked again in this cycle."""
        said = self._answer(name, values)
        self.postponed |= said is NoAnswer.LATER
        return said

    def _answer(self, name: str, values: Mapping[str, object]) -> Answered | NoAnswer:
        if self._away or not self._questions.allows(self._project):
            return NoAnswer.LATER
        try:
            return self._questions.ask(name, values, run_id=self._run_id, project=self._project)
        except (BudgetExceeded, Forbidden, CallFailed, BadAnswer) as error:
            # The call's usage row tells what was wrong with it
            if (figure := figure_of(error)) is not None:
                self._counts[figure] += 1
            self._away |= isinstance(error, ModelUnavailable | ModelBusy)
            return NoAnswer.NEVER if isinstance(error, RequestRefused | BadAnswer) else NoAnswer.LATER
