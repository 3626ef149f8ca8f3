"""What a question asks of the code, told by how it is put. No model is asked; what fits no form is asked of nobody."""

import re
from dataclasses import dataclass
from enum import StrEnum


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


_CHANGE = r"(?:touch|chang|edit|modif|renam|remov|delet|refactor|rewrit|break)\w*"
_CHANGED = r"(?:chang|touch|edit|modif|writ|wrote|rewritt|broke|fix|mend|add|introduc)\w*"
_MAY = r"(?:(?:do|does|will|would|could|can|may|might|should|must) )?"
_SOMEBODY = r"(?: (?:i|we|you|one|somebody|someone))?"
_FORMS: tuple[tuple[Asking, str], ...] = (
    (
        Asking.TRIED,
        r"what (?:was|were|has been|have we|did we|did you) (?:already )?"
        r"(?:try|tried|attempted|done|decided|proposed|suggested)(?: already)?"
        r" (?:on|about|against|for|with|to) (?P<it>.+)",
    ),
    (
        Asking.TRIED,
        r"what (?:happened|became) (?:to|with|of) (?:the )?(?:proposals?|fix(?:es)?|attempts?)"
        r" (?:on|for|of|to|about|against) (?P<it>.+)",
    ),
    (
        Asking.TESTS,
        rf"(?:which|what) tests? {_MAY}(?:run|cover|exercise|check|test|reach|execute|guard)\w* (?P<it>.+)",
    ),
    (
        Asking.TESTS,
        rf"(?:which|what) tests? (?:should|must|do|can) (?:i|we) run (?:if|when|after|before)"
        rf"{_SOMEBODY} {_CHANGE} (?P<it>.+)",
    ),
    (Asking.TESTS, r"(?:how|where|by what|by which tests?) (?:is|are) (?P<it>.+?) (?:tested|covered)"),
    (Asking.TESTS, r"(?:is|are) (?P<it>.+?) (?:tested|covered)(?: by (?:a |any )?tests?)?"),
    (Asking.TESTS, r"(?:the )?tests? (?:of|for) (?P<it>.+)"),
    (
        Asking.BREAKS,
        rf"what (?:else )?{_MAY}(?:break|fail|be affected|suffer|stop working|is affected|is at risk)s?"
        rf"(?: by| if| when| once){_SOMEBODY} {_CHANGE} (?P<it>.+)",
    ),
    (
        Asking.BREAKS,
        r"(?:who|what)(?: else)? (?:calls|uses|imports|depends on|inherits from|derives from|relies on) (?P<it>.+)",
    ),
    (Asking.BREAKS, rf"(?:what is )?(?:the )?(?:blast radius|impact|reach|effect) of (?:{_CHANGE} )?(?P<it>.+)"),
    (Asking.CHANGED, rf"who (?:has |had )?(?:last |recently )?{_CHANGED} (?P<it>.+)"),
    (Asking.CHANGED, r"who (?:knows|owns|maintains) (?P<it>.+)"),
    (Asking.CHANGED, rf"(?:why|when) (?:was|were|is|has|did) (?P<it>.+?) (?:last |been )*{_CHANGED}"),
    (Asking.CHANGED, r"what (?:has )?(?:last )?changed in (?P<it>.+)"),
    (
        Asking.CHANGED,
        r"(?:the )?(?:last|latest|recent|newest) (?:change|commit|fix|edit)\w* (?:of|to|in|on) (?P<it>.+)",
    ),
)
_PATTERNS = tuple((asking, re.compile(form, re.IGNORECASE)) for asking, form in _FORMS)
_QUOTED = re.compile(r"[`'\"‘“]([^`'\"’”]+)[`'\"’”]")
_TAIL = re.compile(
    r"(?:[\s,]+(?:and why|why|and when|when|last(?: time)?|here|now|before|so far|recently|again))+$", re.IGNORECASE
)
_HEAD = re.compile(
    r"^(?:(?:the|a|an|this|that|our|my|rule|function|method|class|module|file|code of|code for)\s+)+", re.IGNORECASE
)


def understood(question: str) -> CodeQuestion | None:
    """What a question asks of the code; None for any other question."""
    plain = " ".join(question.split()).rstrip(" ?!.")
    for asking, pattern in _PATTERNS:
        if (found := pattern.fullmatch(plain)) is not None and (subject := _subject(found["it"])):
            return CodeQuestion(asking, subject)
    return None


def _subject(said: str) -> str:
    """The name in it: what is quoted, else all but the words around it."""
    if (quoted := _QUOTED.search(said)) is not None:
        return quoted[1].removesuffix("()").strip()
    return _HEAD.sub("", _TAIL.sub("", said.strip())).removesuffix("()").strip()
