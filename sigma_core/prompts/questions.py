"""Asking a slot's prompt: looked up at this moment, filled in, answered, recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigma_core.llm.metered import MeteredModel, UnderCare
from sigma_core.prompts.lookup import Prompts


@dataclass(frozen=True)
class Answered:
    """What a model, or the offline rules, said. `prompt_version` is worker/type@version."""

    data: Mapping[str, Any]
    prompt_version: str
    model: str
    by_model: bool
    """Whether a model said it; otherwise the offline rules did."""


class Questions:
    """The one way for a worker to put a question to the model."""

    def __init__(self, prompts: Prompts, model: MeteredModel) -> None:
        self._prompts, self._model = prompts, model

    @property
    def by_model(self) -> bool:
        """Does a model answer, and not the offline rules?"""
        return self._model.remote

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
    ) -> Answered:
        """The answer to the prompt of a slot (`worker/type`). Call it outside of any transaction.

        `project`: whose text the values hold; None for nobody's. Raises `Invalid` for values that do not fit,
        `Forbidden` where the project keeps its text, `CallFailed` or `BadAnswer`.
        """
        prompt = self._prompts.get(name, run_id=run_id).render(view=view, **values)
        answer = self._model.ask(prompt, worker=name.split("/", maxsplit=1)[0], run_id=run_id, project=project)
        version = f"{prompt.prompt}@{prompt.version}"
        return Answered(answer.data, version, answer.model, by_model=self._model.remote)
