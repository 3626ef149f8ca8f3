"""The `sigma` command as its users meet it: another process, its answer, its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.command_forks import command_forks

UNATTACKED = {"SIGMA_SANDBOX": "none"}
"""For `sigma doctor`, which else takes ten seconds to attack its sandbox."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a call left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout; nothing else may be there."""
        assert self.out.count("\n") == 1, self.out
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def complaint(self) -> dict[str, Any]:
        """The one JSON line on stderr."""
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        complaint: dict[str, Any] = json.loads(self.err)
        assert complaint["error"]
        return complaint


class Command:
    """`sigma` on one home, with these settings. Arguments are text or, for what is no text, bytes."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home, self._settings = home, settings

    def __call__(self, *arguments: str | bytes | Path | int, stdin: bytes = b"", code: int | None = 0) -> Answer:
        """Run it to its end; it must exit with `code` (None: with any)."""
        words = [os.fsdecode(each if isinstance(each, bytes) else str(each)) for each in arguments]
        ended, out, err = command_forks().run(words, self.environment(), self.home.parent, stdin)
        answer = Answer(ended, out.decode(), err.decode())
        assert "/sigma_core/" not in answer.err, answer.err  # as every traceback of ours would hold
        assert code in (None, answer.code), answer
        return answer

    def json(self, *arguments: str | bytes | Path | int, stdin: bytes = b"", code: int = 0) -> dict[str, Any]:
        """The document of a call with ``--json``; stderr stays empty."""
        answer = self(*arguments, "--json", stdin=stdin, code=code)
        assert answer.err == ""
        return answer.document

    def refused(self, code: int, *arguments: str | bytes | Path | int, stdin: bytes = b"") -> str:
        """The sentence of a call that must fail with `code`."""
        said: str = self(*arguments, "--json", stdin=stdin, code=code).complaint["error"]
        assert "\n" not in said
        return said

    def start(self, *arguments: str | Path) -> "subprocess.Popen[bytes]":
        """Run it beside the test, started afresh."""
        return subprocess.Popen(
            self.line(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
            cwd=self.home.parent,
        )

    @staticmethod
    def line(*arguments: str | bytes | Path | int) -> list[str | bytes]:
        """The command line."""
        return [sys.executable, "-m", "sigma_core", *(a if isinstance(a, bytes) else str(a) for a in arguments)]

    def environment(self) -> Mapping[str, str]:
        """Ours, with the home and without what a developer may have set."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGMA_", "OPENAI_"))}
        return {**kept, "SIGMA_HOME": str(self.home), "PYTHONPATH": str(ROOT), **self._settings}
