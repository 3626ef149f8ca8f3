"""Runs ruff on a plain tree, bounded in time and output, with nothing of the surroundings' configuration."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from ruff import find_ruff_bin

from sigma_core.errors import Unavailable
from sigma_core.formatting import interval

TIMEOUT_S = 120.0
MAX_OUTPUT_BYTES = 256 * 1024 * 1024
_BATCH_CHARS = 100_000
_ALWAYS = ("check", "--no-cache", "--no-fix", "--exit-zero", "--quiet", "--output-format", "json-lines")


class RuffFailed(Unavailable):
    """Ruff could not run, stopped, or would not end within its bounds."""


@cache
def _program() -> str:
    """Where the installed ruff lies: to look for it takes longer than many a run of it."""
    return str(find_ruff_bin())


@cache
def ruff_version() -> str:
    """The installed ruff."""
    return version("ruff")


def is_ours(pinned: str) -> bool:
    """Whether a version has the rules of the installed one: its first two parts count."""
    return pinned.split(".")[:2] == ruff_version().split(".")[:2]


def known_rules() -> frozenset[str]:
    """The codes of all rules that the installed ruff has."""
    return frozenset(_since())


def is_younger(rule: str, pinned: str) -> bool:
    """Whether a rule came, or was out of its trial, only after this version."""
    return _since().get(rule, ()) > numbers(pinned)


@cache
def _since() -> Mapping[str, tuple[int, ...]]:
    """The version from which on each rule is what it is now, by its code."""
    with tempfile.TemporaryFile() as output:
        _run([_program(), "rule", "--all", "--output-format", "json"], Path("/"), output)
        rules = [rule for rule in json.load(output) if rule["code"]]
    return {rule["code"]: max(map(numbers, _versions(rule)), default=()) for rule in rules}


def _versions(rule: Mapping[str, Any]) -> Iterator[str]:
    status = rule.get("status")
    yield from (each["since"] for each in status.values()) if isinstance(status, dict) else ()


def numbers(version: str) -> tuple[int, ...]:
    """A version's parts, to be compared."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def run_ruff(root: Path, options: Sequence[str], files: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Ruff's findings in these files (relative to `root`), one JSON object each.

    Raises `RuffFailed` after `TIMEOUT_S` seconds, beyond `MAX_OUTPUT_BYTES` or when ruff refuses its configuration.
    """
    for batch in _batches(files):
        with tempfile.TemporaryFile() as output:
            _run([_program(), *_ALWAYS, *options, "--", *batch], root, output)
            for line in output:
                yield json.loads(line)


def look_at(root: Path, options: Sequence[str], path: str, text: str) -> list[dict[str, Any]]:
    """Ruff's findings in a text that stands for the file `path` relative to `root`. Raises `RuffFailed`."""
    said = _said_of(root, [*_ALWAYS, *options], path, text)
    if said is None:
        message = f"ruff could not look at {path}."
        raise RuffFailed(message)
    return [json.loads(line) for line in said.splitlines()]


def formatted(root: Path, options: Sequence[str], path: str, text: str) -> str | None:
    """The text of a file (its path relative to `root`) as ruff lays it out; None where ruff cannot."""
    return _said_of(root, ["format", "--no-cache", "--quiet", *options], path, text)


def _said_of(root: Path, arguments: Sequence[str], path: str, text: str) -> str | None:
    """What ruff says of a text that it is given; None where it cannot."""
    try:
        done = subprocess.run(
            [_program(), *arguments, "--stdin-filename", path, "-"],
            cwd=root,
            env={},
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode() if done.returncode == 0 else None


def _run(command: list[str], root: Path, output: IO[bytes]) -> None:
    try:
        # an empty environment: no RUFF_ variables, no home whose configuration would be read
        done = subprocess.run(
            command,
            cwd=root,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"ruff did not finish within {interval(TIMEOUT_S)}."
        raise RuffFailed(message) from None
    if done.returncode != 0:
        message = f"ruff failed: {_complaint(done.stderr)}"
        raise RuffFailed(message)
    if output.tell() > MAX_OUTPUT_BYTES:
        message = "ruff found more than can be held; name folders to leave alone."
        raise RuffFailed(message)
    output.seek(0)


def _complaint(stderr: bytes) -> str:
    text = " ".join(stderr.decode("utf-8", "replace").split())
    return text.removeprefix("ruff failed ").removeprefix("error: ")[:500] or "it said nothing"


def _batches(files: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    chars = 0
    for path in files:
        if batch and chars + len(path) > _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
        batch.append(path)
        chars += len(path)
    if batch:
        yield batch
