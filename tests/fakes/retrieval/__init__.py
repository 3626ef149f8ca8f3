"""A labelled retrieval set: over a thousand documents of all kinds, over two hundred questions with their answers.

How it was made: the notes and the questions to them were written by hand, in other words on purpose. Facts, issues and
knowledge about an invented company are made from hand-written pieces by a fixed seed, and so are the questions about
exact words, identifiers and two steps, in several wordings each. No question was changed or left out for being answered
badly.
"""

from fakes.retrieval.company import Company
from fakes.retrieval.questions import GROUPS, Asked, questions
from fakes.retrieval.stored import store_all

__all__ = ["GROUPS", "Asked", "Company", "questions", "store_all"]
