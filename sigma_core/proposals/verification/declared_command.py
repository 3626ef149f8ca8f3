"""Which tests a project's other tools run: tox, nox, hatch, poe, pdm, taskipy, then scripts and CI. Read as text.

Only what narrows or names the tests is taken over (paths, markers, settings): options for reports, coverage and
parallel runs need plug-ins that an environment may lack, and change no result.
"""

import ast
import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sigma_core.parsing import syntax_tree
from sigma_core.proposals.verification.command import TestCommand, read_command
from sigma_core.proposals.verification.declared_files import table_in, text_in, toml_in
from sigma_core.proposals.verification.script_commands import script_commands, without_manager

_POSARGS = re.compile(r"\{posargs(?::([^{}]*))?\}|\{args(?::([^{}]*))?\}|\$@")
_WITH_VALUE = frozenset(
    {"-m", "-k", "-c", "-p", "-o", "-W", "--ds", "--dc", "--ignore", "--deselect", "--import-mode", "--rootdir"}
)
_DOCTESTS = "--doctest-modules"
_FLAGS = (_DOCTESTS, "--pyargs")
_TOP = re.compile(r"\{(?:toxinidir|tox_root)\}/")
_INSTALLED = re.compile(r"\{(?:envsitepackagesdir|env_site_packages_dir)\}/")
_TASKS = ("test", "tests", "unit", "pytest", "unittest")


def declared_command(folder: Path) -> TestCommand | None:
    """The first command of the project in `folder` that starts pytest, unittest or Django's tests."""
    for text in _commands(folder):
        command = read_command(_plain(text), by_shell=False)
        if command.runner == "pytest":
            return TestCommand("", "pytest", tuple(_kept(command.arguments, folder)), command.environment).spelled()
        if command.runner in ("unittest", "django"):
            return command
    return None


def _plain(text: str) -> str:
    """The command without a tool's own signs: what a person may add, environments, a wrapper that measures."""
    text = _POSARGS.sub(lambda found: found[1] or found[2] or "", " ".join(text.split()))
    text = re.sub(r"\{envpython\}|\{env_python\}", "python", _TOP.sub("", text)).removeprefix("- ")
    text = without_manager(text.strip())
    return re.sub(r"^(?:python -m )?coverage run (?:-\S+ )*-m ", "python -m ", text)


def _kept(arguments: tuple[str, ...], folder: Path) -> Iterator[str]:
    """What narrows or names the tests. Examples in all modules only where the project looks for them in all."""
    places = [_in_checkout(word, folder) for word in arguments]
    meant = any("{" in word for word in arguments)
    lost = meant and not any(_is_place(word, folder) for word in places)
    words = iter(word for word in places if not (lost and word == _DOCTESTS))
    for word in words:
        name, _, value = word.partition("=")
        if word in _WITH_VALUE:
            yield from (word, next(words, ""))
        elif (name in _WITH_VALUE and value) or word in _FLAGS or _is_place(word, folder):
            yield word


def _in_checkout(word: str, folder: Path) -> str:
    """Where in the checkout lies what the tool has installed."""
    if not _INSTALLED.match(word):
        return word
    name = _INSTALLED.sub("", word)
    return next((place for place in (name, f"src/{name}") if (folder / place).exists()), word)


def _is_place(word: str, folder: Path) -> bool:
    return not word.startswith("-") and "{" not in word and (folder / word.partition("::")[0]).exists()


def _commands(folder: Path) -> Iterator[str]:
    pyproject = toml_in(folder / "pyproject.toml")
    tool = table_in(pyproject.get("tool"))
    yield from _of_tox(text_in(folder / "tox.ini"))
    yield from _of_tox(str(table_in(tool.get("tox")).get("legacy_tox_ini", "")))
    yield from _of_tox_tables(tool, toml_in(folder / "tox.toml"))
    yield from _of_tasks(tool)
    yield from _of_nox(text_in(folder / "noxfile.py"))
    yield from script_commands(folder)


def _of_tox(text: str) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    # Of the environments with a name of their own, some only run a part, or no tests
    commands = parser.get("testenv", "commands", fallback="") or ""
    yield from re.sub(r"\\\n\s*", " ", commands).strip().splitlines()


def _of_tox_tables(tool: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    for settings in (table_in(tool.get("tox")), own):
        for words in table_in(settings.get("env_run_base")).get("commands", ()):
            if isinstance(words, list):
                yield " ".join(_word(word) for word in words)


def _of_tasks(tool: Mapping[str, Any]) -> Iterator[str]:
    environments = table_in(table_in(tool.get("hatch")).get("envs"))
    tables = [table_in(table_in(each).get("scripts")) for each in environments.values()]
    tables += [table_in(table_in(tool.get("poe")).get("tasks")), table_in(table_in(tool.get("pdm")).get("scripts"))]
    tables += [table_in(table_in(tool.get("taskipy")).get("tasks"))]
    for tasks in tables:
        for name in _TASKS:
            task = tasks.get(name)
            for step in task if isinstance(task, list) else [task]:
                text = step.get("cmd") if isinstance(step, dict) else step
                if isinstance(text, str):
                    yield text


def _of_nox(text: str) -> Iterator[str]:
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        return
    sessions = (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name in _TASKS)
    for node in (node for session in sessions for node in ast.walk(session)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run":
            words = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield " ".join(map(_word, words))


def _word(word: object) -> str:
    return f"'{word}'" if isinstance(word, str) and " " in word else str(word)
