"""What a question asks of the code, told by how it is put. No model is asked; what fits no form is asked of nobody."""

import re
from dataclasses import dataclass
from enum import StrEnum

from sigma_core.recall import asked_forms


class Asking(StrEnum):
    """Questions that the code's own graph answers."""

    BREAKS = "breaks"
    TESTS = "tests"
    CHANGED = "changed"
    TRIED = "tried"


@dataclass(frozen=True)
class CodeQuestion:
    """What is asked, and of what, as the question names it."""

    asking: Asking
    subject: str


_PATTERNS = tuple(
    (asking, re.compile(form, re.IGNORECASE))
    for asking, of in (
        (Asking.TRIED, asked_forms.TRIED),
        (Asking.TESTS, asked_forms.TESTS),
        (Asking.BREAKS, asked_forms.BREAKS),
        (Asking.CHANGED, asked_forms.HISTORY),
    )
    for form in of
)
_QUOTED = re.compile(r"[`'\"‘“]([^`'\"’”]+)[`'\"’”]")
_TAIL = re.compile(
    r"(?:[\s,]+(?:and why|why|and when|when|last(?: time)?|here|now|before|so far|recently|again|ever|already|best"
    r"|anywhere|in the code(?: base)?))+$",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"^(?:(?:the|a|an|this|that|our|my|rule|function|method|class|module|file|code of|code for|issues?|findings?"
    r"|warnings?)\s+)+",
    re.IGNORECASE,
)
_KIND = re.compile(r"(?<=\w) (?:function|method|class|module|file)$", re.IGNORECASE)


def understood(question: str) -> CodeQuestion | None:
    """What a question asks of the code; None for any other question."""
    plain = asked_forms.CONTRACTED.sub(r"\1 is", " ".join(question.split()).rstrip(" ?!."))
    for lead in asked_forms.LEADS:
        plain = lead.sub("", plain)
    plain = _TAIL.sub("", plain)
    for asking, pattern in _PATTERNS:
        if (found := pattern.fullmatch(plain)) is not None and (subject := _subject(found["it"])):
            return CodeQuestion(asking, subject)
    return None


def _subject(said: str) -> str:
    """The name in it: what is quoted, else all but the words around it."""
    if (quoted := _QUOTED.search(said)) is not None:
        return quoted[1].removesuffix("()").strip()
    return _KIND.sub("", _HEAD.sub("", _TAIL.sub("", said.strip()))).removesuffix("()").strip()
