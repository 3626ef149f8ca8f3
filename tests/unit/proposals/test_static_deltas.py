"""What reading a change tells about it."""

from pathlib import Path

import pytest

from sigma_core.projects.git import TreeFile
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.edits import apply_edits
from sigma_core.proposals.verification import guard
from sigma_core.proposals.verification.patch import Change, ChangedFile, Patch, read_patch
from sigma_core.proposals.verification.static.api import api_changes, module_name, new_imports
from sigma_core.proposals.verification.static.deltas import deltas, read_tree, target_check
from sigma_core.proposals.verification.static.sinks import sinks


class OneFile:
    """A commit with one file."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text

    def files(self, _commit: str) -> dict[str, TreeFile]:
        return {self.path: TreeFile("100644", "", len(self.text))}

    def read(self, _commit: str, path: str) -> bytes:
        return {self.path: self.text}[path].encode()


def patch(path: str, before: str, after: str, **target: str) -> Patch:
    return read_patch(OneFile(path, before), Change(1, diffs.make(path, before, after), "0" * 40, **target))


def file(before: str, after: str, path: str = "src/pkg/a.py") -> ChangedFile:
    return patch(path, before, after).files[0]


def test_public_names_and_signatures_are_the_surface() -> None:
    before = (
        "def f(a): ...\ndef g(): ...\ndef _h(): ...\nclass C:\n    def m(self): ...\n    def _n(self): ...\nX = 1\n"
    )
    after = "def f(a, b=1): ...\ndef _h(x): ...\nclass C:\n    def k(self): ...\nX = 2\nY: int = 3\n"
    assert api_changes([file(before, after)]) == (
        ["pkg.a.C.k(self)", "pkg.a.Y", "pkg.a.f(a, b=1)"],
        ["pkg.a.C.m(self)", "pkg.a.f(a)", "pkg.a.g()"],
    )


def test_a_list_of_public_names_decides() -> None:
    changed = file("__all__ = ['a', 'b']\na = b = c = 1\n", "__all__ = ['a']\na = b = c = d = 1\n")
    assert api_changes([changed]) == ([], ["pkg.a.b"])


def test_imports_are_public_only_where_a_package_gathers_them() -> None:
    assert api_changes([file("import os\nx = 1\n", "x = 1\n")]) == ([], [])
    assert api_changes([file("from .a import b\nx = 1\n", "x = 1\n", "pkg/__init__.py")]) == ([], ["pkg.b"])


@pytest.mark.parametrize(
    ("path", "name"), [("src/a/b.py", "a.b"), ("a/__init__.py", "a"), ("b.py", "b"), ("src/__init__.py", "src")]
)
def test_a_module_is_named_as_it_is_imported(path: str, name: str) -> None:
    assert module_name(path) == name


def test_new_imports_are_top_level_packages() -> None:
    assert new_imports(
        file("import os\n", "import os.path\nfrom json.decoder import JSONDecoder\nfrom . import x\n")
    ) == {"json"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("eval(x)", "eval()"),
        ("subprocess.run(x)", "subprocess.run()"),
        ("run(x, shell=True)", "run(shell=True)"),
        ("get(x, verify=False)", "get(verify=False)"),
        ("db.execute(f'select {x}')", "db.execute() with a query built from parts"),
        ("pickle.loads(x)", "pickle.loads()"),
    ],
)
def test_dangerous_calls_on_added_lines_are_sinks(line: str, said: str) -> None:
    assert list(sinks(file("eval(0)\n", f"eval(0)\n{line}\n"))) == [f"src/pkg/a.py:2: {said}"]


def test_ordinary_calls_are_no_sinks() -> None:
    assert list(sinks(file("", "db.execute('select 1', (x,))\nre.compile(x)\nrun(x, shell=False)\n"))) == []


BRANCHES = (
    "import os\n\n\ndef f(a):\n    if a:\n        return 1\n    elif a is None:\n        return 2\n    return 3\n"
)


def test_figures_before_and_after_come_from_the_detectors(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BRANCHES)
    before = read_tree(tmp_path, ["a.py"])
    simpler = BRANCHES.replace("import os\n\n\n", "").replace("    elif a is None:\n        return 2\n", "")
    (tmp_path / "a.py").write_text(simpler)
    after = read_tree(tmp_path, ["a.py"])
    changed = patch("a.py", BRANCHES, simpler, rule="F401")
    found = deltas(changed, before, after)
    assert (found.complexity.before, found.complexity.after) == (3, 2)
    assert (found.lines_added, found.lines_removed) == (0, 5)
    assert "F401" in {each.rule for each in found.gone_findings}
    assert found.new_findings == []
    target = target_check(changed, before, after, [])
    assert (target.before, target.after, target.gone) == (1, 0, True)
    assert target_check(changed, before, after, ["hidden"]).gone is False
    assert target_check(patch("a.py", BRANCHES, simpler), before, after, []).gone is None


def test_a_finding_that_the_projects_own_configuration_asks_to_be_without_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('lint.select = ["I"]\n')
    texts = "import os\n\nprint(os)\n", "import os\nimport contextlib\n\nprint(os, contextlib)\n"
    readings = []
    for text in texts:
        (tmp_path / "a.py").write_text(text)
        readings.append(read_tree(tmp_path, ["a.py"]))
    (finding,) = deltas(patch("a.py", *texts), *readings).new_findings
    assert (finding.rule, finding.selected) == ("I001", True)


def test_of_equal_lines_any_may_vanish_for_the_one_that_was_mended(tmp_path: Path) -> None:
    twice = "def f(a):\n    x = a\n    return x\n\n\ndef g(a):\n    x = a\n    return x\n"
    (tmp_path / "a.py").write_text(twice)
    before = read_tree(tmp_path, ["a.py"])
    first = min((each for each in before.found if each.rule == "RET504"), key=lambda each: each.line)
    once = twice.replace("    x = a\n    return x\n", "    return a\n", 1)
    (tmp_path / "a.py").write_text(once)
    changed = patch("a.py", twice, once, rule="RET504", fingerprint=first.fingerprint)
    assert target_check(changed, before, read_tree(tmp_path, ["a.py"]), []).gone


SPELLINGS = {
    "C403": "return set([each for each in a])",
    "C408": "return dict(a=a)",
    "E712": "return 1 if a == True else 2",
    "FLY002": 'return "-".join(["a", "b"])',
    "RUF005": "return [1] + list(a)",
    "SIM118": "return 1 in a.keys()",
    "UP032": 'return "{} {}".format(a, a)',
}


def test_an_issue_is_seen_to_be_gone_after_the_linters_own_fix_however_it_spells_the_same(tmp_path: Path) -> None:
    texts = {f"{rule.lower()}.py": f"def f(a):\n    {body}\n" for rule, body in SPELLINGS.items()}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    before = read_tree(tmp_path, [*texts])
    found = {each.rule: each for each in before.found if each.rule in SPELLINGS}
    assert found.keys() == SPELLINGS.keys()
    fixed = {}
    for name, text in texts.items():
        fix = found[name.removesuffix(".py").upper()].fix
        assert fix is not None
        fixed[name] = apply_edits(text, fix.edits)
        (tmp_path / name).write_text(fixed[name])
    after = read_tree(tmp_path, [*texts])
    for name, text in texts.items():
        rule = name.removesuffix(".py").upper()
        change = patch(name, text, fixed[name], rule=rule, fingerprint=found[rule].fingerprint)
        assert target_check(change, before, after, guard.suppressions(change)).gone, rule
