"""`sigma prompt …`: what prompts say, which version workers get, and why."""

from collections.abc import Iterable
from typing import Annotated

import typer

from sigma_core.cli import (
    prompt_canary,
    prompt_evolution,
    prompt_files,
    prompt_input,
    prompt_tests,
    prompt_words,
    prompt_writing,
)
from sigma_core.cli.frame import emit, moment, system, table
from sigma_core.cli.prompt_words import Name

app = typer.Typer(no_args_is_help=True, help="The texts that models are asked with.")
app.add_typer(prompt_tests.app, name="test")
app.add_typer(prompt_canary.app, name="canary")
app.add_typer(prompt_evolution.app, name="evolutions")


@app.command("list")
def list_(archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False) -> None:
    """All prompts: newest version, labels."""
    prompt_words.tell_listed(system().prompts.catalog.list(archived=archived))


@app.command("search")
def search(
    words: Annotated[str, typer.Argument(help="Looked for in names, descriptions, tags and texts.")],
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
) -> None:
    """Prompts that hold every word."""
    prompt_words.tell_listed(system().prompts.catalog.search(words, archived=archived))


@app.command("show")
def show(
    name: Name,
    version: Annotated[int | None, typer.Option(help="Its number; what workers get if left out.")] = None,
) -> None:
    """One prompt: its texts, versions, labels and how they came there."""
    catalog = system().prompts.catalog
    whole = catalog.show(name)
    number = catalog.prompt(str(whole.template.id), version).number
    chosen = whole.version(number or 0)
    emit(
        {**prompt_words.whole_of(whole), "version": prompt_words.version_of(chosen), "content": chosen.content},
        prompt_words.shown(whole, chosen),
    )


@app.command("diff")
def diff(name: Name, before: Annotated[int, typer.Argument()], after: Annotated[int, typer.Argument()]) -> None:
    """What changed between two versions."""
    said = system().prompts.catalog.diff(name, before, after)
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
    prompt = sigma.prompts.catalog.prompt(name, version)
    rendered = prompt.render(view=view, **prompt_input.values_of(prompt, set_ or []))
    tokens = estimated_tokens(message.content for message in rendered.messages)
    document = {
        "name": prompt.name,
        "prompt_id": prompt.template_id,
        "version": prompt.number,
        "messages": [vars(message) for message in rendered.messages],
        "schema": rendered.schema,
        "tokens_estimated": tokens,
        "model": sigma.llm.model.name,
        "cost_nano_usd": None if sigma.llm.model.remote else 0,
    }
    lines = [f"[{message.role}]\n{message.content}\n" for message in rendered.messages]
    emit(document, [*lines, f"About {tokens} tokens, for {sigma.llm.model.name}."])


@app.command("audit")
def audit(name: Name) -> None:
    """Who did what to a prompt, when and why."""
    entries = system().prompts.catalog.audit(name)
    rows = [(moment(each.created_at), each.actor, each.action, each.reason) for each in entries]
    emit({"audit": [each.model_dump() for each in entries]}, table(("at", "who", "what", "why"), rows))


for command in (
    prompt_writing.create,
    prompt_writing.edit,
    prompt_writing.label,
    prompt_writing.rollback,
    prompt_writing.archive,
    prompt_writing.delete,
):
    app.command(command.__name__)(command)
app.command("evolve")(prompt_evolution.evolve)
app.command("export")(prompt_files.export)
app.command("import")(prompt_files.import_)
app.command("drift")(prompt_files.drift)


def estimated_tokens(texts: Iterable[str]) -> int:
    """About how many tokens a model counts: a token is some 3.5 characters of English or code."""
    return round(sum(map(len, texts)) / 3.5)
