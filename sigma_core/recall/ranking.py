"""How well documents answer a question by their words: BM25, from impacts that are stored with the words."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import case, func, or_, select
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
_DOCUMENTS = Prepared(select(word.c.word, func.count()).where(one_of(word.c.word, "words")).group_by(word.c.word))
_IMPACTS = Prepared(
    select(word.c.document_id, word.c.word, word.c.impact).where(
        one_of(word.c.word, "words"), one_of(word.c.document_id, "ids")
    )
)


def impact(occurrences: int, length: int) -> float:
    """A word's part of a document's score before its rarity: with its repetitions, and against the length in words."""
    return occurrences * (K1 + 1) / (occurrences + K1 * (1 - B + B * length / USUAL_WORDS))


def rarities(session: Session, spellings: Sequence[str]) -> tuple[dict[str, float], dict[str, int]]:
    """How much each word says (inverse document frequency), one that never occurs most of all; in how many documents
    those are that occur."""
    total = session.execute(select(func.count()).select_from(document)).scalar_one()
    counts: dict[str, int] = dict(_DOCUMENTS.rows(session, {"words": list(spellings)}))
    rarity = {
        each: math.log(1 + (total - counts.get(each, 0) + 0.5) / (counts.get(each, 0) + 0.5)) for each in spellings
    }
    return rarity, counts


def telling(counts: Mapping[str, int]) -> list[str]:
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
    score = func.sum(case(dict(rarity), value=word.c.word, else_=0.0) * word.c.impact)
    query = select(word.c.document_id).where(word.c.word.in_(list(rarity)))
    if project_id is not None:
        # free text stays inside its project; knowledge of no project is everybody's
        mine = or_(document.c.project_id == project_id, document.c.project_id.is_(None))
        query = query.join(document, document.c.id == word.c.document_id).where(mine)
    query = query.group_by(word.c.document_id).order_by(score.desc(), word.c.document_id.desc()).limit(limit)
    return list(session.execute(query).scalars())


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
