"""The questions, each with the documents that answer it."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from fakes.retrieval.company import Company, Triple
from fakes.retrieval.pieces import Found, issues, knowledge, notes
from fakes.retrieval.stored import Keys, name_of

GROUPS = ("exact words", "paraphrase", "two steps", "identifier")
TWO_STEPS = (
    (
        "maintains",
        "stores data in",
        (
            "Which database lies behind what {s} maintains?",
            "Where does the system that {s} looks after keep its records?",
            "What kind of storage is {s} responsible for?",
        ),
    ),
    (
        "maintains",
        "runs in",
        (
            "In which place do the machines of {s}'s service stand?",
            "Where is the program deployed that {s} takes care of?",
        ),
    ),
    (
        "maintains",
        "is written in",
        (
            "What language does {s} have to know for the service in their care?",
            "In which language is the code that {s} looks after?",
        ),
    ),
    (
        "maintains",
        "listens on",
        ("At what port is the service of {s} to be reached?", "Which port belongs to what {s} maintains?"),
    ),
    (
        "belongs to",
        "sits in",
        ("In which city does {s} have an office?", "Where does the team of {s} sit?", "Which town does {s} work from?"),
    ),
)
IDENTIFIERS = {
    "listens on": ("Who uses {o}?", "Which service is behind {o}?", "{o} is taken, by what?"),
    "is limited by": ("What does {o} do?", "Which service reads {o}?", "{o}"),
    "reports": ("What does {o} mean?", "Customers see {o}, where does it come from?", "{o} in the logs"),
    "uses": ("Who depends on {o}?", "Where is {o} installed?", "upgrade of {o}"),
}


@dataclass(frozen=True)
class Asked:
    """A question and the ids of all that answers it."""

    text: str
    group: str
    answers: frozenset[str]


def questions(company: Company, keys: Keys) -> list[Asked]:
    """All of them, in a fixed order that mixes the groups."""
    random = Random(23)
    asked = [
        *_exact(company, keys, random),
        *_paraphrases(keys),
        *_two_steps(company, keys, random),
        *_identifiers(company, keys, random),
    ]
    random.shuffle(asked)
    return asked


def _paraphrases(keys: Keys) -> Iterator[Asked]:
    for text, question in notes():
        yield Asked(question, "paraphrase", frozenset({keys[text]}))


def _exact(company: Company, keys: Keys, random: Random) -> Iterator[Asked]:
    """With the words that stand in the answer, and some that do not."""
    source = Random(11)
    found, told = issues(source), knowledge(source)
    wordings = ("{m} in {f}", "Where is: {m}, {f}?", "{f} {m}")
    for number, each in enumerate(random.sample(found, 22)):
        text = wordings[number % 3].format(m=each.message, f=each.file)
        yield Asked(text, "exact words", frozenset(_same(each, found, keys)))
    for item in random.sample([each for each in told if each.type in {"risk_pattern", "critical_issue"}], 12):
        said = item.data.get("impact") or f"{item.data['pattern']} {item.data['context']['reason']}"
        yield Asked(str(said), "exact words", frozenset({keys[name_of(item)]}))
    calls = random.sample(company.find(None, "calls"), 18)
    for number, triple in enumerate(calls):
        wording = ("{s} calls {o}", "requests from {s} to {o}", "does {s} depend on {o}?")[number % 3]
        yield Asked(wording.format(s=triple.subject, o=triple.object), "exact words", _both(company, keys, triple))


def _two_steps(company: Company, keys: Keys, random: Random) -> Iterator[Asked]:
    """Both facts are wanted: that which is named leads to that which answers."""
    for first, second, wordings in TWO_STEPS:
        starts = company.find(None, first)
        for number, start in enumerate(random.sample(starts, 12)):
            ends = company.find(start.object, second)
            text = wordings[number % len(wordings)].format(s=start.subject)
            # Who maintains two services is asked about both
            others = company.find(start.subject, first)
            more = [end for other in others for end in company.find(other.object, second)]
            yield Asked(text, "two steps", frozenset(keys[each] for each in (start, *others, *ends, *more)))


def _identifiers(company: Company, keys: Keys, random: Random) -> Iterator[Asked]:
    for predicate, wordings in IDENTIFIERS.items():
        for number, triple in enumerate(random.sample(company.find(None, predicate), 13)):
            same = company.find(None, predicate, triple.object)
            text = wordings[number % len(wordings)].format(o=triple.object)
            yield Asked(text, "identifier", frozenset(keys[each] for each in same))


def _both(company: Company, keys: Keys, triple: Triple) -> frozenset[str]:
    """Whoever calls, in one direction or the other: the words are the same."""
    found = [
        *company.find(triple.subject, "calls", triple.object),
        *company.find(triple.object, "calls", triple.subject),
    ]
    return frozenset(keys[each] for each in found)


def _same(issue: Found, found: list[Found], keys: Keys) -> Iterator[str]:
    yield from (keys[each] for each in found if (each.message, each.file) == (issue.message, issue.file))
