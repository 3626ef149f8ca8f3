"""An invented company: who looks after what, and what runs where."""

from dataclasses import dataclass
from functools import cached_property
from random import Random

SERVICES = (
    "checkout-service",
    "ledger",
    "parcel-tracker",
    "loyalty-engine",
    "image-resizer",
    "tax-table",
    "warehouse-picker",
    "returns-desk",
    "coupon-book",
    "mail-room",
    "search-front",
    "price-feed",
    "fraud-watch",
    "session-store",
    "report-mill",
    "stock-count",
    "courier-bridge",
    "wish-list",
    "review-board",
    "login-gate",
    "currency-board",
    "label-printer",
    "gift-wrap",
    "address-check",
    "campaign-hub",
    "dunning-clerk",
    "invoice-press",
    "supplier-portal",
    "event-river",
    "feature-switch",
    "queue-keeper",
    "media-vault",
    "chat-helper",
    "night-export",
    "shop-window",
    "basket-memory",
    "delivery-slots",
    "store-finder",
    "staff-roster",
    "audit-trail",
)
PEOPLE = (
    "Alice Brandt",
    "Bogdan Petrov",
    "Chiara Conti",
    "Dmitri Volkov",
    "Elif Kaya",
    "Femi Adeyemi",
    "Greta Lindqvist",
    "Hiro Tanaka",
    "Ines Moreau",
    "Jonas Weber",
    "Katarina Novak",
    "Liam Byrne",
    "Mei Chen",
    "Nadia Haddad",
    "Oscar Nilsen",
    "Priya Raman",
    "Quentin Dubois",
    "Rosa Jimenez",
    "Sven Aalto",
    "Tara Oconnor",
    "Umar Farooq",
    "Vera Horvat",
    "Wanda Kowalska",
    "Xavier Leroy",
    "Yusuf Demir",
    "Zoe Papadakis",
    "Anton Reiter",
    "Bianca Rossi",
    "Carlos Mendes",
    "Dana Levi",
)
DATABASES = ("Postgres", "MariaDB", "Cassandra", "MongoDB", "ClickHouse", "CockroachDB", "Redis", "ScyllaDB", "Oracle")
TEAMS = ("Harbour", "Lantern", "Meridian", "Orchard", "Compass", "Granite", "Juniper", "Saffron")
CITIES = ("Lisbon", "Tallinn", "Kraków", "Graz", "Ghent", "Turin", "Malmö", "Porto")
LANGUAGES = ("Go", "Kotlin", "Python", "Rust", "Elixir", "TypeScript", "Scala")
LIBRARIES = ("pillow", "grpcio", "hibernate", "tokio", "phoenix", "zod", "akka", "celery", "netty", "serde")
REGIONS = ("Frankfurt", "Dublin", "Stockholm", "Milan", "Zürich", "Paris")
SAID = {
    "maintains": ("{s} maintains {o}", "{o} is looked after by {s}", "The maintainer of {o} is {s}"),
    "stores data in": ("{s} keeps its records in {o}", "{s} stores its data in {o}", "Behind {s} there is {o}"),
    "runs in": ("{s} runs in {o}", "The machines of {s} stand in {o}", "{s} is deployed to {o}"),
    "calls": ("{s} calls {o}", "Requests go from {s} to {o}", "{s} depends on answers of {o}"),
    "belongs to": ("{s} is a member of team {o}", "{s} works in team {o}", "Team {o} has {s} among its people"),
    "reports to": ("{s} reports to {o}", "The manager of {s} is {o}"),
    "sits in": ("Team {s} sits in {o}", "The office of team {s} is in {o}"),
    "is written in": ("{s} is written in {o}", "The code of {s} is {o}"),
    "uses": ("{s} uses {o}", "{o} is among the dependencies of {s}"),
    "listens on": ("{s} listens on {o}", "{s} can be reached at {o}"),
    "is limited by": ("{s} reads its limit from {o}", "How much {s} may do is set by {o}"),
    "reports": ("{s} gives up with {o}", "{o} is what {s} answers when it fails"),
    "stands in for": ("{s} stands in for {o}", "When {o} is away, {s} takes over"),
}


@dataclass(frozen=True)
class Triple:
    """One fact as it is imported."""

    subject: str
    predicate: str
    object: str
    sentence: str


class Company:
    """Made from one seed, always the same."""

    def __init__(self, seed: int = 7) -> None:
        self._seed = seed

    @cached_property
    def facts(self) -> tuple[Triple, ...]:
        random = Random(self._seed)
        made = [self._fact(random, *each) for each in self._told(random)]
        return tuple({(each.subject, each.predicate, each.object): each for each in made}.values())

    def find(self, subject: str | None, predicate: str, object_: str | None = None) -> list[Triple]:
        """Facts of this form."""
        return [
            each
            for each in self.facts
            if each.predicate == predicate and subject in (None, each.subject) and object_ in (None, each.object)
        ]

    def _told(self, random: Random) -> list[tuple[str, str, str]]:
        told = []
        for number, service in enumerate(SERVICES):
            code = service.upper().replace("-", "_")
            told += [
                (PEOPLE[number % len(PEOPLE)], "maintains", service),
                (service, "stores data in", random.choice(DATABASES)),
                (service, "runs in", random.choice(REGIONS)),
                (service, "is written in", random.choice(LANGUAGES)),
                (service, "listens on", f"port {random.randrange(7000, 9999)}"),
                (service, "is limited by", f"{code}_MAX_{random.choice(('ROWS', 'CALLS', 'BYTES'))}"),
                (service, "reports", f"E-{random.randrange(1000, 9999)}"),
            ]
            told += [(service, "calls", each) for each in random.sample(SERVICES, 4) if each != service]
            told += [
                (service, "uses", f"{library} {random.randrange(1, 20)}.{random.randrange(10)}.{random.randrange(10)}")
                for library in random.sample(LIBRARIES, 3)
            ]
        for person in PEOPLE:
            told += [
                (person, "belongs to", random.choice(TEAMS)),
                (person, "reports to", random.choice([each for each in PEOPLE if each != person])),
                (person, "stands in for", random.choice([each for each in PEOPLE if each != person])),
            ]
        told += [(team, "sits in", city) for team, city in zip(TEAMS, random.sample(CITIES, len(TEAMS)), strict=True)]
        return told

    @staticmethod
    def _fact(random: Random, subject: str, predicate: str, object_: str) -> Triple:
        return Triple(subject, predicate, object_, random.choice(SAID[predicate]).format(s=subject, o=object_))
