"""What a repository holds never steers the terminal of who looks at it, whatever command shows it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from fakes.command import UNATTACKED, Answer, Command
from fakes.hostile_text import ESCAPE, hostile_checkout
from fakes.terminal import on_a_terminal

from sigma_core.cli import main
from sigma_core.cli.commands import app
from sigma_core.text import HIDDEN

OWN = re.compile(r"\r\x1b\[K|\r\n|\n|\t")
"""What SIGMA itself sends: it clears the line of its progress, it ends lines."""
GIVEN = {
    "run": ((),),
    "proposal": (("1",),),
    "verify": (("1",),),
    "approve": (("1", "--reason", ESCAPE),),
    "reject": (("1", "--reason", ESCAPE), (ESCAPE,)),
    "export": (("1",),),
    "recall": ((ESCAPE,), ("None",)),
    "ignore": (("1", "--reason", ESCAPE),),
    "unignore": (("1",),),
    "receive": (("think",), (ESCAPE,)),
    "exchange show": (("1",),),
    "schedule run": ((ESCAPE,),),
    "prompt show": (("dream/error_fix",), (ESCAPE,)),
    "strategy run": ((ESCAPE, "--worker", "dream"),),
    "project permit": (("1", "--autonomy", ESCAPE),),
}
"""Words with which a command has something to show; the others are called without any."""
LEFT_OUT = {("up",), ("serve",), ("scheduler",), ("mcp",), ("graph", "rebuild")}
"""Those that go on until they are stopped, and one that empties the graph of the others."""


@pytest.fixture(scope="module")
def sigma(tmp_path_factory: pytest.TempPathFactory) -> Command:
    folder = tmp_path_factory.mktemp("terminal")
    command = Command(folder / "home", **UNATTACKED, SIGMA_EMBEDDER="none")
    command("project", "add", hostile_checkout(folder).path)
    command("run", code=None)
    return command


@pytest.fixture
def here(sigma: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """The same in this process: start-up is what costs."""
    for name, value in sigma.environment().items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> Answer:
        code = main(["--home", str(sigma.home), *words])
        return Answer(code, *capsys.readouterr())

    return call


def commands(group: typer.Typer, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command there is, as its words."""
    for each in group.registered_commands:
        name = each.name or each.callback.__name__.rstrip("_").replace("_", "-")  # type: ignore[union-attr]
        yield (*before, name)
    for inner in group.registered_groups:
        yield from commands(inner.typer_instance, (*before, str(inner.name)))  # type: ignore[arg-type]


def steering(text: str) -> list[str]:
    return HIDDEN.findall(OWN.sub("", text))


@pytest.mark.parametrize("words", [each for each in commands(app) if each not in LEFT_OUT])
def test_no_command_lets_a_repository_steer_the_terminal(here: Callable[..., Answer], words: tuple[str, ...]) -> None:
    for given in GIVEN.get(" ".join(words), ((),)):
        for form in ((), ("--json",)):
            answer = here(*words, *given, *form)
            shown = answer.err if words == ("export",) else answer.out + answer.err
            assert steering(shown) == [], (words, given)


@pytest.mark.parametrize("words", [("run",), ("proposal", "1"), ("export", "1")])
def test_on_a_terminal_the_progress_and_the_patch_are_harmless_too(sigma: Command, words: tuple[str, ...]) -> None:
    shown = on_a_terminal(sigma, *words)
    assert shown
    assert steering(shown) == []


def test_a_patch_that_a_program_reads_is_the_very_patch(sigma: Command) -> None:
    patch = sigma("export", "1").out
    assert ESCAPE in patch
    assert json.loads(sigma("export", "1", "--json").out)["patch"] == patch


def test_a_file_whose_name_no_diff_can_say_is_left_out_and_named(tmp_path: Path) -> None:
    sigma = Command(tmp_path / "home", **UNATTACKED, SIGMA_EMBEDDER="none")
    sigma("project", "add", hostile_checkout(tmp_path).path)
    answer = sigma("run")
    assert "dream left out E711 in pkg/new\\x0aline.py: " in answer.out
    assert [each["files"] for each in sigma.json("proposals")["proposals"]] == [["pkg/shop.py"]]
    places = {each["file"] for each in sigma.json("issues")["issues"] if each["rule"] == "E711"}
    assert len(places) == 3


def test_an_error_that_nobody_foresaw_is_printed_harmlessly() -> None:
    code = "from sigma_core.cli.terminal import guard_tracebacks;guard_tracebacks(); raise RuntimeError('\\x1b[2J')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"RuntimeError: \\x1b[2J\n" in done.stderr
