"""`sigma prompt …`: what prompts say, which version workers get, and why."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sigma_core.cli import prompt_canary, prompt_files, prompt_tests
from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from sigma_core.prompts.catalog import Whole
    from sigma_core.prompts.content import Content
    from sigma_core.prompts.library import Saved
    from sigma_core.prompts.reading import Listed
    from sigma_core.prompts.tables import PromptTemplate, PromptVersion
    from sigma_core.prompts.template import Prompt

app = typer.Typer(no_args_is_help=True, help="The texts that models are asked with.")
app.add_typer(prompt_tests.app, name="test")
app.add_typer(prompt_canary.app, name="canary")

Name = Annotated[str, typer.Argument(help="worker/type (what its workers get), worker/type/name, or an id.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
TextFile = Annotated[Path | None, typer.Option(help="File with the text; - reads standard input.")]


@app.command("list")
def list_(archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False) -> None:
    """All prompts: newest version, labels."""
    _listed(system().catalog.list(archived=archived))


@app.command("search")
def search(
    words: Annotated[str, typer.Argument(help="Looked for in names, descriptions, tags and texts.")],
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
) -> None:
    """Prompts that hold every word."""
    _listed(system().catalog.search(words, archived=archived))


@app.command("show")
def show(
    name: Name,
    version: Annotated[int | None, typer.Option(help="Its number; what workers get if left out.")] = None,
) -> None:
    """One prompt: its texts, versions, labels and how they came there."""
    catalog = system().catalog
    whole = catalog.show(name)
    number = catalog.prompt(str(whole.template.id), version).number
    chosen = whole.version(number or 0)
    emit({**_whole(whole), "version": _version(chosen), "content": chosen.content}, _shown(whole, chosen))


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="worker/type/name.")],
    user: TextFile = None,
    system_text: Annotated[Path | None, typer.Option("--system", help="File with the system text.")] = None,
    schema: Annotated[Path | None, typer.Option(help="File with the JSON schema of the answer.")] = None,
    variables: Annotated[Path | None, typer.Option(help="File with the variables, a JSON object by name.")] = None,
    title: Annotated[str, typer.Option(help="A few words on what it is for.")] = "",
    description: Annotated[str, typer.Option(help="More about it.")] = "",
    note: Annotated[str, typer.Option(help="What this version is about.")] = "",
) -> None:
    """A new prompt with its version 1. Variables are those of its texts: text and required unless told otherwise."""
    if user is None:
        raise Invalid({"user": "needs a file with the user text"})
    texts = {"title": title, "system": _text(system_text, ""), "user": _text(user, "")}
    content = _content({}, texts, schema, variables)
    _saved(system().library.create(name, content, description=description, note=note, actor=actor()))


@app.command("edit")
def edit(
    name: Name,
    user: TextFile = None,
    system_text: Annotated[Path | None, typer.Option("--system", help="File with the system text.")] = None,
    schema: Annotated[Path | None, typer.Option(help="File with the JSON schema of the answer.")] = None,
    variables: Annotated[Path | None, typer.Option(help="File with the variables, a JSON object by name.")] = None,
    note: Annotated[str, typer.Option(help="What is different, and why.")] = "",
    base_version: Annotated[
        int | None, typer.Option(help="The version it was made from; refused if there is a newer one.")
    ] = None,
) -> None:
    """A new version; what no file is given for stays as the newest version has it."""
    sigma = system()
    whole = sigma.catalog.show(name)
    newest: dict[str, Any] = whole.versions[0].content
    texts = {"system": _text(system_text, newest["system"]), "user": _text(user, newest["user"])}
    content = _content(newest, texts, schema, variables)
    key = str(whole.template.id)
    _saved(sigma.library.edit(key, content, base_version=base_version, note=note, actor=actor()))


@app.command("diff")
def diff(name: Name, before: Annotated[int, typer.Argument()], after: Annotated[int, typer.Argument()]) -> None:
    """What changed between two versions."""
    said = system().catalog.diff(name, before, after)
    emit({"name": name, "from": before, "to": after, "same": not said, "diff": said}, said.splitlines() or ["Same."])


@app.command("render")
def render(
    name: Name,
    version: Annotated[int | None, typer.Option(help="Its number; what workers get if left out.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="name=value, once for each variable.")] = None,
    view: Annotated[str | None, typer.Option(help="For a prompt with views, which.")] = None,
) -> None:
    """The prompt filled in, as a model would get it, with its size."""
    sigma = system()
    prompt = sigma.catalog.prompt(name, version)
    rendered = prompt.render(view=view, **_values(prompt, set_ or []))
    tokens = estimated_tokens(message.content for message in rendered.messages)
    document = {
        "name": prompt.name, "prompt_id": prompt.template_id, "version": prompt.number,
        "messages": [vars(message) for message in rendered.messages],
        "schema": rendered.schema, "tokens_estimated": tokens, "model": sigma.model.name,
        "cost_nano_usd": None if sigma.model.remote else 0,
    }  # fmt: skip
    lines = [f"[{message.role}]\n{message.content}\n" for message in rendered.messages]
    emit(document, [*lines, f"About {tokens} tokens, for {sigma.model.name}."])


@app.command("label")
def label(
    name: Name,
    label: Annotated[str, typer.Argument(help="production is what workers get; others are free.")],
    reason: Reason,
    version: Annotated[int | None, typer.Option(help="The version it is to point to.")] = None,
    override: Annotated[bool, typer.Option("--override", help="Although its tests speak against it.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the label away instead.")] = False,
) -> None:
    """Point a label to a version. Workers see it at their next call."""
    sigma = system()
    if remove:
        moved = sigma.library.unlabel(name, label, reason=reason, actor=actor())
        emit({"label": label, "version": None, "moved": moved}, [f"{label} is gone."])
        return
    if version is None:
        raise Invalid({"version": "is missing"})
    key = str(sigma.catalog.show(name).template.id)
    moved = sigma.library.label(key, label, version, reason=reason, actor=actor(), override=override)
    document = {**_whole(sigma.catalog.show(key)), "label": label, "version": version, "moved": moved}
    emit(document, [f"{label} is v{version}." if moved else f"{label} was v{version} already."])


@app.command("rollback")
def rollback(
    name: Name,
    version: Annotated[int, typer.Option(help="The version to go back to.")],
    reason: Reason,
    as_new: Annotated[bool, typer.Option("--as-new", help="As a new version with its content.")] = False,
    override: Annotated[bool, typer.Option("--override", help="Although its tests speak against it.")] = False,
) -> None:
    """Give workers an earlier version again."""
    saved = system().library.rollback(
        name, version, reason=reason, actor=actor(), as_new=as_new, override=override
    )  # fmt: skip
    emit(_change(saved), [f"Workers get v{saved.version.number} of {saved.template.full_name} from their next call."])


@app.command("archive")
def archive(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "",
    restore: Annotated[bool, typer.Option("--restore", help="Take it out of the archive instead.")] = False,
) -> None:
    """Put a prompt aside; nothing is lost."""
    library = system().library
    template = (library.restore if restore else library.archive)(name, reason=reason, actor=actor())
    done = "back" if restore else "archived"
    emit(_template(template), [f"{template.full_name} is {done}."])


@app.command("delete")
def delete(
    name: Name,
    confirm: Annotated[str, typer.Option(help="Its full name, worker/type/name.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "",
) -> None:
    """Remove an archived prompt that nothing refers to, for good."""
    system().library.delete(name, confirm=confirm, reason=reason, actor=actor())
    emit({"deleted": confirm}, [f"{confirm} is gone."])


@app.command("audit")
def audit(name: Name) -> None:
    """Who did what to a prompt, when and why."""
    entries = system().catalog.audit(name)
    rows = [(moment(each.created_at), each.actor, each.action, each.reason) for each in entries]
    emit({"audit": [each.model_dump() for each in entries]}, table(("at", "who", "what", "why"), rows))


app.command("export")(prompt_files.export)
app.command("import")(prompt_files.import_)
app.command("drift")(prompt_files.drift)


def estimated_tokens(texts: Iterable[str]) -> int:
    """About how many tokens a model counts: a token is some 3.5 characters of English or code."""
    return round(sum(map(len, texts)) / 3.5)


def _text(path: Path | None, otherwise: str) -> str:
    if path is None:
        return otherwise
    try:
        data = typer.get_binary_stream("stdin").read() if str(path) == "-" else path.read_bytes()
        return data.decode()
    except OSError as error:
        raise Invalid({str(path): f"cannot be read: {error.strerror}"}) from None
    except UnicodeDecodeError:
        raise Invalid({str(path): "is not UTF-8 text"}) from None


def _json(path: Path, field: str) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return json.loads(_text(path, ""))
    except (ValueError, RecursionError) as error:
        raise Invalid({field: f"is not JSON: {error}"}) from None


def _content(base: dict[str, Any], texts: dict[str, str], schema: Path | None, variables: Path | None) -> "Content":
    """The base with new texts; the variables are those that occur, as known from a file or the base."""
    from sigma_core.prompts.content import Content, declared
    from sigma_core.prompts.variables import Variable

    answer = {"answer": _json(schema, "schema")} if schema else {}
    merged = {**base, **texts, **answer}
    if variables is not None:
        return Content.checked({**merged, "variables": _json(variables, "variables")})
    known = {key: Variable.model_validate(each) for key, each in base.get("variables", {}).items()}
    whole = "\n".join((texts["system"], texts["user"]))
    return Content.checked({**merged, "variables": declared(whole, known)})


def _values(prompt: "Prompt", given: list[str]) -> dict[str, object]:
    """Values as their variables' types want them: text as it is, everything else as JSON."""
    values: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for each in given:
        name, equals, text = each.partition("=")
        variable = prompt.content.variables.get(name)
        if not equals:
            wrong[each] = "is not name=value"
        elif variable is None or variable.type == "text":
            values[name] = text
        else:
            try:
                values[name] = json.loads(text)
            except (ValueError, RecursionError):
                wrong[name] = f"is not JSON, as a {variable.type} has to be"
    if wrong:
        raise Invalid(wrong)
    return values


def _listed(found: "Iterable[Listed]") -> None:
    listed = list(found)
    rows = [
        (
            each.template.id,
            each.template.full_name,
            f"v{each.latest.number}",
            _labels(each.labels),
            each.latest.content["title"],
        )
        for each in listed
    ]
    document = {
        "prompts": [
            {**_template(each.template), "latest": each.latest.number, "labels": each.labels,
             "title": each.latest.content["title"]}
            for each in listed
        ]
    }  # fmt: skip
    emit(document, table(("id", "prompt", "newest", "labels", "title"), rows) if rows else ["No prompts."])


def _labels(labels: dict[str, int]) -> str:
    return ", ".join(f"{name} v{number}" for name, number in labels.items())


def _template(template: "PromptTemplate") -> dict[str, Any]:
    return {
        "prompt_id": template.id, "name": template.full_name, "worker": template.worker, "type": template.type,
        "description": template.description, "tags": template.tags, "archived": template.archived_at is not None,
    }  # fmt: skip


def _version(version: "PromptVersion") -> dict[str, Any]:
    return {
        "number": version.number, "parent": version.parent, "author": version.author, "note": version.note,
        "created_at": version.created_at, "digest": version.digest,
    }  # fmt: skip


def _whole(whole: "Whole") -> dict[str, Any]:
    history = [
        {
            "label": each.label, "from": each.from_number, "to": each.to_number, "from_prompt": each.from_template,
            "to_prompt": each.to_template, "actor": each.actor, "reason": each.reason, "overridden": each.overridden,
            "at": each.created_at,
        }
        for each in whole.moves
    ]  # fmt: skip
    return {
        **_template(whole.template), "labels": whole.labels,
        "versions": [_version(each) for each in whole.versions], "history": history,
    }  # fmt: skip


def _shown(whole: "Whole", chosen: "PromptVersion") -> list[str]:
    from sigma_core.prompts.catalog import parts
    from sigma_core.prompts.content import Content

    head = [f"{whole.template.full_name} v{chosen.number}", f"labels  {_labels(whole.labels) or 'none'}", ""]
    texts = parts(Content.model_validate(chosen.content))
    body = [line for name, text in texts.items() if text for line in (f"--- {name}", text)]
    rows = [(f"v{v.number}", moment(v.created_at), v.author, v.note) for v in whole.versions]
    return [*head, *body, "", *table(("version", "at", "by", "note"), rows)]


def _saved(saved: "Saved") -> None:
    made = f"{saved.template.full_name} v{saved.version.number} saved."
    emit(_change(saved), [made if saved.made else f"Nothing is different from v{saved.version.number}."])


def _change(saved: "Saved") -> dict[str, Any]:
    return {**_template(saved.template), "version": saved.version.number, "made": saved.made}
