"""What a project's test command means."""

import re
import shlex
from dataclasses import dataclass, field, replace
from typing import Literal

Runner = Literal["pytest", "unittest", "django", "command"]
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_PYTHON = re.compile(r"python(\d(\.\d+)?)?")


@dataclass(frozen=True)
class TestCommand:
    """A command by its runner. `arguments` are the runner's own, or the whole command line where ids can't be read."""

    __test__ = False

    text: str
    runner: Runner
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    """Where it is started, relative to the checkout."""

    def within(self, folder: str) -> "TestCommand":
        """The same, started in this folder of the checkout."""
        return replace(self, folder=folder, text=f"{self.text} (in {folder})") if folder else self

    def spelled(self) -> "TestCommand":
        """The same, its text made of its parts."""
        variables = (f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
        return replace(self, text=" ".join([*variables, self.runner, *map(shlex.quote, self.arguments)]))


def read_command(text: str, *, by_shell: bool = True) -> TestCommand:
    """Recognise pytest, unittest and Django's tests; anything else is judged by its exit code.

    Without a shell: a command that needs one (``&&``, ``|``, ``$VAR``) is given to ``sh -c`` as it stands, unless those
    who wrote it know of none (`by_shell`).
    """
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    environment = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        environment[match[1]] = match[2]
        words = words[1:]
    if not words or (by_shell and re.search(r"[;&|<>$`*?(){}\n]", "".join(_unquoted(text)))):
        return TestCommand(text, "command", ("/bin/sh", "-c", text))
    runner, arguments = _recognised(words)
    return TestCommand(text, runner, tuple(arguments), environment)


def default_command(*, has_pytest: bool, tests_folder: str | None) -> TestCommand:
    """What is run when neither operator nor project say: pytest where it is installed, else unittest."""
    if has_pytest:
        return read_command("pytest")
    return read_command(f"python -m unittest discover{f' -s {tests_folder} -t .' if tests_folder else ''}")


def _recognised(words: list[str]) -> tuple[Runner, list[str]]:
    program = words[0].rsplit("/", 1)[-1]
    if program in ("pytest", "py.test"):
        return "pytest", words[1:]
    if _PYTHON.fullmatch(program) and words[1:2] == ["-m"] and words[2:3] in (["pytest"], ["unittest"]):
        return ("pytest" if words[2] == "pytest" else "unittest"), words[3:]
    if words[:2] in (["./manage.py", "test"], ["manage.py", "test"]):
        return "django", words[2:]
    if _PYTHON.fullmatch(program) and words[1:3] in (["manage.py", "test"], ["./manage.py", "test"]):
        return "django", words[3:]
    return "command", words


def _unquoted(text: str) -> list[str]:
    """The parts of a command line outside quotes, where a shell would see its own signs."""
    return re.split(r"'[^']*'|\"[^\"$`]*\"", text)
