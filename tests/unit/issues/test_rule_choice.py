"""What a project's own configuration says of a finding: selected, unselected, or ignored in any of ruff's ways."""

from pathlib import Path

from sigma_core.issues.detectors import Found, detect
from sigma_core.issues.tables import Severity

FLAWS = 'import os\nx = dict()\ny = "{}".format(x)\nz = dict()  # noqa: C408\n'
CONFIGURED = """\
[tool.ruff.lint]
select = ["F"]
ignore = ["UP032"]

[tool.ruff.lint.per-file-ignores]
"b.py" = ["C408"]
"""


def choices(root: Path, file: str) -> dict[str, str | None]:
    return {found.rule: found.choice for found in detect(root).found if found.file == file}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_selected_unselected_and_ignored_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": CONFIGURED, "a.py": FLAWS, "b.py": FLAWS})
    assert choices(tmp_path, "a.py") == {"F401": "selected", "C408": "unselected", "UP032": "ignored"}
    assert choices(tmp_path, "b.py") == {"F401": "selected", "C408": "ignored", "UP032": "ignored"}


def test_the_nearest_configuration_counts_and_what_it_extends(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "base.toml": '[lint]\nextend-ignore = ["C4"]\n',
            "ruff.toml": '[lint]\nselect = ["C4"]\n',
            "sub/ruff.toml": 'extend = "../base.toml"\n[lint]\nselect = ["UP"]\n',
            "sub/c.py": FLAWS,
            "d.py": FLAWS,
        },
    )
    assert choices(tmp_path, "sub/c.py") == {"F401": "unselected", "C408": "ignored", "UP032": "selected"}
    assert choices(tmp_path, "d.py") == {"F401": "unselected", "C408": "selected", "UP032": "unselected"}


def test_without_a_configuration_nothing_was_chosen(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": FLAWS})
    assert set(choices(tmp_path, "a.py").values()) == {None}


def test_an_excluded_file_is_one_whose_rules_are_all_ignored(tmp_path: Path) -> None:
    write(tmp_path, {"ruff.toml": 'exclude = ["a.py"]\n[lint]\nselect = ["F"]\n', "a.py": FLAWS})
    assert set(choices(tmp_path, "a.py").values()) == {"ignored"}


def test_an_error_beyond_the_configuration_stays_an_error_and_an_ignored_one_does_not(tmp_path: Path) -> None:
    text = "def f(x=[]):\n    return x\n"
    write(tmp_path, {"ruff.toml": '[lint]\nselect = ["F"]\n', "a.py": text})
    assert severity(detect(tmp_path).found) == Severity.ERROR
    write(tmp_path, {"ruff.toml": '[lint]\nselect = ["F"]\nignore = ["B006"]\n'})
    assert severity(detect(tmp_path).found) == Severity.WARNING


def severity(found: list[Found]) -> Severity:
    return next(each.severity for each in found if each.rule == "B006")


def test_what_a_refused_configuration_selects_and_ignores_still_counts(tmp_path: Path) -> None:
    """It holds a rule that this ruff no longer has, and asks for another version of ruff."""
    refused = """\
[tool.ruff]
required-version = "<0.1"
[tool.ruff.lint]
select = ["F", "NOPE1"]
ignore = ["UP032"]
[tool.ruff.lint.per-file-ignores]
"app/b.py" = ["C408"]
"""
    write(tmp_path, {"pyproject.toml": refused, "a.py": FLAWS, "app/b.py": FLAWS})
    assert choices(tmp_path, "a.py") == {"F401": "selected", "C408": "unselected", "UP032": "ignored"}
    assert choices(tmp_path, "app/b.py") == {"F401": "selected", "C408": "ignored", "UP032": "ignored"}


def test_a_refused_configuration_of_one_folder_leaves_the_others_in_force(tmp_path: Path) -> None:
    files = {
        "ruff.toml": '[lint]\nselect = ["C4"]\nignore = ["UP032"]\n',
        "sub/ruff.toml": '[lint]\nselect = ["UP", "NOPE1"]\nper-file-ignores = {"x/*" = ["F401"]}\n',
        "a.py": FLAWS,
        "sub/x/b.py": FLAWS,
    }
    write(tmp_path, files)
    assert choices(tmp_path, "a.py") == {"F401": "unselected", "C408": "selected", "UP032": "ignored"}
    assert choices(tmp_path, "sub/x/b.py") == {"F401": "ignored", "C408": "unselected", "UP032": "selected"}
    figures = detect(tmp_path).figures["ruff"]
    assert figures["own_configuration"] == 2
    assert [each.partition(":")[0] for each in figures["refused_configuration"]] == ["sub/ruff.toml"]


def test_what_only_this_versions_default_selects_is_not_the_projects_choice(tmp_path: Path) -> None:
    """Newer versions of ruff select more by themselves than the one that the project holds itself to."""
    unsorted = "import sys\nimport os\n\nprint(os, sys)\nx = set([1])\n"
    configuration = "line-length = 100\n"
    write(tmp_path, {"ruff.toml": configuration, "requirements.txt": "ruff==0.1.2\n", "a.py": FLAWS, "b.py": unsorted})
    assert choices(tmp_path, "a.py") == {"F401": "selected", "C408": "unselected", "UP032": "unselected"}
    assert choices(tmp_path, "b.py") == {"C405": "unselected"}
    write(tmp_path, {"ruff.toml": f'{configuration}lint.extend-select = ["I", "C4"]\n'})
    assert choices(tmp_path, "b.py") == {"C405": "selected", "I001": "selected"}


def test_the_default_of_that_version_is_pyflakes_and_no_other_linter_of_the_same_letter(tmp_path: Path) -> None:
    text = "import math\nimport os\n\nprint(math.log(3, 2))\n"
    write(tmp_path, {"ruff.toml": "line-length = 100\n", "requirements.txt": "ruff==0.15.0\n", "a.py": text})
    assert choices(tmp_path, "a.py") == {"F401": "selected", "FURB163": "unselected"}
    write(tmp_path, {"ruff.toml": 'lint.ignore = ["F"]\n'})
    assert choices(tmp_path, "a.py") == {"F401": "ignored", "FURB163": "unselected"}


def test_a_configuration_for_another_version_counts_whole_but_for_rules_that_its_version_has_not(
    tmp_path: Path,
) -> None:
    configuration = """\
[tool.ruff]
required-version = "==0.6.9"
line-length = 50
[tool.ruff.lint]
select = ["E501", "I", "RUF"]
"""
    text = "import sys\nimport os\n\nprint(os, sys, 'a line of more than fifty letters')\n" + (
        "\n\ndef f(pair):\n    first, second = pair\n    return [*[first], *()] if f in [first] + [2] else first\n"
    )
    write(tmp_path, {"pyproject.toml": configuration, "a.py": text})
    found = choices(tmp_path, "a.py")
    assert found["I001"] == found["E501"] == found["RUF005"] == "selected"
    assert found["RUF059"] == "unselected"
    assert detect(tmp_path).figures["ruff"]["refused_configuration"] == []
    write(tmp_path, {"pyproject.toml": configuration.replace("==0.6.9", ">=0.6.9")})
    assert choices(tmp_path, "a.py")["RUF059"] == "selected"
