"""What the base does that could colour its own evidence: it is named, and doubted where it can change outcomes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigma_core.formatting import plural
from sigma_core.proposals.verification.guard import watched
from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.guard.hooks import rewriting
from sigma_core.proposals.verification.guard.reaching import MachineryUse, reaches
from sigma_core.proposals.verification.guard.watched import Way
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.syntax import Unreadable, parse

_STARTING = ("conftest.py", "sitecustomize.py", "usercustomize.py")
_HOOK = re.compile(rb"\bdef pytest_(runtest|pyfunc|sessionfinish|report|unconfigure)")
_RUNNERS = ("changes pytest.", "changes _pytest", "changes unittest", "changes pluggy")


@dataclass(frozen=True)
class BaseFindings:
    """Sentences about what every change of this base shares: all that was found, and what can change outcomes."""

    named: tuple[str, ...]
    doubts: tuple[str, ...]


def read_base(root: Path) -> BaseFindings:
    """Look at what a run loads before any test: conftests, plug-ins, what Python runs at its start."""
    named: list[str] = []
    doubts: list[str] = []
    for path in sorted(root.rglob("*.py")):
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        if path.name in _STARTING or _HOOK.search(content):
            name = path.relative_to(root).as_posix()
            for sentence, doubtful in _starting(name, content.decode("utf-8", "surrogateescape")):
                (doubts if doubtful else named).append(sentence)
    return BaseFindings(tuple(named), tuple(doubts))


def sniffing(patch: Patch) -> Iterator[str]:
    """Where the modules that are changed ask, before the change, whether they are under test: a sentence for each."""
    for file in patch.files:
        if file.is_python and file.before is not None and not is_test(file.old_path):
            asking = [reach for reach in _reaches(file.before, in_test=False) if reach.way is Way.SNIFFING]
            if asking:
                more = f", as {plural(len(asking) - 1, 'other line does', 'other lines do')}" if asking[1:] else ""
                said = f"{file.old_path}:{asking[0].line} {asking[0].what}{more}"
                yield f"{said}: tests do not show what it does elsewhere."


def _starting(name: str, text: str) -> Iterator[tuple[str, bool]]:
    try:
        hooks = list(rewriting(parse(text)))
    except Unreadable:
        return
    for line, hook in hooks:
        yield f"{name}:{line} rewrites outcomes in {hook}.", True
    for reach in _reaches(text, in_test=True):
        if reach.way is not Way.ELSEWHERE and not reach.what.startswith("defines the hook"):
            yield f"{name}:{reach.line} {reach.what}.", _can_change_outcomes(reach)


def _can_change_outcomes(reach: MachineryUse) -> bool:
    return reach.what in watched.CHANGES_OUTCOMES or reach.what.startswith(_RUNNERS)


def _reaches(text: str, *, in_test: bool) -> Sequence[MachineryUse]:
    try:
        return reaches(text, in_test=in_test)
    except Unreadable:
        return []
