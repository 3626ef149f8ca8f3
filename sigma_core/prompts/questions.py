"""The one way to put a question to a model: looked up at this moment or brought along, answered, recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.model import Check, ModelAnswer, Rendered, UnderCare
from sigma_core.prompts.lookup import Prompts


@dataclass(frozen=True)
class Answered:
    """What a model, or the offline rules, said to a prompt."""

    prompt: Rendered
    answer: ModelAnswer
    by_model: bool
    """Whether a model said it; otherwise the offline rules did."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What was said, as the prompt's schema has it."""
        data: Mapping[str, Any] = self.answer.data
        return data

    @property
    def text(self) -> str:
        """The answer as it came."""
        return self.answer.text

    @property
    def model(self) -> str:
        """Who answered."""
        return self.answer.model

    @property
    def prompt_version(self) -> str:
        """The prompt that was asked, as worker/type@version."""
        return f"{self.prompt.prompt}@{self.prompt.version}"


class Questions:
    """Whoever asks a model asks here, so that each question leaves one usage row with its prompt, version and run."""

    def __init__(self, prompts: Prompts, model: MeteredModel) -> None:
        self._prompts, self._model = prompts, model

    @property
    def by_model(self) -> bool:
        """Does a model answer, and not the offline rules?"""
        return self._model.remote

    @property
    def model_name(self) -> str:
        """Who answers, as usage rows show it."""
        return self._model.name

    def allows(self, project: UnderCare) -> bool:
        """May this project's text be sent to who answers?"""
        return self._model.allows(project)

    def ask(
        self,
        name: str,
        values: Mapping[str, object],
        *,
        run_id: int | None,
        project: UnderCare | None,
        view: str | None = None,
        check: Check | None = None,
    ) -> Answered:
        """The answer to the prompt that is in use in a slot (`worker/type`). Call it outside of any transaction.

        `project`: whose text the values hold; None for nobody's. `check` raises `BadAnswer` for data that fit the
        schema and cannot be used all the same. Raises `Invalid` for values that do not fit, `Forbidden` where the
        project keeps its text, `BudgetExceeded`, `CallFailed` or `BadAnswer`.
        """
        prompt = self._prompts.get(name, run_id=run_id).render(view=view, **values)
        worker = name.split("/", maxsplit=1)[0]
        return self.put(prompt, worker=worker, run_id=run_id, project=project, check=check)

    def put(
        self,
        prompt: Rendered,
        *,
        worker: str,
        run_id: int | None,
        project: UnderCare | None,
        check: Check | None = None,
        model: str | None = None,
    ) -> Answered:
        """The answer to a prompt that the asker brings along, of the model named, if any. As `ask` otherwise."""
        answer = self._model.ask(prompt, worker=worker, run_id=run_id, project=project, model=model, check=check)
        return Answered(prompt, answer, by_model=self._model.remote)
