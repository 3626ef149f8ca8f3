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


class Questions:
    """The one way for a worker to put a question to the model."""

    def __init__(self, prompts: Prompts, model: MeteredModel) -> None:
        self._prompts, self._model = prompts, model

    def ask(
        self, name: str, *, run_id: int | None, project: UnderCare | None, view: str | None = None, **values: object
    ) -> Answered:
        """The answer to the prompt of a slot (`worker/type`). Call it outside of any transaction.

        `project`: whose text the values hold; None for nobody's. Raises `Invalid` for values that do not fit,
        `Forbidden` where the project keeps its text, `CallFailed` or `BadAnswer`.
        """
        prompt = self._prompts.get(name, run_id=run_id).render(view=view, **values)
        answer = self._model.ask(prompt, worker=name.split("/", maxsplit=1)[0], run_id=run_id, project=project)
        return Answered(answer.data, f"{prompt.prompt}@{prompt.version}", answer.model)
