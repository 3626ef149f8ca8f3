"""Text that this Python cannot read, or whose tree is too deep to go down, is unreadable in every thread."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sigma_core.issues.detectors.complexity import ComplexityDetector
from sigma_core.issues.detectors.dead_code import DeadCodeDetector
from sigma_core.issues.file_selection import collect
from sigma_core.parsing import syntax_tree
from sigma_core.proposals.verification import statements, syntax
from sigma_core.proposals.verification.static import modules

DEEP = {
    "operator": lambda depth: f"x = {'-' * depth}1\n",
    "attribute": lambda depth: f"import a\nx = a{'.b' * depth}\n",
    "elif": lambda depth: f"if a:\n    pass\n{'elif a: pass' + chr(10)}" + "elif a: pass\n" * depth,
    "sum": lambda depth: f"x = {'+'.join(['1'] * depth)}\n",
    "default": lambda depth: f"def f(x=a{'()' * depth}):\n    pass\n",
    "lambda": lambda depth: f"x = {'lambda: ' * depth}1\n",
}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("depth", [300, 600, 1100, 5000])
def test_deep_code_fails_nobody(tmp_path: Path, kind: str, depth: int) -> None:
    text = DEEP[kind](depth)
    (tmp_path / "deep.py").write_text(text)

    def read() -> None:
        sources, _ = collect(tmp_path)
        for detector in (ComplexityDetector(), DeadCodeDetector()):
            detector.look(sources)
        assert sources.files["deep.py"].enclosing(1) in {"", "f"}
        assert list(modules.taken_in(text, "deep.py")) == []
        assert statements.functions_of(text) == []
        with pytest.raises(syntax.Unreadable):
            syntax.same_code(text, text)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(read).result()


@pytest.mark.parametrize("text", ["x = (", "x = '\0'", f"x = {'9' * 5000}", "x = " + "-" * 50_000 + "1"])
def test_whatever_cannot_be_read_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        syntax_tree(text)


def test_threads_that_read_at_once_do_not_disturb_each_other() -> None:
    texts = [DEEP["sum"](150), DEEP["operator"](3000), DEEP["elif"](100)] * 40

    def outcome(text: str) -> str:
        try:
            syntax_tree(text)
        except SyntaxError:
            return "unreadable"
        return "read"

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(outcome, texts)) == ["read", "unreadable", "read"] * 40


def test_what_a_file_too_deep_to_follow_uses_counts_as_used(tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text(f"from m import _helper\nx = {'+'.join(['1'] * 900)}\ny = _helper()\n")
    (tmp_path / "m.py").write_text("def _helper():\n    return 1\n")
    sources, _ = collect(tmp_path)
    assert [found.symbol for found in DeadCodeDetector().look(sources).found] == []
