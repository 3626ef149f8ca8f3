"""A model server that does what its instructions say, and rewords them by rule: evolution without a model."""

import json
import re
from typing import Any

from fakes.chat_server import ChatServer, Reply, answer, failure

ASKED_TO_SHOUT = "Answer in capitals."
_DATA = r"<data [0-9a-f]{{32}} {name}>\n(.*?)\n</data "


class RewordingServer(ChatServer):
    """Echoes `code`, in capitals if its system text says so. Asked for other words, it adds what the faults ask for.

    `rewords` is what it adds; `fails_after` calls of the echo it answers no more.
    """

    def __init__(self, rewords: str = ASKED_TO_SHOUT) -> None:
        super().__init__()
        self.rewords = rewords
        self.loses = ""
        """Words that it takes out whenever it rewords."""
        self.echoed = 0
        self.reflected: list[str] = []

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:  # noqa: ARG002 (as it is called)
        """By rule, whatever is scripted."""
        self.requests.append(request)
        system, user = (str(message["content"]) for message in request["messages"][:2])
        if system.startswith("You reword one text"):
            return self._reword(user)
        code = _data(user, "code")
        if code is None:
            return failure(400, "there is no code in it")
        self.echoed += 1
        return answer({"said": code.upper() if ASKED_TO_SHOUT in system else code})

    def _reword(self, user: str) -> Reply:
        self.reflected.append(user)
        text = _data(user, "text") or ""
        wrong = [each["wrong"] for each in json.loads(_data(user, "cases") or "[]") if each["wrong"] != "nothing"]
        if self.loses:
            text = text.replace(self.loses, "")
        return answer({"reason": f"{len(wrong)} answers were not loud.", "text": f"{text}\n{self.rewords}".strip()})


def _data(user: str, name: str) -> str | None:
    found = re.search(_DATA.format(name=name), user, re.DOTALL)
    return found[1] if found else None
