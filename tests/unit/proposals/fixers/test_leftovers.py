"""What a fix itself made dead goes with it, and imports that it brings stand where the project sorts them."""

from pathlib import Path

import pytest

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.fixers.finishing import Finisher
from sigma_core.proposals.fixers.grouping import SingleFix, joined

LOGS = "from math import log, sqrt\n\n\ndef bits(x):\n    return log(x, 2) + sqrt(x)\n"
WITHOUT = "import math\nfrom math import sqrt\n\n\ndef bits(x):\n    return math.log2(x) + sqrt(x)\n"


def completed(root: Path, before: str, after: str, path: str = "m.py") -> Fixed:
    fixed = Fixed(diffs.make(path, before, after), "t", "d", 0.9, "linter_safe")
    return Finisher(lambda: root).complete(fixed, path, before)


def complete(root: Path, before: str, after: str, path: str = "m.py") -> str:
    return diffs.apply(before, diffs.parse(completed(root, before, after, path).diff)[0].edits())


def log2(text: str) -> str:
    return "import math\n" + text.replace("log(x, 2)", "math.log2(x)")


def test_an_import_that_a_fix_made_unused_goes_with_it(tmp_path: Path) -> None:
    done = completed(tmp_path, LOGS, log2(LOGS))
    assert diffs.apply(LOGS, diffs.parse(done.diff)[0].edits()) == WITHOUT
    assert done.description == "d\nThe import of `log` goes with it: nothing uses it any more."


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("from typing import List\n\nx: List[int] = []\n", ("List", "list"), "\nx: list[int] = []\n"),
        (
            "from typing import Any, Optional\n\nx: Optional[Any] = None\n",
            ("Optional[Any]", "Any | None"),
            "from typing import Any\n\nx: Any | None = None\n",
        ),
        ("import os.path as p\n\nx = p.join(a, b)\n", ("p.join(a, b)", "a / b"), "\nx = a / b\n"),
        (
            "from collections import OrderedDict\n\nx = OrderedDict()\n",
            ("OrderedDict()", "{}"),
            "\nx = {}\n",
        ),
        (
            "def f(a):\n    from contextlib import suppress\n    with suppress(E):\n        a()\n",
            ("with suppress(E):", "if a:"),
            "def f(a):\n    if a:\n        a()\n",
        ),
        (
            "from typing import (\n    Any,\n    List,\n)\n\nx: List[Any]\n",
            ("List[Any]", "list[Any]"),
            "from typing import (\n    Any,\n)\n\nx: list[Any]\n",
        ),
    ],
    ids=["typing", "union", "os.path", "collections", "contextlib", "several lines"],
)
def test_its_kin_go_too(tmp_path: Path, before: str, after: tuple[str, str], left: str) -> None:
    whole, _, rest = before.rpartition(after[0])
    assert complete(tmp_path, before, f"{whole}{after[1]}{rest}").lstrip("\n") == left.lstrip("\n")


@pytest.mark.parametrize(
    ("path", "before"),
    [
        ("m.py", LOGS + "\n\n__all__ = ['log', 'bits']\n"),
        ("m.py", LOGS.replace("log, sqrt", "log as log, sqrt")),
        ("pkg/__init__.py", LOGS),
        ("taken.py", LOGS),
        ("m.py", LOGS.replace("log, sqrt", "log, sqrt, pi")),
        ("m.py", "try:\n    from math import log, sqrt\nexcept ImportError:\n    raise\n" + LOGS.partition("\n")[2]),
        ("m.py", "from math import (\n    log,  # of old\n    sqrt,\n)\n" + LOGS.partition("\n")[2]),
    ],
    ids=["__all__", "alias", "package", "taken elsewhere", "another unused", "tried", "comment"],
)
def test_what_others_may_miss_stays(tmp_path: Path, path: str, before: str) -> None:
    (tmp_path / "taken.py").write_text(before)
    (tmp_path / "user.py").write_text("from taken import log\n")
    assert complete(tmp_path, before, log2(before), path) == log2(before)


def test_what_was_unused_before_is_another_fixs_matter(tmp_path: Path) -> None:
    before = "import os\n\nx = list([1])\n"
    assert complete(tmp_path, before, before.replace("list([1])", "[1]")) == "import os\n\nx = [1]\n"


def test_the_name_of_a_caught_error_goes_when_it_is_raised_again_without_it(tmp_path: Path) -> None:
    before = "def f():\n    try:\n        a()\n    except ValueError as exc:\n        b()\n        raise exc\n"
    after = before.replace("raise exc", "raise")
    assert complete(tmp_path, before, after) == after.replace(" as exc", "")
    # A variable's value may have effects
    kept = "def f():\n    exc = a()\n    raise exc\n"
    assert complete(tmp_path, kept, kept.replace("raise exc", "raise")) == kept.replace("raise exc", "raise")


def test_a_directive_goes_when_its_finding_is_mended(tmp_path: Path) -> None:
    before = "def f(a):\n    return dict(), a == None  # noqa: C408, E711\n"
    after = before.replace("dict()", "{}")
    assert complete(tmp_path, before, after) == after.replace("C408, E711", "E711")
    kept = before.replace("C408", "WPS425")
    assert complete(tmp_path, kept, kept.replace("dict()", "{}")) == kept.replace("dict()", "{}")


BRINGS = "import a\nimport z\n\nx = z.log(a.y, 2)\n"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ruff.toml", 'lint.select = ["I"]\n'),
        ("pyproject.toml", '[tool.isort]\nprofile = "black"\n'),
        (".isort.cfg", "[settings]\nprofile = black\n"),
        ("setup.cfg", "[isort]\nforce_sort_within_sections = true\n"),
    ],
)
def test_an_import_that_a_fix_brings_stands_in_order(tmp_path: Path, name: str, settings: str) -> None:
    (tmp_path / name).write_text(settings)
    after = "import m\n" + BRINGS.replace("z.log", "m.log2")
    assert complete(tmp_path, BRINGS, "import m\n" + BRINGS) == BRINGS.replace("import z", "import m\nimport z")
    assert complete(tmp_path, BRINGS, after) == "import a\nimport m\n\nx = m.log2(a.y, 2)\n"


def test_nothing_is_sorted_that_was_not(tmp_path: Path) -> None:
    unsorted = BRINGS.replace("import a\nimport z", "import z\nimport a")
    assert complete(tmp_path, BRINGS, "import m\n" + BRINGS) == "import m\n" + BRINGS
    (tmp_path / "ruff.toml").write_text('lint.select = ["I"]\n')
    assert complete(tmp_path, unsorted, "import m\n" + unsorted) == "import m\n" + unsorted


def test_what_all_fixes_together_leave_behind_is_of_none_of_them(tmp_path: Path) -> None:
    before = LOGS + "\n\ndef more(x):\n    return log(x + 1, 2)\n"

    def fix(number: int, old: str, new: str) -> SingleFix:
        diff = diffs.make("m.py", before, before.replace(old, new))
        return SingleFix(number, Fixed(diff, f"Fix {number}", "", 0.9, "linter_safe"))

    finisher = Finisher(lambda: tmp_path)
    whole = joined(
        [fix(1, "log(x, 2)", "x.bit_length()"), fix(2, "log(x + 1, 2)", "(x + 1).bit_length()")],
        "m.py",
        before,
        lambda fixed: finisher.finish(fixed, "m.py", before),
        lambda fixed: finisher.complete(fixed, "m.py", before),
    )
    assert whole is not None
    (change,) = diffs.parse(whole.diff)
    assert diffs.apply(before, change.edits()).startswith("from math import sqrt\n")
    # Parted, neither takes the import from the other, and a refused fix is known again
    assert [(part.issue_id, part.edits) for part in whole.parts] == [(1, (1,)), (2, (2,))]


@pytest.mark.parametrize(
    ("before", "first", "second"),
    [
        ("import typing\n\nx: typing.List = []\ny = 1\nz: typing.Text = ''\n", "typing.List", "typing.Text"),
        ("def _one():\n    return 1\n\n\na = _one() + 0\nb = 2\nc = _one()\n", "_one() + 0", "c = _one()"),
        ("def f(a):\n    b = a()\n    print(b)\n    c = 1\n    return c, b\n", "print(b)", "c, b"),
    ],
    ids=["import", "private helper", "variable"],
)
def test_what_two_changes_leave_behind_only_together_is_known(
    tmp_path: Path, before: str, first: str, second: str
) -> None:
    finisher = Finisher(lambda: tmp_path)

    def change(old: str) -> list[diffs.FileChange]:
        new = "c = 1" if "=" in old else "1"
        return diffs.parse(diffs.make("m.py", before, f"{new}".join(before.rsplit(old, 1))))

    one, other = change(first), change(second)
    assert finisher.leave_more_together("m.py", before, [one, other])
    assert not finisher.leave_more_together("m.py", before, [one])
    # Nor where one takes along by itself what nothing uses any more
    whole = diffs.parse(diffs.make("m.py", before, "y = 1\n"))
    assert not finisher.leave_more_together("m.py", before, [whole])


@pytest.mark.parametrize(
    ("oldest", "head", "wanted_head", "wanted"),
    [
        ("3.10", "", "", "names: list[str] | None = None"),
        ("3.8", "", "from typing import Optional\n", "names: Optional[list[str]] = None"),
        ("3.10", "from typing import Optional\n", "from typing import Optional\n", "names: Optional[list[str]] = None"),
    ],
)
def test_who_may_be_none_now_is_annotated_so_and_nobody_else(
    tmp_path: Path, oldest: str, head: str, wanted_head: str, wanted: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nrequires-python = ">={oldest}"\n')
    others = "\n\ndef early(a: int = None):\n    return a\n\n\ndef late(b: int = None, c=None):\n    return b, c\n"
    body = "    if names is None:\n        names = []\n    return names\n"
    before = f"{head}{others}\n\ndef add(names: list[str] = []):\n    return names\n{others}"
    after = f"{head}{others}\n\ndef add(names: list[str] = None):\n{body}{others}"
    assert complete(tmp_path, before, after) == f"{wanted_head}{others}\n\ndef add({wanted}):\n{body}{others}"


@pytest.mark.parametrize(
    ("compat", "annotated"),
    [
        ("from collections.abc import Mapping\n", True),
        ("try:\n    from collections.abc import Mapping\nexcept ImportError:\n    from typing import Mapping\n", True),
        ("from ._older import Mapping\n", True),
        ("class Mapping(dict):\n    pass\n", True),
        ("Mapping = None\n", False),
        ("from typing import Any as Mapping\n", False),
        ("from elsewhere import Mapping\n", False),
    ],
    ids=["import", "tried", "two steps", "class", "alias", "any", "another project's"],
)
def test_a_type_that_the_project_hands_on_is_known(tmp_path: Path, compat: str, annotated: bool) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.10"\n')
    (tmp_path / "pkg").mkdir()
    for name, text in {"__init__": "", "_compat": compat, "_older": "from typing import Mapping\n"}.items():
        (tmp_path / "pkg" / f"{name}.py").write_text(text)
    head = "from ._compat import (\n    Mapping,  # é\n    other,\n)\n\n"
    rest = "def early(b: Mapping = None):\n    return other(b)\n"
    before = f"{head}def add(names: Mapping[str, int] = {{}}):\n    return names\n\n\n{rest}"
    after = before.replace("= {}):\n", "= None):\n    if names is None:\n        names = {}\n")
    wanted = after.replace("int] = None", "int] | None = None") if annotated else after
    assert complete(tmp_path, before, after, "pkg/m.py") == wanted


def test_imports_of_one_type_from_two_places_stay_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    for name in ("__init__", "_new", "_old"):
        (tmp_path / "pkg" / f"{name}.py").write_text("from typing import Mapping\n")
    head = "try:\n    from ._new import Mapping\nexcept ImportError:\n    from ._old import Mapping  # of old\n\n\n"
    before = f"{head}def add(names: Mapping[str, int] = {{}}):\n    return names\n"
    after = before.replace("= {}):\n", "= None):\n    if names is None:\n        names = {}\n")
    assert complete(tmp_path, before, after, "pkg/m.py") == after.replace("int] = None", "int] | None = None")
