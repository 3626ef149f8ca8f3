"""Code that the demonstration's projects are made of: small functions, most with a flaw that people write."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Piece:
    """A function with `NAME` in place of its subject, what it imports, and what a test of it asserts."""

    code: str
    test: str
    imports: tuple[str, ...] = ()


FLAWED: Sequence[Piece] = (
    Piece(
        "def collect_NAME(item, kept=[]):\n    kept.append(item)\n    return kept\n",
        "collect_NAME(1, []) == [1]",
    ),
    Piece(
        "def is_missing_NAME(value):\n    if value == None:\n        return True\n    return False\n",
        "is_missing_NAME(None) and not is_missing_NAME(3)",
    ),
    Piece(
        "def load_NAME(path):\n    try:\n        return open(path).read()\n    except:\n        return ''\n",
        "load_NAME('/nonexistent') == ''",
    ),
    Piece(
        "def find_NAME(connection, name):\n"
        "    query = \"SELECT id FROM NAME WHERE name = '%s'\" % name\n"
        "    return connection.execute(query).fetchall()\n",
        "callable(find_NAME)",
    ),
    Piece(
        "def double_NAME(values):\n    result = []\n    for value in values:\n        result.append(value * 2)\n"
        "    return result\n",
        "double_NAME([1, 2]) == [2, 4]",
    ),
    Piece(
        "def print_NAME(path):\n    return subprocess.call('lpr ' + path, shell=True)\n",
        "callable(print_NAME)",
        ("import subprocess",),
    ),
    Piece(
        "def label_NAME(value):\n    text = f'NAME'\n    if type(value) == str:\n        return text + value\n"
        "    return text\n",
        "label_NAME('-1') == 'NAME-1'",
    ),
    Piece(
        "def without_NAME(values, gone):\n    return [value for value in values if not value in gone]\n",
        "without_NAME([1, 2], [2]) == [1]",
    ),
    Piece(
        "def grade_NAME(value):\n    if value > 100:\n        if value > 1000:\n            return 'huge'\n"
        "        elif value > 500:\n            return 'large'\n        else:\n            return 'medium'\n"
        "    elif value > 10:\n        return 'small'\n    else:\n        return 'tiny'\n",
        "grade_NAME(7) == 'tiny' and grade_NAME(600) == 'large'",
        ("import os", "import json"),
    ),
    Piece(
        "def sign_NAME(text):\n    return hashlib.md5(text.encode()).hexdigest()\n",
        "len(sign_NAME('a')) == 32",
        ("import hashlib",),
    ),
    Piece(
        "def wait_for_NAME(url):\n    return urllib.request.urlopen(url).read()\n",
        "callable(wait_for_NAME)",
        ("import urllib.request", "import time"),
    ),
    Piece(
        "def any_NAME(values):\n    for index in range(len(values)):\n        if values[index]:\n"
        "            return True\n    return False\n",
        "any_NAME([0, 1])",
    ),
)
SOUND: Sequence[Piece] = (
    Piece(
        'def total_NAME(amounts):\n    """Of all."""\n    return sum(amounts)\n',
        "total_NAME([1, 2]) == 3",
    ),
    Piece(
        'def first_NAME(values, default=None):\n    """The first, where there is one."""\n'
        "    return next(iter(values), default)\n",
        "first_NAME([]) is None",
    ),
)


def module(package: str, subject: str, before: Sequence[str], chance: Random) -> dict[str, str]:
    """A module about a subject with its tests, by path; it calls one of the modules that were there before."""
    pieces = [*chance.sample(FLAWED, 3), *chance.sample(SOUND, 1)]
    imports = {line for piece in pieces for line in piece.imports}
    body = [piece.code.replace("NAME", subject) for piece in pieces]
    if before:
        other = chance.choice(before)
        imports.add(f"from {package} import {other}")
        body.append(f"def {subject}_by_{other}(values):\n    return {other}.summary_{other}(values) + 1\n")
    body.append(f"def summary_{subject}(values):\n    return len(values)\n")
    checks = [piece.test.replace("NAME", subject) for piece in pieces]
    names = sorted({name for check in checks for name in _called(check, subject)})
    tests = "".join(f"\n\ndef test_{number}():\n    assert {check}\n" for number, check in enumerate(checks))
    return {
        f"{package}/{subject}.py": "\n\n".join(["\n".join(sorted(imports)), *body]).lstrip("\n"),
        f"tests/test_{subject}.py": f"from {package}.{subject} import {', '.join(names)}\n{tests}",
    }


def _called(check: str, subject: str) -> Sequence[str]:
    return [word for word in check.replace("(", " ").replace(")", " ").split() if word.endswith(f"_{subject}")]
