"""The part of an answer with embeddings that is read."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel

from sigma_core.llm.server_json import Optional, Tokens, document


class _Vector(BaseModel):
    embedding: list[float]
    index: Tokens = None


class _Usage(BaseModel):
    prompt_tokens: Tokens = None


class Embeddings(BaseModel):
    """A server's vectors."""

    data: list[_Vector]
    usage: Annotated[_Usage | None, Optional] = None

    @classmethod
    def read(cls, body: bytes) -> "Embeddings":
        """The answer in a response's body. Raises `ValueError` for what is no such answer."""
        return cls.model_validate(document(body))

    @property
    def vectors(self) -> Sequence[Sequence[float]]:
        """In the order of the texts: as numbered, or as they come where none is numbered.

        Raises `ValueError` where a number is missing or stands twice.
        """
        numbers = [each.index for each in self.data]
        if set(numbers) == {None}:
            return [each.embedding for each in self.data]
        by_number = {each.index: each.embedding for each in self.data}
        if set(by_number) != set(range(len(self.data))):
            raise ValueError("the vectors are not numbered one by one")
        return [by_number[number] for number in range(len(self.data))]

    @property
    def input_tokens(self) -> int | None:
        """As the server counted them."""
        return self.usage.prompt_tokens if self.usage else None
