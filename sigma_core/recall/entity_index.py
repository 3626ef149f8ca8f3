"""Which documents speak of which entities: the neighbourhood of a question, from the database alone."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import Session

from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.tables import texts
from sigma_core.graph.facts import MAX_NAME, Entity, plain
from sigma_core.graph.graph_rows import summary_of
from sigma_core.prepared import Prepared, one_of
from sigma_core.recall.tables import entity, mention
from sigma_core.recall.words import is_stop

USUAL = 50
"""Documents that speak of one entity, from which on that says half as much."""
LONGEST_NAME = 6
"""Words of a name that is looked for in questions."""
_WORD = re.compile(r"\w+")
_ENTITIES = Prepared(select(entity.c.name, entity.c.id).where(one_of(entity.c.name, "names")))
_NAMED = Prepared(select(entity.c.id, entity.c.name, entity.c.key).where(one_of(entity.c.key, "keys")))
_ADD = Prepared(insert(entity).inline().values({name: bindparam(name) for name in ("name", "key", "text_id")}))
_MENTION = Prepared(insert(mention).inline().values({name: bindparam(name) for name in ("entity_id", "document_id")}))
_OF = Prepared(
    select(mention.c.document_id)
    .where(mention.c.entity_id == bindparam("entity_id"))
    .order_by(mention.c.document_id.desc())
    .limit(bindparam("most"))
)
_OF_FEW = Prepared(select(mention.c.entity_id, mention.c.document_id).where(one_of(mention.c.entity_id, "ids")))
_IN = Prepared(select(mention.c.document_id, mention.c.entity_id).where(one_of(mention.c.document_id, "ids")))
_DEGREES = Prepared(
    select(mention.c.entity_id, func.count()).where(one_of(mention.c.entity_id, "ids")).group_by(mention.c.entity_id)
)
_NAMES = Prepared(select(entity.c.id, entity.c.name).where(one_of(entity.c.id, "ids")))
_MEANINGS = Prepared(
    select(entity.c.name, texts.c.text)
    .join(texts, texts.c.id == entity.c.text_id)
    .where(one_of(entity.c.name, "names"))
)
_MEAN = Prepared(update(entity).where(entity.c.name == bindparam("named")).values(text_id=bindparam("text")))


def enter(session: Session, spoken_of: Mapping[int, Sequence[Entity]]) -> None:
    """By document, what it speaks of."""
    names = {each.name: plain(each.name) for some in spoken_of.values() for each in some}
    ids = _entities(session, {name for name in names.values() if name})
    _MENTION.run_many(
        session,
        (
            {"entity_id": entity_id, "document_id": document_id}
            for document_id, some in spoken_of.items()
            for entity_id in {ids[names[each.name]] for each in some if names[each.name]}
        ),
    )
    _explain(session, (each for some in spoken_of.values() for each in some if each.summary and plain(each.name)))


def named(session: Session, question: str) -> dict[int, str]:
    """Entities whose names stand in a question, with the names; of names within others the longest."""
    words = _words(question)
    keys = {
        " ".join(words[start : start + length]): (start, length)
        for length in range(1, LONGEST_NAME + 1)
        for start in range(len(words) - length + 1)
        if length > 1 or not is_stop(words[start])
    }
    found = [(keys[key], id_, name) for id_, name, key in _NAMED.rows(session, {"keys": list(keys)})]
    spans = {span for span, _, _ in found}
    return {id_: name for span, id_, name in found if not any(_within(span, other) for other in spans)}


def without(question: str, some: Iterable[str]) -> str:
    """A question without these names."""
    for name in sorted(some, key=len, reverse=True):
        question = re.sub(r"\W+".join(map(re.escape, _words(name))), " ", question, flags=re.IGNORECASE)
    return " ".join(question.split())


def names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names of these entities."""
    return dict(_NAMES.rows(session, {"ids": list(ids)}))


def speaking_of(session: Session, degrees: Mapping[int, int], most: int) -> list[tuple[int, int]]:
    """(entity, document) for the newest documents that speak of each; `degrees`: how many there are."""
    few = [id_ for id_, count in degrees.items() if count <= most]
    found = [(entity_id, document_id) for entity_id, document_id in _OF_FEW.rows(session, {"ids": few})]
    for id_ in degrees.keys() - set(few):
        found += [(id_, row[0]) for row in _OF.rows(session, {"entity_id": id_, "most": most})]
    return found


def spoken_of(session: Session, document_ids: Iterable[int]) -> Sequence[tuple[Any, ...]]:
    """(document, entity) of these documents."""
    return _IN.rows(session, {"ids": list(document_ids)})


def degrees(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """How many documents speak of each."""
    return dict(_DEGREES.rows(session, {"ids": list(ids)}))


def specificity(degree: int) -> float:
    """How much it says that two documents speak of the same entity: all for a few, little for hundreds."""
    return USUAL / (USUAL + degree)


def _entities(session: Session, wanted: set[str]) -> dict[str, int]:
    ids: dict[str, int] = dict(_ENTITIES.rows(session, {"names": list(wanted)}))
    fresh = sorted(wanted - ids.keys())
    if fresh:
        entered = store.enter(session, fresh)
        _ADD.run_many(
            session,
            ({"name": name, "key": " ".join(_words(name))[:MAX_NAME], "text_id": entered[name]} for name in fresh),
        )
        ids |= dict(_ENTITIES.rows(session, {"names": fresh}))
    return ids


def _explain(session: Session, told: Iterable[Entity]) -> None:
    """What these are in words is what they are compared by; of several it is the one that the graph keeps."""
    summaries: dict[str, str] = {}
    for each in told:
        summaries[plain(each.name)] = summary_of(summaries.get(plain(each.name), ""), each.meaning)
    known = _MEANINGS.rows(session, {"names": list(summaries)}) if summaries else ()
    kept = {name: summary_of("" if text == name else text, summaries[name]) for name, text in known}
    changed = {name: kept[name] for name, text in known if text != kept[name]}
    if changed:
        ids = store.enter(session, changed.values())
        _MEAN.run_many(session, ({"named": name, "text": ids[text]} for name, text in changed.items()))


def _words(text: str) -> list[str]:
    return [each.strip("_") for each in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def _within(span: tuple[int, int], other: tuple[int, int]) -> bool:
    (start, length), (begins, long) = span, other
    return span != other and begins <= start and start + length <= begins + long
