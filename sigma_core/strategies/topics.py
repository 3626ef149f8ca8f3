"""What an entity is about, as tags: six topics, families of rules, folders of paths. Pure."""

import re
from collections.abc import Iterable, Mapping

TOPICS: Mapping[str, str] = {
    "database": r"database|db|sql|query|queries|table|index|transaction|migration|orm|postgres\w*|sqlite|cursor"
    r"|schema",
    "api": r"api|endpoint|route|router|rest|http|request|response|webhook|graphql|client|rpc",
    "security": r"security|auth\w*|password|secret|token|crypt\w*|injection|xss|csrf|sanitiz\w*|permission"
    r"|credential\w*|vulnerab\w*|escape\w*|hash\w*",
    "performance": r"performance|slow|latency|cach\w*|memory|optimi[sz]\w*|complexity|profil\w*|speed|timeout|batch\w*",
    "ui": r"ui|button|form|page|view|widget|css|html|render\w*|template|frontend|layout|screen|console",
    "backend": r"backend|server|worker|queue|scheduler|service|job|daemon|pipeline|broker",
}
"""Words that tell a topic."""
_WORDS = {topic: re.compile(rf"\b(?:{words})s?\b") for topic, words in TOPICS.items()}
_RULE = re.compile(r"\b([A-Z]{1,4})[0-9]{2,4}\b")
FAMILIES: Mapping[str, str] = {"S": "security", "PERF": "performance", "C90": "performance", "SQL": "database"}
"""Families of rules that belong to a topic."""
_FOLDER = re.compile(r"(?:^|[\s:(])\.?/?((?:[\w.-]+/)+)[\w.-]+\.\w+")
_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-./:]+")


def tags(name: str, kinds: Iterable[str] = ()) -> frozenset[str]:
    """``security``, ``rule:S``, ``path:src/api``."""
    families = {f"rule:{family}" for family in _RULE.findall(name)}
    folders = {f"path:{'/'.join(found.rstrip('/').split('/')[:2])}" for found in _FOLDER.findall(name)}
    words = _CASE.sub(" ", " ".join((name, *kinds))).lower()
    topics = {topic for topic, pattern in _WORDS.items() if pattern.search(words)}
    topics |= {FAMILIES[family.removeprefix("rule:")] for family in families if family[5:] in FAMILIES}
    return frozenset(families | folders | topics)
