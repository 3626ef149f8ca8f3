"""`sigma prompt create|edit|label|rollback|archive|delete`: what changes prompts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sigma_core.cli import prompt_input, prompt_words
from sigma_core.cli.frame import actor, emit, system
from sigma_core.cli.prompt_words import Name
from sigma_core.errors import Invalid

Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
TextFile = Annotated[Path | None, typer.Option(help="File with the text; - reads standard input.")]


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
    texts = {
        "title": title,
        "system": prompt_input.read_text(system_text, ""),
        "user": prompt_input.read_text(user, ""),
    }
    content = prompt_input.content_of({}, texts, schema, variables)
    prompt_words.tell_saved(
        system().prompts.library.create(name, content, description=description, note=note, actor=actor())
    )


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
    whole = sigma.prompts.catalog.show(name)
    newest: dict[str, Any] = whole.versions[0].content
    texts = {
        "system": prompt_input.read_text(system_text, newest["system"]),
        "user": prompt_input.read_text(user, newest["user"]),
    }
    content = prompt_input.content_of(newest, texts, schema, variables)
    key = str(whole.template.id)
    prompt_words.tell_saved(
        sigma.prompts.library.edit(key, content, base_version=base_version, note=note, actor=actor())
    )


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
        moved = sigma.prompts.library.unlabel(name, label, reason=reason, actor=actor())
        emit({"label": label, "version": None, "moved": moved}, [f"{label} is gone."])
        return
    if version is None:
        raise Invalid({"version": "is missing"})
    key = str(sigma.prompts.catalog.show(name).template.id)
    moved = sigma.prompts.library.label(key, label, version, reason=reason, actor=actor(), override=override)
    document = {
        **prompt_words.whole_of(sigma.prompts.catalog.show(key)),
        "label": label,
        "version": version,
        "moved": moved,
    }
    emit(document, [f"{label} is v{version}." if moved else f"{label} was v{version} already."])


def rollback(
    name: Name,
    version: Annotated[int, typer.Option(help="The version to go back to.")],
    reason: Reason,
    as_new: Annotated[bool, typer.Option("--as-new", help="As a new version with its content.")] = False,
    override: Annotated[bool, typer.Option("--override", help="Although its tests speak against it.")] = False,
) -> None:
    """Give workers an earlier version again."""
    saved = system().prompts.library.rollback(
        name, version, reason=reason, actor=actor(), as_new=as_new, override=override
    )
    emit(
        prompt_words.change_of(saved),
        [f"Workers get v{saved.version.number} of {saved.template.full_name} from their next call."],
    )


def archive(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "",
    restore: Annotated[bool, typer.Option("--restore", help="Take it out of the archive instead.")] = False,
) -> None:
    """Put a prompt aside; nothing is lost."""
    library = system().prompts.library
    template = (library.restore if restore else library.archive)(name, reason=reason, actor=actor())
    done = "back" if restore else "archived"
    emit(prompt_words.template_of(template), [f"{template.full_name} is {done}."])


def delete(
    name: Name,
    confirm: Annotated[str, typer.Option(help="Its full name, worker/type/name.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "",
) -> None:
    """Remove an archived prompt that nothing refers to, for good."""
    system().prompts.library.delete(name, confirm=confirm, reason=reason, actor=actor())
    emit({"deleted": confirm}, [f"{confirm} is gone."])
