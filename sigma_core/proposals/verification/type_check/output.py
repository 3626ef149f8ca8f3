"""What a type checker printed, as errors that can be compared: places move, and so lines do not count."""

import json
import re
from collections import Counter
from pathlib import PurePosixPath

_ERROR = re.compile(r"^(?P<file>[^:\n]+):(?:\d+:)*\s*error:\s*(?P<message>.*)$", re.MULTILINE)
_LINE = re.compile(r"\bline \d+")

Errors = Counter[str]
"""How often each stands there, ``file: message``."""


def errors_of(checker: str, output: str) -> Errors | None:
    """None where it is no answer of this checker."""
    return _of_mypy(output) if checker == "mypy" else _of_pyright(output)


def _of_mypy(output: str) -> Errors:
    return Counter(_normalized_message(match["file"], match["message"]) for match in _ERROR.finditer(output))


def _of_pyright(output: str) -> Errors | None:
    try:
        found = json.loads(output[output.index("{") : output.rindex("}") + 1])["generalDiagnostics"]
        errors = [each for each in found if each["severity"] == "error"]
        return Counter(
            _normalized_message(each["file"], f"{each['message']} [{each.get('rule', '')}]") for each in errors
        )
    except (ValueError, KeyError, TypeError):
        return None


def _normalized_message(file: str, message: str) -> str:
    return f"{PurePosixPath(file)}: {_LINE.sub('line', ' '.join(message.split()))}"
