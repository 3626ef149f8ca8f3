"""Answers a question from the graph of the code where it asks something of that, beside what recall finds."""

import re

from sigma_core.recall.answer import Answer, Attempts, Sentence
from sigma_core.recall.asked import Asking, CodeQuestion, understood
from sigma_core.recall.code_answers import CodeAnswers
from sigma_core.recall.subjects import Subject, Subjects

_RULE = re.compile(r"\b([A-Z]{1,8}\d{2,5})\b")


class Answering:
    """Which question it is, what it is about, and who can answer it."""

    def __init__(self, subjects: Subjects, code: CodeAnswers, attempts: Attempts) -> None:
        self._subjects, self._code, self._attempts = subjects, code, attempts

    def answer(self, question: str, project_id: int | None) -> Answer | None:
        """None where it asks nothing of the code, or of nothing that is known."""
        asked = understood(question)
        if asked is None:
            return None
        rule = _RULE.search(asked.subject)
        if asked.asking is Asking.TRIED and rule is not None:
            tried = self._attempts(project_id, rule[1])
            return Answer(asked.asking, rule[1], project_id, tried) if tried else None
        subject = self._subjects.meant(asked.subject, project_id)
        sentences = self._about(asked, subject) if subject else []
        return Answer(asked.asking, subject.name, subject.project_id, sentences) if subject and sentences else None

    def _about(self, asked: CodeQuestion, subject: Subject) -> list[Sentence]:
        if asked.asking is Asking.TRIED:
            return list(self._attempts(subject.project_id, subject.path))
        return {
            Asking.BREAKS: self._code.breaks,
            Asking.TESTS: self._code.tests,
            Asking.CHANGED: self._code.changed,
        }[asked.asking](subject)
