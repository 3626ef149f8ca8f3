"""`sigma prompt test …`: what must hold of a prompt's answers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, progress, system, table
from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from sigma_core.prompts.tables import PromptTest, PromptValidation
    from sigma_core.prompts.testing import Suite

app = typer.Typer(no_args_is_help=True, help="Tests of prompts, run through the model.")

Name = Annotated[str, typer.Argument(help="worker/type, worker/type/name, or an id.")]


@app.command("add")
def add(
    name: Name,
    file: Annotated[Path | None, typer.Option(help="JSON: name, inputs, assertions, view; - reads stdin.")] = None,
    title: Annotated[str | None, typer.Option("--name", help="What the test shows; else the file says it.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="name=value of a variable, JSON or text.")] = None,
    assert_: Annotated[
        list[str] | None, typer.Option("--assert", help='An assertion as JSON: {"kind": "contains", "text": "x"}.')
    ] = None,
    view: Annotated[str | None, typer.Option(help="For a prompt with views, which.")] = None,
) -> None:
    """Store a test, in place of one of the same name."""
    given: dict[str, Any] = _json(file) if file else {}
    inputs = {**given.get("inputs", {}), **dict(_value(each) for each in set_ or [])}
    assertions = [*given.get("assertions", []), *(_parsed(each, "assert") for each in assert_ or [])]
    named = {"name": title} if title else {}
    viewed = {"view": view} if view else {}
    from sigma_core.prompts.test_cases import PromptTestCase

    case = PromptTestCase.checked({**given, **named, **viewed, "inputs": inputs, "assertions": assertions})
    row = system().prompts.tests.add(name, case, actor=actor())
    emit(_test(row), [f"Test {row.id}: {row.name}"])


@app.command("list")
def list_(name: Name) -> None:
    """A prompt's tests."""
    rows = system().prompts.tests.tests(name)
    lines = [(each.id, each.name, "on" if each.enabled else "off", _kinds(each)) for each in rows]
    emit(
        {"tests": [_test(each) for each in rows]},
        table(("id", "test", "", "checks"), lines) if lines else ["No tests."],
    )


@app.command("run")
def run(
    name: Name,
    version: Annotated[int | None, typer.Option(help="Its number; what workers get if left out.")] = None,
    test: Annotated[str | None, typer.Option(help="One test, by name or id; all if left out.")] = None,
    repeats: Annotated[int, typer.Option(help="How often each is run, 1 to 100.")] = 1,
) -> None:
    """Run tests through the model. Exits 1 if one fails."""
    testing = system().prompts.tests
    with progress() as tell:
        suite = testing.run(name, version=version, test=test, repeats=repeats, actor=actor(), progress=tell)
    _report(suite)
    if any(each.skipped is None and each.passes < each.runs for each in suite.results):
        raise typer.Exit(1)


@app.command("compare")
def compare(name: Name, before: Annotated[int, typer.Argument()], after: Annotated[int, typer.Argument()]) -> None:
    """The last results of two versions side by side."""
    found = system().prompts.tests.compare(name, before, after)
    rows = [(each.test, _rate(each.before), _rate(each.after)) for each in found]
    document = [{"test": each.test, "before": _result(each.before), "after": _result(each.after)} for each in found]
    emit({"tests": document}, table(("test", f"v{before}", f"v{after}"), rows))


@app.command("off")
def off(name: Name, test: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Switch a test off: it counts as skipped."""
    _switch(name, test, enabled=False)


@app.command("on")
def on(name: Name, test: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Switch a test on again."""
    _switch(name, test, enabled=True)


def _switch(name: str, test: str, *, enabled: bool) -> None:
    row = system().prompts.tests.switch(name, test, enabled=enabled, actor=actor())
    emit(_test(row), [f"{row.name} is {'on' if enabled else 'off'}."])


def _report(suite: "Suite") -> None:
    rows = [
        (
            suite.names[each.test_id],
            _rate(each),
            f"{each.latency_ms} ms" if each.latency_ms is not None else None,
            each.skipped or "; ".join(each.failures),
        )
        for each in suite.results
    ]
    ran = [each for each in suite.results if each.skipped is None]
    passed = sum(each.passes == each.runs for each in ran)
    document = {
        "prompt": suite.prompt,
        "version": suite.number,
        "model": suite.model,
        "passed": passed,
        "failed": len(ran) - passed,
        "skipped": len(suite.results) - len(ran),
        "tests": [{"test": suite.names[each.test_id], **(_result(each) or {})} for each in suite.results],
    }
    tail = f"{passed} of {len(ran)} passed on v{suite.number} with {suite.model}."
    emit(document, [*table(("test", "passed", "p95", ""), rows), tail] if rows else ["No tests."])


def _rate(result: "PromptValidation | None") -> str:
    from sigma_core.llm.interval import wilson

    if result is None:
        return "not run"
    if result.skipped:
        return "skipped"
    low, high = wilson(result.passes, result.runs)
    return f"{result.passes}/{result.runs} [{low:.0%}, {high:.0%}]"


def _result(result: "PromptValidation | None") -> dict[str, Any] | None:
    from sigma_core.llm.interval import wilson

    if result is None:
        return None
    return {
        "test_id": result.test_id,
        "runs": result.runs,
        "passes": result.passes,
        "skipped": result.skipped,
        "failures": result.failures,
        "latency_p95_ms": result.latency_ms,
        "model": result.model,
        "interval": None if result.skipped else wilson(result.passes, result.runs),
        "at": result.created_at,
    }


def _test(row: "PromptTest") -> dict[str, Any]:
    return {
        "test_id": row.id,
        "name": row.name,
        "view": row.view,
        "inputs": row.inputs,
        "assertions": row.assertions,
        "enabled": row.enabled,
    }


def _kinds(row: "PromptTest") -> str:
    return ", ".join(dict.fromkeys(str(each["kind"]) for each in row.assertions)) or "its schema"


def _json(file: Path) -> dict[str, Any]:
    try:
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid({"file": f"cannot be read: {error}"}) from None
    parsed = _parsed(text, "file")
    if not isinstance(parsed, dict):
        raise Invalid({"file": "is not a JSON object"})
    return parsed


def _parsed(text: str, field: str) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid({field: f"is not JSON: {error}"}) from None


def _value(given: str) -> tuple[str, Any]:
    """name=value: JSON if it is, else text."""
    name, equals, text = given.partition("=")
    if not equals:
        raise Invalid({given: "is not name=value"})
    try:
        return name, json.loads(text)
    except (ValueError, RecursionError):
        return name, text
