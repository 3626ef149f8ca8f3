"""Every command with every number and id that cannot be: one sentence and an exit code, never a traceback."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer

from sigma_core.cli import main
from sigma_core.cli.commands import app

WRONG = {"sqlite": ("-1", "9223372036854775808", "x" * 5000), "postgresql": ("2147483648",)}
"""Where the integers of each database end, no id at all, and longer than a path can be."""
PLAIN = {
    "type": "risk_pattern",
    "source": "operator",
    "name": "dream/error_fix",
    "worker": "dream",
    "job": "analysis",
    "payload": '{"pattern": "p", "severity": "high", "confidence": 0.5, "context": {}}',
    "label": "trial",
    "reason": "none",
    "query": "x",
    "scope": "day",
    "strategy": "multi_hop_exploration",
    "on_reach": "alert",
    "project": "1",
    "version": "1",
    "before": "1",
    "after": "1",
    "every": "60",
    "diff": "/dev/null",
    "path": "/nonexistent",
    "file": "/nonexistent",
    "folder": "/nonexistent",
}
LEFT_OUT = {"up", "doctor", "run", "verify"}
"""They take long whatever they are told; what they are told is read as others read it."""


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        elif not words and name in LEFT_OUT:
            continue
        else:
            yield (*words, name), command


def line(words: Sequence[str], command: Any, given: Mapping[str, str]) -> list[str]:
    """The command line: what is given, and something plain for what else is required."""
    options, arguments = [], []
    for parameter in command.params:
        value = given.get(parameter.name)
        if value is None and parameter.required:
            value = PLAIN.get(parameter.name, "1")
        if value is None or getattr(parameter, "is_flag", False):
            continue
        if parameter.param_type_name == "argument":
            arguments.append(value)
        else:
            options.append(f"{parameter.opts[0]}={value}")
    return [*words, *options, *(["--", *arguments] if arguments else [])]


COMMANDS = list(commands(typer.main.get_command(app)))
GROUPS = sorted({words[0] for words, _ in COMMANDS})


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SIGMA_EMBEDDER", "none")
    monkeypatch.setenv("SIGMA_SANDBOX", "none")
    monkeypatch.setenv("SIGMA_GRAPH_URL", "bolt://127.0.0.1:1")
    if request.param == "postgresql":
        monkeypatch.setenv("SIGMA_DATABASE_URL", request.getfixturevalue("postgresql_home_url"))
    return str(request.param)


@pytest.mark.parametrize("group", GROUPS)
def test_no_number_or_id_ends_in_a_traceback(
    database: str, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some name a folder to write to
    for words, command in (each for each in COMMANDS if each[0][0] == group):
        for parameter in command.params:
            for wrong in () if getattr(parameter, "is_flag", False) else WRONG[database]:
                said, complained = io.StringIO(), io.StringIO()
                told = line(words, command, {parameter.name: wrong})
                with redirect_stdout(said), redirect_stderr(complained):
                    code = main(["--json", "--home", str(tmp_path / "home"), *told])
                assert code in range(5), told
                assert json.loads(complained.getvalue() or said.getvalue()), told
