"""A question that a person puts to a version of a prompt, to see what comes of it. No worker reads the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sigma_core.errors import SigmaError, Unavailable
from sigma_core.llm.model import ModelAnswer, Rendered, UnderCare
from sigma_core.prompts import testing
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.questions import Questions

LABEL = "playground"
"""The label that its calls are recorded under."""
APART = (testing.LABEL, LABEL)
"""Labels of calls that no worker made."""


@dataclass(frozen=True)
class PlaygroundQuestion:
    """A version of a prompt with its values, for a model; None: the one that workers ask."""

    prompt: str
    number: int
    model: str | None = None
    view: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaygroundAnswer:
    """What came of a question. With `error` there is no text that could be used."""

    question: PlaygroundQuestion
    model: str
    text: str = ""
    latency_ms: int | None = None
    cost_nano_usd: int | None = None
    """None without a known price."""
    error: str | None = None


class Playground:
    """Asks on the metered way, within budgets, under a label of its own.

    `price` tells what an answer cost, `worst` what a prompt costs a model at most.
    """

    def __init__(
        self,
        catalog: PromptCatalog,
        questions: Questions,
        *,
        price: Callable[[ModelAnswer], int | None],
        worst: Callable[[Rendered, str | None], int | None],
    ) -> None:
        self._catalog, self._questions = catalog, questions
        self._price, self._worst = price, worst

    @property
    def is_open(self) -> bool:
        """Is there a model server to ask? The offline rules answer whatever a prompt says."""
        return self._questions.by_model

    def worst(self, question: PlaygroundQuestion) -> int | None:
        """What it costs at most, in nano-USD; None without a price. Raises `Invalid` for values that do not fit."""
        return self._worst(self._rendered(question), question.model)

    def ask(self, question: PlaygroundQuestion, project: UnderCare | None) -> PlaygroundAnswer:
        """The answer, or why there is none. `project`: whose text the values hold.

        Call it outside of any transaction; it waits for the model server.
        """
        asked = question.model or self._questions.model_name
        try:
            if not self.is_open:
                raise Unavailable("No model server is configured, and the offline rules answer whatever a prompt says.")
            rendered = self._rendered(question)
            worker = question.prompt.partition("/")[0]
            said = self._questions.put(
                rendered, worker=worker, run_id=None, project=project, model=question.model
            ).answer
        except SigmaError as error:
            return PlaygroundAnswer(question, asked, error=str(error))
        return PlaygroundAnswer(question, said.model, said.text, said.latency_ms, self._price(said))

    def _rendered(self, question: PlaygroundQuestion) -> Rendered:
        prompt = self._catalog.prompt(question.prompt, question.number).under(LABEL)
        return prompt.render(view=question.view, **question.values)
