"""How well documents answer a question by their words: BM25, from impacts that are stored with the words."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from sqlalchemy import Float, String, bindparam, case, func, or_, select
from sqlmodel import Session

from sigma_core.prepared import Prepared, one_of
from sigma_core.recall.tables import document, word

K1, B = 1.2, 0.75
"""Usual values: how soon a word's repetitions stop counting, and how much long texts are held back."""
USUAL_WORDS = 25
"""A document's usual length; fixed, so that what is stored with a word holds however many documents follow."""
HIGHEST_IMPACT = K1 + 1
MOST_READ = 2000
"""Occurrences from which on further, commoner words only add to what rarer ones found: they tell little."""
COMMON = 500
"""Documents from which on a word's count is remembered."""
DRIFT = 0.02
"""Share by which the number of documents may change before it is counted again."""
_TOTAL = Prepared(select(func.count()).select_from(document))
_DOCUMENTS = Prepared(select(word.c.word, func.count()).where(one_of(word.c.word, "words")).group_by(word.c.word))
_IMPACTS = Prepared(
    select(word.c.document_id, word.c.word, word.c.impact).where(
        one_of(word.c.word, "words"), one_of(word.c.document_id, "ids")
    )
)


def impact(occurrences: float, length: float) -> float:
    """A word's part of a document's score before its rarity: with its repetitions, and against the length in words."""
    return occurrences * (K1 + 1) / (occurrences + K1 * (1 - B + B * length / USUAL_WORDS))


def total(session: Session) -> int:
    """How many documents there are."""
    ((count,),) = _TOTAL.rows(session, {})
    return int(count)


class WordCounts:
    """In how many documents words are. Those of common ones take long to count, and are remembered for a while."""

    def __init__(self) -> None:
        self._common: dict[str, tuple[int, int]] = {}

    def rarities(self, session: Session, spellings: Sequence[str]) -> tuple[dict[str, float], dict[str, int]]:
        """How much each word says (inverse document frequency), one that never occurs most of all; in how many
        documents those are that occur."""
        there = total(session)
        counts = self._counts(session, spellings, there)
        rarity = {
            each: math.log(1 + max(0, there - counts.get(each, 0) + 0.5) / (counts.get(each, 0) + 0.5))
            for each in spellings
        }
        return rarity, counts

    def _counts(self, session: Session, spellings: Sequence[str], there: int) -> dict[str, int]:
        known = {
            each: self._common[each][0]
            for each in spellings
            if each in self._common and abs(there - self._common[each][1]) <= DRIFT * there
        }
        counted = dict(_DOCUMENTS.rows(session, {"words": [each for each in spellings if each not in known]}))
        self._common |= {each: (count, there) for each, count in counted.items() if count >= COMMON}
        return known | counted


def rarest(counts: Mapping[str, int]) -> list[str]:
    """The rarest words, as many as can be read in no time."""
    chosen: list[str] = []
    read = 0
    for each in sorted(counts, key=lambda spelling: (counts[spelling], spelling)):
        if chosen and read + counts[each] > MOST_READ:
            break
        chosen.append(each)
        read += counts[each]
    return chosen


def best(session: Session, rarity: Mapping[str, float], *, project_id: int | None, limit: int) -> list[int]:
    """Ids of the documents that these words find first."""
    values: dict[str, object] = {"project_id": project_id, "most": limit}
    for number, (spelling, rare) in enumerate(rarity.items()):
        values |= {f"word{number}": spelling, f"rarity{number}": rare}
    return [id_ for (id_,) in _best(len(rarity), project_id is not None).rows(session, values)]


@cache
def _best(count: int, of_project: bool) -> Prepared:
    """The statement for so many words."""
    words = [bindparam(f"word{number}", type_=String) for number in range(count)]
    rarities = [bindparam(f"rarity{number}", type_=Float) for number in range(count)]
    rarity = case(dict(zip(words, rarities, strict=True)), value=word.c.word, else_=0.0)
    query = select(word.c.document_id).where(word.c.word.in_(words))
    if of_project:
        # free text stays inside its project; knowledge of no project is everybody's
        mine = or_(document.c.project_id == bindparam("project_id"), document.c.project_id.is_(None))
        query = query.join(document, document.c.id == word.c.document_id).where(mine)
    score = func.sum(rarity * word.c.impact)
    ranked = query.group_by(word.c.document_id).order_by(score.desc(), word.c.document_id.desc())
    return Prepared(ranked.limit(bindparam("most")))


def fits(
    session: Session, ids: Collection[int], rarity: Mapping[str, float]
) -> tuple[dict[int, float], dict[int, list[str]]]:
    """For each document its share (0–1) of the highest BM25 that the question allows, and the words it has of it."""
    highest = sum(rarity.values()) * HIGHEST_IMPACT
    scores, matched = defaultdict[int, float](float), defaultdict[int, list[str]](list)
    if rarity:
        for id_, spelling, weight in _IMPACTS.rows(session, {"words": list(rarity), "ids": list(ids)}):
            scores[id_] += rarity[spelling] * weight / highest
            matched[id_].append(spelling)
    return scores, matched
