"""What the security page claims is there, and the table of licences is whole."""

import re
import tomllib
from itertools import chain
from pathlib import Path

TREE = Path(__file__).parents[2]
PAGE = (TREE / "docs" / "security.md").read_text()


def test_every_file_and_test_it_names_is_there() -> None:
    named = re.findall(r"`((?:sigma_core|tests|deploy|docs)/[\w./-]+)`", PAGE)
    assert [path for path in named if not (TREE / path).exists()] == []
    missing = [
        f"{file}: {test}"
        for file, tests in re.findall(r"`(tests/[\w./]+\.py)`: ((?:`test_\w+`(?:, )?)+)", PAGE)
        for test in re.findall(r"`(test_\w+)`", tests)
        if f"def {test}(" not in (TREE / file).read_text()
    ]
    assert missing == []


def test_every_package_that_is_asked_for_stands_in_the_table_of_licences() -> None:
    extras = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]["optional-dependencies"].values()
    lines = [*(TREE / "requirements.txt").read_text().splitlines(), *chain.from_iterable(extras)]
    asked = {re.match(r"[\w.-]+", line)[0] for line in lines}
    table = (TREE / "README.md").read_text().split("## What it is built on")[1].split("\n\n")[1]
    listed = {name.strip() for row in table.splitlines()[2:] for name in row.split("|")[1].split(",")}
    assert listed == asked | {"uv"}
