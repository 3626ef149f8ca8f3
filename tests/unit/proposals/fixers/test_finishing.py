"""A fix keeps comments, and is laid out as its file was."""

from pathlib import Path

import pytest

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.fixers.finishing import Finisher


def finish(root: Path, before: str, after: str, path: str = "m.py") -> str | None:
    fixed = Fixed(diffs.make(path, before, after), "t", "d", 0.9, "linter_safe")
    done = Finisher(lambda: root).finish(fixed, path, before)
    return None if done is None else diffs.apply(before, diffs.parse(done.diff)[0].edits())


def test_a_fix_of_a_formatted_file_is_formatted(tmp_path: Path) -> None:
    before, after = "x = [1]\ny = list(x)\n", "x = [1]\ny = [ *x ]\n"
    assert finish(tmp_path, before, after) == "x = [1]\ny = [*x]\n"


def test_a_file_that_nobody_formatted_keeps_its_layout(tmp_path: Path) -> None:
    before, after = "x  =  [1]\ny = list(x)\n", "x  =  [1]\ny = [ *x ]\n"
    assert finish(tmp_path, before, after) == after


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (
            "x  = dict(a=1,\n          b=f(2,\n              3))\n",
            "x  = {'a': 1,\n          'b': f(2,\n              3)}\n",
            "x  = {'a': 1,\n      'b': f(2,\n             3)}\n",
        ),
        (
            "x  = all([a and\n          b for a in c])\n",
            "x  = all(a and\n          b for a in c)\n",
            "x  = all(a and\n         b for a in c)\n",
        ),
        (
            "x  = dict(\n    a=1,\n      b=2)\n",
            "x  = {\n    'a': 1,\n      'b': 2}\n",
            "x  = {\n    'a': 1,\n      'b': 2}\n",
        ),
        (
            'x  = dict(a="""\n          b""")\n',
            'x  = {\'a\': """\n          b"""}\n',
            'x  = {\'a\': """\n          b"""}\n',
        ),
    ],
    ids=["display", "generator", "hanging", "text"],
)
def test_lines_that_were_aligned_with_a_bracket_stay_so(tmp_path: Path, before: str, after: str, wanted: str) -> None:
    assert finish(tmp_path, before, after) == wanted


@pytest.mark.parametrize(
    ("before", "gone", "wanted"),
    [
        ("x  = 1\n\ny = 2\n\n\nz = 3\n", "y = 2\n", "x  = 1\n\n\nz = 3\n"),
        ("x  = 1\ny = 2\n\n\nz = 3\n", "y = 2\n", "x  = 1\n\n\nz = 3\n"),
        ("x  = 1\n\n\ny = 2\n\nz = 3\n", "y = 2\n", "x  = 1\n\n\nz = 3\n"),
    ],
)
def test_where_something_goes_no_blank_lines_pile_up(tmp_path: Path, before: str, gone: str, wanted: str) -> None:
    assert finish(tmp_path, before, before.replace(gone, "")) == wanted


def test_in_a_file_that_another_version_formatted_the_fix_alone_is_formatted(tmp_path: Path) -> None:
    before = "".join(f"x{number} = {number}\n" for number in range(60)) + "z  = 1\ny = list(x)\nw = [1]\nv = list(z)\n"
    after = before.replace("y = list(x)", "y = [ *x ]").replace("v = list(z)", "v = [ *z ]")
    # What stands beside the passage that is not formatted is left as it is
    assert finish(tmp_path, before, after) == after
    only = before.replace("v = list(z)", "v = [ *z ]")
    assert finish(tmp_path, before, only) == before.replace("v = list(z)", "v = [*z]")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ruff.toml", 'line-length = 50\nformat.quote-style = "single"\n'),
        ("pyproject.toml", '[tool.ruff]\nline-length = 50\n[tool.ruff.format]\nquote-style = "single"\n'),
        ("ruff.toml", 'required-version = "==0.1.0"\nline-length = 50\nformat.quote-style = "single"\n'),
        ("pyproject.toml", "[tool.black]\nline-length = 50\nskip-string-normalization = true\n"),
    ],
)
def test_the_projects_own_settings_count(tmp_path: Path, name: str, settings: str) -> None:
    (tmp_path / name).write_text(settings)
    before = "a = 'x'\n\n\n" + "def f(left, right):\n    return left.one(right) and right.two(left)\n"
    after = before.replace("left.one(right)", "left.one_or_more_of(right)")
    finished = finish(tmp_path, before, after)
    assert finished is not None
    assert "    return left.one_or_more_of(\n        right\n    ) and right.two(left)\n" in finished
    assert "a = 'x'" in finished


def test_a_configuration_that_leads_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('extend = "/etc/ruff.toml"\n')
    assert finish(tmp_path, "x = 1\n", "x =  2\n") == "x = 2\n"


def test_a_fix_that_loses_a_comment_is_not_proposed(tmp_path: Path) -> None:
    assert finish(tmp_path, "if a:\n    # why\n    b = 1\n", "b = 1 if a else 2\n") is None
    assert finish(tmp_path, "x = 1  # why\ny = 2\n", "y = 2\nx = 1  # why\n") is not None


def test_a_fix_that_spells_numbers_in_another_way_is_not_proposed(tmp_path: Path) -> None:
    assert finish(tmp_path, "x = (0x20,) + (1_000,)\n", "x = (32, 1000)\n") is None
    assert finish(tmp_path, "x = (0x20,) + (1_000,)\n", "x = (0x20, 1_000)\n") is not None
    assert finish(tmp_path, "x = 0x20 + 1\n", "x = 1\n") is not None


def test_a_fix_that_formatting_undoes_is_none(tmp_path: Path) -> None:
    assert finish(tmp_path, "x = 1\n", "x =  1\n") is None


def test_line_ends_and_the_byte_order_mark_stay(tmp_path: Path) -> None:
    before, after = "\ufeffx = [1]\r\ny = list(x)\r\n", "\ufeffx = [1]\r\ny = [ *x ]\r\n"
    assert finish(tmp_path, before, after) == "\ufeffx = [1]\r\ny = [*x]\r\n"
