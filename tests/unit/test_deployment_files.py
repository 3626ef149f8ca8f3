"""What lies in `deploy/` fits what it deploys."""

import re
from pathlib import Path

from packaging.requirements import Requirement

TREE = Path(__file__).parents[2]
DEPLOY = TREE / "deploy"


def test_the_lock_holds_what_is_asked_for_each_with_its_digests() -> None:
    locked: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\w)", (DEPLOY / "requirements.lock").read_text()):
        pinned = Requirement(entry.split(" \\")[0])
        (exactly,) = pinned.specifier
        assert exactly.operator == "=="
        assert "--hash=sha256:" in entry, pinned
        locked.setdefault(pinned.name, set()).add(exactly.version)
    asked = [Requirement(line) for line in (TREE / "requirements.txt").read_text().splitlines()]
    unfit = [str(each) for each in asked if not any(map(each.specifier.contains, locked.get(each.name, ())))]
    assert unfit == []
