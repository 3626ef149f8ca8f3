"""`sigma pattern …`: what fixes put in the place of what; from project to project as a file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli.frame import actor, emit, moment, progress, system, table
from sigma_core.errors import Invalid, Unavailable
from sigma_core.formatting import plural

if TYPE_CHECKING:
    from sigma_core.learning.patterns.advice import Advice
    from sigma_core.learning.patterns.service import KnownPattern
    from sigma_core.learning.patterns.tables import CodePattern

app = typer.Typer(no_args_is_help=True, help="Patterns of code that fixes follow; skills to take along.")

ProjectName = Annotated[str, typer.Option("--project", help="Id or name.")]
Key = Annotated[str, typer.Argument(metavar="ID", help="As `sigma pattern list` names it.")]
MOST_SHOWN = 20
LONGEST_FILE = 1_000_001


@app.command("list")
def list_(
    project: ProjectName,
    every: Annotated[bool, typer.Option("--all", help="Also what was seen too seldom to be a pattern.")] = False,
) -> None:
    """A project's patterns, the most trusted first."""
    sigma = system()
    found = sigma.learning.patterns.list(sigma.projects.service.get(project).id or 0, every=every)
    rows = [
        (
            each.row.id,
            each.row.before,
            each.row.after,
            each.row.seen,
            _trusted(each),
            each.trust.evolution.course.value,
            each.trust.use.value,
        )
        for each in found
    ]
    none = "No pattern yet: a replacement is one once it was seen three times, in two fixes (--all shows all)."
    lines = table(("id", "in the place of", "comes", "seen", "lasts", "trend", "use"), rows) if rows else [none]
    emit({"patterns": [_document(each) for each in found]}, lines)


@app.command("show")
def show(key: Key) -> None:
    """One pattern: where it applies, how far it is trusted, where it was seen."""
    known = system().learning.patterns.get(key)
    emit({**_document(known), "sightings": [_sighting(each) for each in known.sightings[:MOST_SHOWN]]}, _lines(known))


@app.command("learn")
def learn(project: ProjectName) -> None:
    """Look now at fixes that were not looked at; learning does so in each of its cycles."""
    sigma = system()
    found = sigma.projects.service.get(project)
    with progress() as tell:
        figures = sigma.learning.pattern_study(found, tell)
    known = sigma.learning.patterns.list(found.id or 0)
    told = f"{figures.get('fix_commits', 0)} fixes of the history and {figures.get('fixes_read', 0)} proposed ones read"
    emit({**figures, "patterns": len(known)}, [f"{told}; {len(known)} patterns are known."])


@app.command("at")
def at(
    project: ProjectName,
    file: Annotated[str, typer.Argument(help="Path in the repository.")],
    line: Annotated[int, typer.Option(min=1, help="Where.")],
    rule: Annotated[str | None, typer.Option(help="Of an issue that stands there.")] = None,
) -> None:
    """What patterns say of a place: what dream is told of an issue there."""
    sigma = system()
    found = sigma.learning.pattern_advice.at(sigma.projects.service.get(project), file, (line, line), rule)
    emit({"advice": [_advice(each) for each in found]}, [each.text for each in found] or ["No pattern applies there."])


@app.command("restrict")
def restrict(
    key: Key,
    rule: Annotated[str | None, typer.Option(help="Only issues of this rule; all if left out.")] = None,
    files: Annotated[list[str] | None, typer.Option(help="Only files like this, as shop/*.py; repeat it.")] = None,
    config: Annotated[list[str] | None, typer.Option(help="key=value that pyproject.toml must say; repeat it.")] = None,
) -> None:
    """Say where a pattern applies, in place of what was said of rule, files and configuration."""
    configuration = dict(_setting(each) for each in config or [])
    row = system().learning.patterns.restrict(
        key, rule=rule, globs=files or [], configuration=configuration, actor=actor()
    )
    known = system().learning.patterns.get(row.id or 0)
    emit(_document(known), _lines(known))


@app.command("forget")
def forget(key: Key, reason: Annotated[str, typer.Option(help="Why; it is recorded.")]) -> None:
    """Remove a pattern."""
    row = system().learning.patterns.forget(key, reason=reason, actor=actor())
    emit({"pattern_id": row.id, "forgotten": True}, [f"Pattern {row.id} is forgotten."])


@app.command("export")
def export(
    project: ProjectName,
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="Which; all that are known if left out.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="A file; printed if left out.")] = None,
) -> None:
    """Patterns with their conditions and counts as a readable file, without a word of the project."""
    sigma = system()
    text = sigma.learning.patterns.export(sigma.projects.service.get(project).id or 0, keys or [])
    if to is None:
        emit({"skills": text}, text.splitlines())
        return
    try:
        to.write_text(text, "utf-8")
    except OSError as error:
        raise Unavailable(f"{to} cannot be written: {error.strerror}.") from None
    emit({"file": str(to), "skills": text.count("[[skill]]")}, [f"{text.count('[[skill]]')} patterns in {to}"])


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="As `sigma pattern export` writes it; - reads stdin.")],
    project: ProjectName,
) -> None:
    """Take patterns of another project along. They begin with a discounted trust and earn their own here."""
    sigma = system()
    taken = sigma.learning.patterns.take(sigma.projects.service.get(project).id or 0, _content(file), actor=actor())
    document = {"new": [each.id for each in taken.new], "known": [each.id for each in taken.known]}
    emit(document, [f"{len(taken.new)} patterns are new here, {len(taken.known)} were known."])


def _content(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LONGEST_FILE)
        with file.open("rb") as opened:
            return opened.read(LONGEST_FILE)
    except OSError as error:
        raise Invalid({"file": f"cannot be read: {error.strerror}"}) from None


def _setting(given: str) -> tuple[str, Any]:
    import tomllib

    key, equals, text = given.partition("=")
    if not equals:
        raise Invalid({"config": f"{given[:80]!r} is not key=value"})
    try:
        return key, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key, text


def _document(known: "KnownPattern") -> dict[str, Any]:
    row, trust = known.row, known.trust
    return {
        "pattern_id": row.id,
        "project_id": row.project_id,
        "before": row.before,
        "after": row.after,
        "origin": row.origin,
        "where": {
            "rule": row.rule,
            "files": row.globs,
            "imports": row.imports,
            "python": row.python,
            "configuration": row.configuration,
        },
        "seen": row.seen,
        "sources": row.sources,
        "trust": {
            "mean": trust.mean,
            "interval": [trust.low, trust.high],
            "lasted": trust.successes,
            "undone": trust.failures,
            "prior": [row.prior_successes, row.prior_failures],
        },
        "trend": {"course": trust.evolution.course.value, "confidence": trust.evolution.confidence},
        "use": trust.use.value,
        "why": trust.why,
        "is_pattern": known.is_pattern,
    }


def _sighting(seen: Any) -> dict[str, Any]:  # noqa: ANN401 (a row)
    return {
        "kind": seen.kind,
        "ref": seen.ref,
        "path": seen.path,
        "line": seen.line,
        "lasted": seen.success,
        "stood": seen.stood,
        "at": seen.at,
    }


def _advice(advice: "Advice") -> dict[str, Any]:
    return {
        "pattern_id": advice.pattern.row.id,
        "here": advice.here,
        "instead": advice.instead,
        "warning": advice.is_warning,
        "text": advice.text,
    }


def _lines(known: "KnownPattern") -> Iterator[str]:
    row = known.row
    yield f"Pattern {row.id}: {row.after}  in the place of  {row.before}"
    yield f"  applies to {', '.join(known.conditions.told()) or 'any place of its form'}"
    yield f"  lasts {_trusted(known)}, {known.trust.successes} of {row.seen} seen here; {_origin(row)}"
    yield f"  {known.trust.use}: {known.trust.why}"
    for each in known.sightings[:MOST_SHOWN]:
        kept = f", stands after {plural(each.stood, 'commit')}" if each.success else ", taken back"
        yield f"  {moment(each.at)}  {each.kind} {each.ref[:12]}  {each.path}:{each.line}{kept}"


def _trusted(known: "KnownPattern") -> str:
    trust = known.trust
    return f"{trust.mean:.0%} [{trust.low:.0%}, {trust.high:.0%}]"


def _origin(row: "CodePattern") -> str:
    if row.imported_at is None:
        return "learned here"
    return f"brought along by {row.imported_by}, counted as {row.prior_successes + row.prior_failures:.1f} sightings"
