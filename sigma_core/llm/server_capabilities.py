"""What a server understands: the same request in ever plainer words, until it is accepted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sigma_core.llm.model import ChatMessage, ModelRequest

FORMATS = ("strict", "schema", "object", "plain")
"""How the answer's shape is asked for, the surest first."""
_FORMAT_COMPLAINT = re.compile(r"response_format|json_schema|json_object|schema|grammar", re.IGNORECASE)


@dataclass(frozen=True)
class ServerCapabilities:
    """The variant of the chat completions request that a server accepts."""

    format: str = FORMATS[0]
    tokens_field: str = "max_tokens"
    temperature: bool = True

    def body(self, model: str, request: ModelRequest) -> dict[str, Any]:
        """The request's JSON body."""
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in self._messages(request)],
            self.tokens_field: request.max_output_tokens,
        }
        if self.temperature:
            body["temperature"] = request.temperature
        response_format = self._response_format(request)
        if response_format is not None:
            body["response_format"] = response_format
        return body

    def conceding(self, complaint: str) -> "ServerCapabilities | None":
        """The next plainer dialect that meets the server's complaint, or None when it is about something else."""
        if self.temperature and "'temperature'" in complaint:
            return replace(self, temperature=False)
        if self.tokens_field == "max_tokens" and "max_completion_tokens" in complaint:
            return replace(self, tokens_field="max_completion_tokens")
        if self.format != FORMATS[-1] and _FORMAT_COMPLAINT.search(complaint):
            return replace(self, format=FORMATS[FORMATS.index(self.format) + 1])
        return None

    def _response_format(self, request: ModelRequest) -> Mapping[str, Any] | None:
        if self.format == "plain":
            return None
        if self.format == "object":
            return {"type": "json_object"}
        name = re.sub(r"\W", "_", request.prompt)[:64]
        schema = {"name": name, "strict": self.format == "strict", "schema": dict(request.schema)}
        return {"type": "json_schema", "json_schema": schema}

    def _messages(self, request: ModelRequest) -> tuple[ChatMessage, ...]:
        """The conversation, with the schema in words where the server cannot be given it."""
        if self.format in {"strict", "schema"}:
            return request.messages
        wish = "Answer with one JSON object and nothing else. It has to fit this JSON schema:\n" + json.dumps(
            request.schema
        )
        return (ChatMessage("system", wish), *request.messages)
